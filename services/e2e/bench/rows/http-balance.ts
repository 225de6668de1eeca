import { closedLoop, Latencies } from '../../driver/index.ts';
import { accountId } from '../commands.ts';
import { Random } from '../../driver/index.ts';
import { caughtUp, ledgerOf, target } from '../whole.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

export const httpBalanceRow: Row = {
  results: { 'http balance': 'reads' },
  async run(bench, round) {
    const { seconds, warmUpSeconds, connections, accounts, seed } = bench.options;
    const deployment = await bench.whole();
    const ledger = await ledgerOf(bench, round);
    const http = await target(bench, deployment, connections);
    const random = new Random(seed);
    const paths = Array.from({ length: accounts }, (_, index) => `/api/v1/ledgers/${ledger}/accounts/${accountId(index)}/balance`);
    const names = Array.from({ length: accounts }, (_, index) => `"account":"${accountId(index)}"`);
    const drive = async (durationMs: number) => {
      const latencies = new Latencies();
      const { seconds: took } = await closedLoop({ workers: connections, durationMs, signal: bench.signal }, async () => {
        const account = random.below(accounts);
        const startedMs = performance.now();
        const { status, text } = await http.request({ method: 'GET', path: paths[account] as string });
        if (status !== 200 || !text.includes(names[account] as string))
          throw new Error(`a balance was answered with ${status}: ${text.slice(0, 500)}`);
        latencies.record(performance.now() - startedMs);
      });
      const { count, p50Ms, p99Ms } = latencies.summary();
      return { rate: count / took, p50Ms, p99Ms, units: count };
    };
    try {
      await caughtUp(bench, deployment);
      await drive(warmUpSeconds * MS_PER_SECOND);
      return { 'http balance': await bench.timed(deployment.processes, () => drive(seconds * MS_PER_SECOND)) };
    } finally {
      await http.close();
    }
  },
};
