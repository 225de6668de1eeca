import type { Deployment } from './deployment.ts';
import { scrape } from './metrics.ts';

/** What a stage does at once, and the histogram that counts it. */
const STAGES = {
  meanCall: { service: 'gateway', metric: 'ledgerflow_gateway_batch_commands' },
  meanBatch: { service: 'writer', metric: 'ledgerflow_writer_batch_commands' },
  meanApplied: { service: 'builder', metric: 'ledgerflow_builder_batch_records' },
} as const;

interface Total {
  sum: number;
  count: number;
}

async function totals(deployment: Deployment): Promise<Map<string, Total>> {
  const known = Object.entries(STAGES).filter(([, { service }]) => deployment.has(service));
  return new Map(
    await Promise.all(
      known.map(async ([name, { service, metric }]): Promise<[string, Total]> => {
        const found = await scrape(deployment.opsUrl(service), [`${metric}_sum`, `${metric}_count`]);
        return [name, { sum: found[`${metric}_sum`] ?? Number.NaN, count: found[`${metric}_count`] ?? Number.NaN }];
      }),
    ),
  );
}

/**
 * How many commands were in an Execute call of the gateway (meanCall) and in a batch of the writer (meanBatch), and how many records the builder applied at once
 * (meanApplied), between the call of this and that of what it resolves with. A stage that is not there, that did nothing, or of which there are several, is absent.
 */
export async function countBatches(deployment: Deployment): Promise<() => Promise<Record<string, number>>> {
  const before = await totals(deployment);
  return async () => {
    const means = [...(await totals(deployment))].map(([name, { sum, count }]): [string, number] => {
      const was = before.get(name) ?? { sum: 0, count: 0 };
      return [name, (sum - was.sum) / (count - was.count)];
    });
    return Object.fromEntries(means.filter(([, mean]) => Number.isFinite(mean)));
  };
}
