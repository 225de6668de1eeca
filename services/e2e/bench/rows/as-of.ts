import { formatMicros } from '@ledgerflow/contracts';
import { closedLoop, type HttpTarget, Latencies } from '../../driver/index.ts';
import { until } from '../../stack/wait.ts';
import { AS_OF_LEDGER, asOfLedger } from '../as-of.ts';
import { asOfAccount, type Fold, type Share } from '../as-of-entries.ts';
import type { Bench } from '../bench.ts';
import { Random } from '../../driver/index.ts';
import type { Sample } from '../result.ts';
import { caughtUp, target } from '../whole.ts';
import { MS_PER_SECOND, type Row, type Samples } from './row.ts';

type AxisName = 'recorded' | 'effective';

const PARAMETER = { recorded: 'at', effective: 'effectiveAt' } as const;
/** Questions made before the clock starts; each is another time. */
const QUESTIONS = 20_000;
const COLD_QUESTIONS = 200;
const RECOVERED_DEADLINE_MS = 60_000;
/** A microsecond is too fine for one draw of 32 bits: a time is drawn in two. */
const COARSE = 1_000_000;

interface Question {
  path: string;
  /** In cents, by the fold. */
  posted: number;
}

/** Random times from the first entry to the last, half of them since the first was recorded, half before (on the effective axis: among the backdated ones). */
function questions(fold: Fold, share: Share, axis: AxisName, count: number, random: Random): Question[] {
  const base = `/api/v1/ledgers/${AS_OF_LEDGER}/accounts/${asOfAccount(share)}/balance?${PARAMETER[axis]}=`;
  return Array.from({ length: count }, (_, index) => {
    const from = index % 2 === 0 ? fold.recorded.first : fold[axis].first;
    const length = fold.recorded.last - from;
    const time = from + Math.floor((random.below(COARSE) / COARSE) * length);
    return { path: base + formatMicros(BigInt(time)), posted: fold[axis].balanceAt(time) };
  });
}

const POSTED = '"posted":"';

/** Cents of an answer's posted amount. */
function postedOf(text: string): number {
  const at = text.indexOf(POSTED) + POSTED.length;
  return Number(text.slice(at, text.indexOf('"', at)).replace('.', ''));
}

async function ask(http: HttpTarget, { path, posted }: Question): Promise<void> {
  const { status, text } = await http.request({ method: 'GET', path });
  if (status !== 200) throw new Error(`${path} was answered with ${status}: ${text.slice(0, 500)}`);
  if (postedOf(text) !== posted)
    throw new Error(`${path} was answered with ${postedOf(text)} cents, the fold of the entries has ${posted}: ${text}`);
}

async function drive(
  bench: Bench,
  http: HttpTarget,
  asked: readonly Question[],
  workers: number,
  limit: { seconds: number } | { count: number },
) {
  const latencies = new Latencies();
  let turn = 0;
  const isOver = (): boolean => 'count' in limit && turn >= limit.count;
  const stop = new AbortController();
  const signal = AbortSignal.any([bench.signal, stop.signal]);
  const durationMs = 'seconds' in limit ? limit.seconds * MS_PER_SECOND : RECOVERED_DEADLINE_MS;
  const { seconds: took } = await closedLoop({ workers, durationMs, signal }, async () => {
    const question = asked[turn++ % asked.length] as Question;
    const startedMs = performance.now();
    await ask(http, question);
    latencies.record(performance.now() - startedMs);
    if (isOver()) stop.abort();
  });
  const { count, p50Ms, p99Ms } = latencies.summary();
  return { rate: count / took, p50Ms, p99Ms, units: count } satisfies Sample;
}

function asOfRow(name: string, share: Share, axis: AxisName): Row {
  return {
    results: { [name]: 'reads' },
    async run(bench, round, earlier) {
      const { connections, seconds, warmUpSeconds, seed } = bench.options;
      const deployment = await bench.whole();
      const { folds, entries } = await asOfLedger(bench);
      const asked = questions(folds.get(share) as Fold, share, axis, QUESTIONS, new Random(seed + round));
      const http = await target(bench, deployment, connections);
      try {
        await caughtUp(bench, deployment);
        if (warmUpSeconds > 0) await drive(bench, http, asked, connections, { seconds: warmUpSeconds });
        const sample = await bench.timed(deployment.processes, () => drive(bench, http, asked, connections, { seconds }));
        return { [name]: { ...sample, extra: { entries, backdatedPercent: share, ratioToBalance: ratioToBalance(sample, earlier) } } };
      } finally {
        await http.close();
      }
    },
  };
}

function ratioToBalance({ rate }: Sample, earlier: Samples): number | null {
  const balance = earlier['http balance']?.rate ?? null;
  return rate === null || balance === null ? null : rate / balance;
}

export const asOfRows: readonly Row[] = [
  asOfRow('http as-of', 1, 'effective'),
  asOfRow('http as-of 0 %', 0, 'effective'),
  asOfRow('http as-of 10 %', 10, 'effective'),
  asOfRow('http as-of recorded', 1, 'recorded'),
];

/** Each time for the first time after a restart of PostgreSQL: its own buffers are empty, the system's file cache is not. One caller. */
export const asOfColdRow: Row = {
  results: { 'http as-of cold': 'reads' },
  isOnce: true,
  async run(bench, round) {
    const deployment = await bench.whole();
    const { folds, entries } = await asOfLedger(bench);
    const asked = questions(folds.get(1) as Fold, 1, 'effective', COLD_QUESTIONS, new Random(bench.options.seed - round));
    const http = await target(bench, deployment, 1);
    try {
      await caughtUp(bench, deployment);
      await bench.settle();
      await bench.ground.postgres.restart();
      // The services find their way back by themselves; another account's balance shows when, and touches nothing of the one that is asked for.
      const other = `/api/v1/ledgers/${AS_OF_LEDGER}/accounts/${asOfAccount(0)}/balance`;
      await until(
        'reads are answered after the restart',
        async () => (await http.request({ method: 'GET', path: other })).status === 200,
        RECOVERED_DEADLINE_MS,
      );
      const sample = await bench.timed(deployment.processes, () => drive(bench, http, asked, 1, { count: COLD_QUESTIONS }));
      return { 'http as-of cold': { ...sample, extra: { entries, backdatedPercent: 1, connections: 1 } } };
    } finally {
      await http.close();
    }
  },
};
