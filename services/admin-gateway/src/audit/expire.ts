import type { Logger } from '@ledgerflow/platform/log';
import { createPool, type Queryable } from '@ledgerflow/platform/postgres';

const BATCH_ROWS = 5_000;
/** Of one run; what is left goes with the next one. */
const BATCHES_MAX = 2_000;
/** The session says that it expires (sql/002); only the owner's role may delete. In milliseconds. */
const SETTINGS = { 'audit.expiring': 'on', statement_timeout: '30000', synchronous_commit: 'on' };

export interface Expired {
  actions: number;
  accesses: number;
  /** False: more than one run deletes. */
  isComplete: boolean;
}

/** Indexes: actions_recorded_at, accesses_recorded_at. An action goes with its outcome. */
const DELETE = {
  actions: `with old as materialized (select id from audit.actions where recorded_at < $1::timestamptz order by recorded_at, id limit $2),
    gone as (delete from audit.outcomes o using old where o.action = old.id) delete from audit.actions a using old where a.id = old.id`,
  accesses: `with old as materialized (select id from audit.accesses where recorded_at < $1::timestamptz order by recorded_at, id limit $2)
    delete from audit.accesses a using old where a.id = old.id`,
};

async function expireKind(db: Queryable, kind: keyof typeof DELETE, before: string, batchRows: number): Promise<[number, boolean]> {
  let deleted = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const { rowCount } = await db.query(DELETE[kind], [before, batchRows]);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < batchRows) return [deleted, true];
  }
  return [deleted, false];
}

/**
 * Deletes what is older than so many days (0: nothing, ever), as the owner of the audit store, in batches of their own transactions: it may be stopped at any moment and run again. That it was done, up to when
 * and by which configuration is itself an action in the store, written before. Returns null when there was nothing to do.
 */
export async function expireAudit(options: {
  ownerUrl: string;
  days: number;
  requestId: string;
  log: Logger;
  batchRows?: number;
}): Promise<Expired | null> {
  const { ownerUrl, days, requestId, log, batchRows = BATCH_ROWS } = options;
  if (days === 0) {
    log.info('AUDIT_RETENTION_DAYS is 0: nothing is deleted from the audit store, ever');
    return null;
  }
  const db = createPool({ url: ownerUrl, max: 1, applicationName: 'audit-retention', settings: SETTINGS, log });
  try {
    const { rows } = await db.query<{ before: string; is_any: boolean }>(
      `select t.before::text as before, exists (select from audit.actions where recorded_at < t.before) or exists (select from audit.accesses where recorded_at < t.before) as is_any
        from (select clock_timestamp() - $1 * interval '1 day' as before) t`,
      [days],
    );
    const { before, is_any: isAny } = rows[0]!;
    if (!isAny) {
      log.info({ before, days }, 'nothing in the audit store is older: nothing was deleted');
      return null;
    }
    const begun = await db.query<{ id: string }>(
      `insert into audit.actions (actor, roles, action, target, parameters, request_id) values ('audit-retention', '{}', 'audit.expire', $1, $2, $3) returning id`,
      [before, JSON.stringify({ days }), requestId],
    );
    const [actions, actionsDone] = await expireKind(db, 'actions', before, batchRows);
    const [accesses, accessesDone] = await expireKind(db, 'accesses', before, batchRows);
    const expired = { actions, accesses, isComplete: actionsDone && accessesDone };
    await db.query(`insert into audit.outcomes (action, outcome, result) values ($1, $2, $3)`, [
      begun.rows[0]!.id,
      expired.isComplete ? 'done' : 'accepted',
      JSON.stringify(expired),
    ]);
    log.info({ ...expired, before, days }, 'what is older was deleted from the audit store');
    return expired;
  } finally {
    await db.end();
  }
}
