import { listEntries, searchAccounts } from '@ledgerflow/read-model';
import { LARGE_LEDGER } from '@ledgerflow/read-model/testing';
import { closedLoop, Latencies, Random } from '../../driver/index.ts';
import type { Bench } from '../bench.ts';
import { LETTERS, type Pages, pages } from '../read-pages.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

const PAGE = 100;
const SEARCH_PAGE = 20;

/** One question of a kind, asked of the database as the gateway does; throws when the answer is not what it has to be. */
type Ask = (of: Pages, random: Random) => Promise<void>;

/** One caller, so that the time is that of the query and not of a queue. Not over HTTP: what a request costs besides is in the rows of http. */
function pageRow(name: string, kinds: Readonly<Record<string, Ask>>): Row {
  return {
    results: { [name]: 'pages' },
    isOnce: true,
    async run(bench: Bench, round) {
      const of = await pages(bench);
      const names = Object.keys(kinds);
      const drive = async (durationMs: number) => {
        const all = new Latencies();
        const each = new Map(names.map((kind) => [kind, new Latencies()]));
        const random = new Random(bench.options.seed, round);
        let turn = 0;
        const { seconds } = await closedLoop({ workers: 1, durationMs, signal: bench.signal }, async () => {
          const kind = names[turn++ % names.length] as string;
          const startedMs = performance.now();
          await (kinds[kind] as Ask)(of, random);
          const tookMs = performance.now() - startedMs;
          all.record(tookMs);
          each.get(kind)?.record(tookMs);
        });
        const { count, p50Ms, p99Ms } = all.summary();
        const extra = Object.fromEntries(
          Array.from(each).flatMap(([kind, latencies]) => {
            const summary = latencies.summary();
            return [
              [`${kind}P50Ms`, summary.p50Ms],
              [`${kind}P99Ms`, summary.p99Ms],
            ];
          }),
        ) as Record<string, number>;
        return { rate: count / seconds, p50Ms, p99Ms, units: count, extra: { ...extra, rows: name === 'dlq page' ? LETTERS : of.size } };
      };
      const warmUp = (): Promise<unknown> => drive(Math.max(bench.options.warmUpSeconds, 1) * MS_PER_SECOND);
      return { [name]: await bench.timed([], () => drive(bench.options.seconds * MS_PER_SECOND), warmUp) };
    },
  };
}

/** The page behind some entry: the next ones must be exactly those after it. */
const statementPage =
  (place: (of: Pages, random: Random) => number): Ask =>
  async (of, random) => {
    const { gateway, large } = of;
    const n = place(of, random);
    const after = n === 0 ? null : { position: large.entryPosition(n), index: 1 };
    const seen = await listEntries(gateway, LARGE_LEDGER, 'busy', {}, { after, limit: PAGE });
    const rows = seen?.value?.page.rows ?? [];
    const last = Math.min(n + PAGE, of.size);
    if (rows.length !== last - n || rows.at(-1)?.position !== large.entryPosition(last))
      throw new Error(`the page after entry ${n} has ${rows.length} entries up to ${rows.at(-1)?.position}`);
  };

const search =
  (word: keyof Pages['large']['words']): Ask =>
  async ({ gateway, large }) => {
    const seen = await searchAccounts(gateway, LARGE_LEDGER, large.words[word], {}, { after: null, limit: SEARCH_PAGE });
    const first = seen?.value.rows[0];
    if (first === undefined || (word === 'one' && first.account !== large.words.one))
      throw new Error(`a search for ${large.words[word]} found ${first?.account}`);
  };

/** As the list of dead letters is read: by id (all ledgers), by ledger and position (one). */
const letters =
  (sql: string): Ask =>
  async ({ gateway }, random) => {
    const after = random.below(LETTERS - PAGE);
    const { rows } = await gateway.query(sql, [after, PAGE]);
    if (rows.length !== PAGE) throw new Error(`a page of dead letters has ${rows.length}`);
  };

const LETTER_COLUMNS = 'id, ledger, position, accounts, projections, error, record, parked_at, attempts, last_attempt_at';

export const readPageRows: readonly Row[] = [
  pageRow('statement page', {
    first: statementPage(() => 0),
    middle: statementPage(({ size }, random) => random.below(size - PAGE)),
    last: statementPage(({ size }) => size - PAGE),
  }),
  pageRow('account search', {
    all: search('all'),
    common: search('common'),
    rare: search('rare'),
    pair: search('pair'),
    one: search('one'),
    misspelled: search('misspelled'),
  }),
  pageRow('dlq page', {
    all: letters(`select ${LETTER_COLUMNS} from read.dead_letters where id > $1 order by id limit $2`),
    ledger: letters(
      `select ${LETTER_COLUMNS} from read.dead_letters where ledger = (select min(ledger) from read.checkpoints) and position > $1 order by position limit $2`,
    ),
  }),
];
