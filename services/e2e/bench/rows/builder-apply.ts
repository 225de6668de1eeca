import { until } from '../../stack/wait.ts';
import { openLedger, type WriterClient } from '../writer-client.ts';
import { WriterLoad } from '../writer-load.ts';
import { caughtUp, position } from '../whole.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

const BACKLOG_DEADLINE_SECONDS = 300;
const STARTED_DEADLINE_MS = 30_000;

/** A backlog is written while the builder is stopped; then it is started, and its rate counts from the first batch applied to the last, with nothing else to do. */
export const builderApplyRow: Row = {
  results: { 'builder apply': 'transfers' },
  isOnce: true,
  needs: ['http batch 100'],
  async run(bench, round) {
    const { accounts, backlog } = bench.options;
    const deployment = await bench.whole();
    const clients = await bench.writerClients(deployment);
    const ledger = bench.freshName(`apply-${round}`);
    await openLedger(clients[0] as WriterClient, bench.numbers, ledger, accounts);
    await caughtUp(bench, deployment);
    await deployment.stopBuilder();
    try {
      const load = new WriterLoad(bench, deployment, clients, { ledgers: [ledger], accounts, isHot: false });
      await load.drive(BACKLOG_DEADLINE_SECONDS, backlog);
      const applied = (): Promise<number> => position(bench, deployment, 'read', ledger);
      const sample = await bench.timed(deployment.processes, async () => {
        const before = await applied();
        const begun = until('the builder applies', async () => ((await applied()) > before ? applied() : null), STARTED_DEADLINE_MS);
        // Its end is seen by looking, while the start is still waited for; whichever fails, neither is left alone.
        const [first] = await Promise.all([begun.then(async (seen) => ({ seen, atMs: performance.now() })), deployment.startBuilder()]);
        await caughtUp(bench, deployment);
        const end = await applied();
        const rate = ((end - first.seen) / (performance.now() - first.atMs)) * MS_PER_SECOND;
        // Processor time is of the whole backlog, and of the builder's start.
        return { rate, p50Ms: null, p99Ms: null, units: end - before };
      });
      return { 'builder apply': { ...sample, extra: { backlog } } };
    } finally {
      // The rows behind this one need a builder, whatever became of this one.
      if (!deployment.hasBuilder && !bench.signal.aborted) await deployment.startBuilder();
    }
  },
};
