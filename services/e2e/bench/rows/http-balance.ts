import { closedLoop, type HttpTarget, Latencies } from '../../driver/index.ts';
import type { Bench } from '../bench.ts';
import { accountId, cents } from '../commands.ts';
import { Random } from '../../driver/index.ts';
import type { Deployment } from '../deployment.ts';
import { BALANCE } from '../ratios.ts';
import { caughtUp, ledgerOf, target } from '../whole.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

interface Expected {
  path: string;
  /** Fields that stand in every right answer, as text. */
  fields: readonly string[];
}

/** What the writer has on every account now that nobody writes: its amount and its version, which `verify` holds against the records. */
async function expectations(bench: Bench, deployment: Deployment, ledger: string): Promise<Expected[]> {
  const { rows } = await bench.pool(deployment.superuserUrl('ledger')).query<{ id: string; posted: string; version: string }>(
    `select a.id, a.posted::text as posted, a.version::text as version
       from ledger.accounts a join ledger.heads h on h.ledger = a.ledger where h.id = $1 and a.id = any($2)`,
    [ledger, Array.from({ length: bench.options.accounts }, (_, index) => accountId(index))],
  );
  if (rows.length !== bench.options.accounts) throw new Error(`${ledger} has ${rows.length} accounts of ${bench.options.accounts}`);
  return rows.map(({ id, posted, version }) => ({
    path: `/api/v1/ledgers/${ledger}/accounts/${id}/balance`,
    fields: [`"account":"${id}"`, `"posted":"${cents(Number(posted))}"`, `"version":"${version}"`],
  }));
}

async function read(http: HttpTarget, { path, fields }: Expected): Promise<void> {
  const { status, text } = await http.request({ method: 'GET', path });
  if (status !== 200) throw new Error(`a balance was answered with ${status}: ${text.slice(0, 500)}`);
  const missing = fields.find((field) => !text.includes(field));
  if (missing !== undefined) throw new Error(`the writer has ${missing}, ${path} was answered with ${text.slice(0, 500)}`);
}

export const httpBalanceRow: Row = {
  results: { [BALANCE]: 'reads' },
  async run(bench, round) {
    const { seconds, warmUpSeconds, connections, seed } = bench.options;
    const deployment = await bench.whole();
    const ledger = await ledgerOf(bench, deployment, round);
    const http = await target(bench, deployment, connections);
    const random = new Random(seed);
    await caughtUp(bench, deployment);
    const expected = await expectations(bench, deployment, ledger);
    const drive = async (durationMs: number) => {
      const latencies = new Latencies();
      const { seconds: took } = await closedLoop({ workers: connections, durationMs, signal: bench.signal }, async () => {
        const one = random.pick(expected);
        const startedMs = performance.now();
        await read(http, one);
        latencies.record(performance.now() - startedMs);
      });
      const { count, p50Ms, p99Ms } = latencies.summary();
      return { rate: count / took, p50Ms, p99Ms, units: count };
    };
    try {
      const warmUp = (): Promise<unknown> => drive(warmUpSeconds * MS_PER_SECOND);
      return { [BALANCE]: await bench.timed(deployment.processes, () => drive(seconds * MS_PER_SECOND), warmUp) };
    } finally {
      await http.close();
    }
  },
};
