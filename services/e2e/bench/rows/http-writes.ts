import type { Bench } from '../bench.ts';
import { countBatches } from '../batches.ts';
import { BATCH_SIZE, HttpTransfers } from '../http-load.ts';
import { scrape } from '../metrics.ts';
import { caughtUp, ledgerOf, target } from '../whole.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

const LAG_METRICS = ['ledgerflow_builder_lag_seconds', 'ledgerflow_builder_lag_records'] as const;
/** The lag is looked at after a longer run than the others have: 60 s with the default of 30. */
const LAG_LOAD_FACTOR = 2;

async function drive(bench: Bench, round: number, size: 1 | typeof BATCH_SIZE, seconds: number) {
  const { warmUpSeconds, connections, batchConnections } = bench.options;
  const deployment = await bench.whole();
  const ledger = await ledgerOf(bench, deployment, round);
  const workers = size === 1 ? connections : batchConnections;
  const http = await target(bench, deployment, workers);
  try {
    const transfers = new HttpTransfers(bench, http, ledger, size);
    const warmUp = async (): Promise<void> => {
      if (warmUpSeconds > 0) await transfers.drive(deployment, workers, warmUpSeconds);
      await caughtUp(bench, deployment);
    };
    const run = async () => {
      const batches = await countBatches(deployment);
      return { ...(await transfers.drive(deployment, workers, seconds)), batches };
    };
    const { endedMs, batches, ...sample } = await bench.timed(deployment.processes, run, warmUp);
    const behind = caughtUp(bench, deployment).then(() => (performance.now() - endedMs) / MS_PER_SECOND);
    const [metrics, lagSeconds] = await Promise.all([scrape(deployment.opsUrl('builder'), LAG_METRICS), behind]);
    const lag = { lagSeconds, lagMetricSeconds: metrics[LAG_METRICS[0]] ?? null, lagMetricRecords: metrics[LAG_METRICS[1]] ?? null };
    return { ...sample, extra: { ...sample.extra, ...lag, ...(await batches()) } };
  } finally {
    await http.close();
  }
}

export const httpBatchRow: Row = {
  results: { 'http batch 100': 'transfers' },
  async run(bench, round) {
    return { 'http batch 100': await drive(bench, round, BATCH_SIZE, bench.options.seconds) };
  },
};

export const httpSingleRow: Row = {
  results: { 'http single': 'transfers' },
  async run(bench, round) {
    return { 'http single': await drive(bench, round, 1, bench.options.seconds) };
  },
};

/** What of the rate authentication costs, and of the processor time of one transfer in the gateway. */
export const authenticationRow: Row = {
  results: { 'http single open': 'transfers' },
  needs: ['http single'],
  async run(bench, round, earlier) {
    const deployment = await bench.whole();
    const open = await deployment.withoutAuthentication(() => drive(bench, round, 1, bench.options.seconds));
    const usual = earlier['http single'];
    const microsOf = (sample: typeof usual): number =>
      (sample?.usage?.cpuMicros['gateway'] ?? Number.NaN) / (sample?.units ?? 0) || Number.NaN;
    const rateCost = 1 - (usual?.rate ?? Number.NaN) / (open.rate ?? Number.NaN);
    const gatewayMicros = microsOf(usual) - microsOf(open);
    return { 'http single open': { ...open, extra: { ...open.extra, authenticationCost: rateCost, authenticationMicros: gatewayMicros } } };
  },
};

const MEBIBYTE = 1024 * 1024;
/** What a service may have more at the end of the minute than at its beginning, in mean of a third of it, and still be called flat: the greater of the two. */
const DRIFT_MAX_MIB = 15;
const DRIFT_MAX_SHARE = 0.1;

/** How far behind the builder is after a longer run of single transfers at full rate; and what memory the services have then, and had at its beginning. */
export const lagRow: Row = {
  results: { lag: 's', memory: 'MiB of the largest service' },
  isOnce: true,
  async run(bench, round) {
    const loadSeconds = bench.options.seconds * LAG_LOAD_FACTOR;
    const { rate, extra, units, usage } = await drive(bench, round, 1, loadSeconds);
    const isService = new Set((await bench.whole()).processes.filter((one) => one.isService === true).map(({ name }) => name));
    const services = Object.entries(usage?.memory ?? {}).filter(([name]) => isService.has(name));
    const memory = Object.fromEntries(
      services.flatMap(([name, { endBytes, firstThirdBytes, lastThirdBytes }]) => [
        [`${name}MiB`, endBytes / MEBIBYTE],
        [`${name}DriftMiB`, (lastThirdBytes - firstThirdBytes) / MEBIBYTE],
      ]),
    );
    const isFlat = services.every(([, { firstThirdBytes, lastThirdBytes }]) => {
      return lastThirdBytes - firstThirdBytes <= Math.max(DRIFT_MAX_MIB * MEBIBYTE, DRIFT_MAX_SHARE * firstThirdBytes);
    });
    const largest = services.length === 0 ? null : Math.max(...services.map(([, { endBytes }]) => endBytes)) / MEBIBYTE;
    const none = { rate: null, p50Ms: null, p99Ms: null };
    return {
      lag: { ...none, value: extra.lagSeconds, units, usage, extra: { ...extra, loadSeconds, loadRate: rate } },
      memory: { ...none, value: largest, usage: null, extra: { ...memory, isFlat, loadSeconds } },
    };
  },
};
