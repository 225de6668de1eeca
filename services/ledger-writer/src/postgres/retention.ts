import type { Logger } from '@ledgerflow/platform/log';
import type { Cluster } from './cluster.ts';
import { query } from './reads.ts';

/** Refusals are replayed for this long. */
export const REFUSALS_KEPT_DAYS = 30;
const INTERVAL_MS = 10 * 60_000;
/** Rows a statement, and statements a pass: a backlog is worked off over many passes, never in one long transaction. */
const ROWS_MAX = 1_000;
const STATEMENTS_MAX = 20;

// index on refusals (recorded_at)
const PURGE = `delete from ledger.refusals r using (
    select ledger, key from ledger.refusals where recorded_at < clock_timestamp() - make_interval(days => $1) order by recorded_at limit $2) old
  where r.ledger = old.ledger and r.key = old.key returning 1 as one`;

/** Deletes expired refusals of one cluster; how many. */
export async function purgeRefusals({ write }: Cluster): Promise<number> {
  let purged = 0;
  for (let statement = 0; statement < STATEMENTS_MAX; statement++) {
    const rows = await query(write, 'purge-refusals', PURGE, [REFUSALS_KEPT_DAYS, ROWS_MAX]);
    purged += rows.length;
    if (rows.length < ROWS_MAX) break;
  }
  return purged;
}

/** A pass over all clusters every ten minutes; returns what ends it. */
export function startRetention(clusters: Iterable<Cluster>, log: Logger): () => Promise<void> {
  const all = [...clusters];
  let pass = Promise.resolve();
  const run = async (): Promise<void> => {
    for (const cluster of all) {
      const purged = await purgeRefusals(cluster).catch((error: unknown) => {
        log.warn({ err: error, cluster: cluster.name }, 'expired refusals could not be deleted; the next pass tries again');
        return 0;
      });
      if (purged > 0) log.info({ purged, cluster: cluster.name }, 'expired refusals were deleted');
    }
  };
  const timer = setInterval(() => (pass = pass.then(run)), INTERVAL_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await pass;
  };
}
