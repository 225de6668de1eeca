import type { Bench } from '../bench.ts';
import type { Deployment } from '../deployment.ts';
import { openLedger, type WriterClient } from '../writer-client.ts';
import { WriterLoad } from '../writer-load.ts';
import type { Row } from './row.ts';

/** All tables of the writer with their indexes, partitions, toast and free-space maps; the write-ahead log is not counted. */
const BYTES = `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::text as bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('ledger', 'directory') and c.relkind = 'r'`;

export async function ledgerBytes(bench: Bench, deployment: Deployment): Promise<number> {
  const { rows } = await bench.pool(deployment.superuserUrl('ledger')).query<{ bytes: string }>(BYTES);
  return Number(rows[0]?.bytes);
}

async function run(bench: Bench, round: number, isHot: boolean) {
  const { accounts, seconds, warmUpSeconds } = bench.options;
  const deployment = await bench.alone();
  const clients = await bench.writerClients(deployment);
  const ledger = `${isHot ? 'hot' : 'spread'}-${round}`;
  await openLedger(clients[0] as WriterClient, bench.numbers, ledger, accounts);
  const load = new WriterLoad(bench, deployment, clients, { ledgers: [ledger], accounts, isHot });
  let before = 0;
  const warmUp = async (): Promise<void> => {
    if (warmUpSeconds > 0) await load.drive(warmUpSeconds);
    before = await ledgerBytes(bench, deployment);
  };
  const sample = await bench.timed(deployment.processes, () => load.drive(seconds), warmUp);
  return { sample, bytesPerTransfer: ((await ledgerBytes(bench, deployment)) - before) / (sample.units ?? 1) };
}

export const writerSpreadRow: Row = {
  results: { 'writer spread': 'transfers', disk: 'bytes a transfer' },
  async run(bench, round) {
    const { sample, bytesPerTransfer } = await run(bench, round, false);
    return { 'writer spread': sample, disk: { rate: null, p50Ms: null, p99Ms: null, value: bytesPerTransfer, usage: null } };
  },
};

export const writerHotRow: Row = {
  results: { 'writer hot': 'transfers' },
  async run(bench, round) {
    return { 'writer hot': (await run(bench, round, true)).sample };
  },
};
