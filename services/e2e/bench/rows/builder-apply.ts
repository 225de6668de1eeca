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
  async run(bench, round, earlier) {
    const { accounts, backlog } = bench.options;
    const deployment = await bench.whole();
    const clients = await bench.writerClients(deployment);
    const ledger = `apply-${round}`;
    await openLedger(clients[0] as WriterClient, bench.numbers, ledger, accounts);
    await caughtUp(bench, deployment);
    await deployment.stopBuilder();
    await new WriterLoad(bench, deployment, clients, { ledgers: [ledger], accounts, isHot: false }).drive(
      BACKLOG_DEADLINE_SECONDS,
      backlog,
    );
    const sample = await bench.timed(deployment.processes, async () => {
      const before = await position(bench, deployment, 'read', ledger);
      const starting = deployment.startBuilder();
      const applied = (): Promise<number> => position(bench, deployment, 'read', ledger);
      const first = await until('the builder applies', async () => ((await applied()) > before ? applied() : null), STARTED_DEADLINE_MS);
      const startedMs = performance.now();
      await starting;
      await caughtUp(bench, deployment);
      const end = await applied();
      const rate = ((end - first) / (performance.now() - startedMs)) * MS_PER_SECOND;
      // Processor time is of the whole backlog, and of the builder's start.
      return { rate, p50Ms: null, p99Ms: null, units: end - before };
    });
    const batch = earlier['http batch 100']?.rate ?? null;
    const ratioToHttpBatch = batch === null || sample.rate === null ? null : sample.rate / batch;
    return { 'builder apply': { ...sample, extra: { backlog, ratioToHttpBatch } } };
  },
};
