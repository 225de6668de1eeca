import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../driver/index.ts';
import { rebuildCommand } from '../../stack/builder-commands.ts';
import type { Bench } from '../bench.ts';
import { EncodedList, recordsIn } from '../commands.ts';
import type { Deployment } from '../deployment.ts';
import { scrape } from '../metrics.ts';
import { caughtUp } from '../whole.ts';
import { openLedger, type WriterClient } from '../writer-client.ts';
import { WriterLoad } from '../writer-load.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

const FILL_DEADLINE_SECONDS = 900;
const LOAD_PER_SECOND = 1_000;
const LIST_SIZE = 100;
const LAG_METRIC = 'ledgerflow_builder_lag_seconds';
/** The projection with the most rows, and all together. */
const PARTS = ['account_statement', null] as const;

/** A ledger of so many transfers, applied. */
function filled(bench: Bench, deployment: Deployment): Promise<string> {
  return bench.once('rebuild ledger', async () => {
    const clients = await bench.writerClients(deployment);
    const { accounts, rebuildRecords } = bench.options;
    const ledger = bench.freshName('rebuild');
    await openLedger(clients[0] as WriterClient, bench.numbers, ledger, accounts);
    await new WriterLoad(bench, deployment, clients, { ledgers: [ledger], accounts, isHot: false }).drive(
      FILL_DEADLINE_SECONDS,
      rebuildRecords,
    );
    await caughtUp(bench, deployment);
    return ledger;
  });
}

/** Runs `read-model-builder rebuild` to its swap; seconds that it took. */
async function rebuild(bench: Bench, deployment: Deployment, ledger: string, projection: string | null): Promise<number> {
  const startedMs = performance.now();
  const { child, ended } = rebuildCommand(
    deployment.forCommands('read-model-builder'),
    `--ledger=${ledger}`,
    ...(projection === null ? [] : [`--projection=${projection}`]),
  );
  const kill = (): boolean => child.kill('SIGKILL');
  bench.signal.addEventListener('abort', kill, { once: true });
  const { code, events } = await ended;
  bench.signal.removeEventListener('abort', kill);
  if (code !== 0) throw new Error(`the rebuild ended with ${code}: ${events[events.length - 1]?.error}`);
  return (performance.now() - startedMs) / MS_PER_SECOND;
}

/** Transfers at a rate, in lists of a hundred, into the same ledger, until the signal; and the largest lag that the builder told meanwhile. */
async function underLoad(
  bench: Bench,
  deployment: Deployment,
  ledger: string,
  signal: AbortSignal,
): Promise<{ sent: number; lagSeconds: number }> {
  const [client] = await bench.writerClients(deployment);
  const random = new Random(bench.options.seed);
  const list = new EncodedList({ ledger, accounts: bench.options.accounts, count: LIST_SIZE, isHot: false, random });
  let sent = 0;
  let lagSeconds = 0;
  const startedMs = performance.now();
  while (!signal.aborted) {
    bench.signal.throwIfAborted();
    list.stamp(bench.numbers.take(LIST_SIZE));
    recordsIn(await (client as WriterClient).execute(list.bytes), LIST_SIZE);
    sent += LIST_SIZE;
    if (sent % LOAD_PER_SECOND === 0)
      lagSeconds = Math.max(lagSeconds, Number((await scrape(deployment.opsUrl('builder'), [LAG_METRIC]))[LAG_METRIC] ?? 0));
    const dueMs = startedMs + (sent / LOAD_PER_SECOND) * MS_PER_SECOND;
    await delay(Math.max(0, dueMs - performance.now()), undefined, { signal }).catch(() => undefined);
  }
  return { sent, lagSeconds };
}

/** A ledger's projections made anew by the command that a Job runs, with nothing else to do and under writes. */
export const rebuildRow: Row = {
  results: { rebuild: 's', 'rebuild all': 's', 'rebuild under load': 's' },
  isOnce: true,
  async run(bench) {
    const deployment = await bench.whole();
    const ledger = await filled(bench, deployment);
    const records = bench.options.rebuildRecords;
    const idle: Record<string, Awaited<ReturnType<typeof bench.timed>>> = {};
    for (const projection of PARTS) {
      const name = projection === null ? 'rebuild all' : 'rebuild';
      const sample = await bench.timed(deployment.processes, async () => {
        const seconds = await rebuild(bench, deployment, ledger, projection);
        return { rate: records / seconds, p50Ms: null, p99Ms: null, units: records, extra: { seconds } };
      });
      idle[name] = { ...sample, value: Number(sample.extra?.['seconds']), extra: { ...sample.extra, records } };
    }
    const loaded = await bench.timed(deployment.processes, async () => {
      const stop = new AbortController();
      const load = underLoad(bench, deployment, ledger, stop.signal);
      const seconds = await rebuild(bench, deployment, ledger, PARTS[0]).finally(() => stop.abort());
      const { sent, lagSeconds } = await load;
      return { rate: records / seconds, p50Ms: null, p99Ms: null, units: records, extra: { seconds, sent, lagSeconds } };
    });
    return { ...idle, 'rebuild under load': { ...loaded, value: Number(loaded.extra?.['seconds']), extra: { ...loaded.extra, records } } };
  },
};
