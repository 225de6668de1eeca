import type { Queryable } from '@ledgerflow/platform/postgres';
import { statement } from '../statement.ts';
import type { AccountRow, Seen } from '../types.ts';
import { toAccount, type AccountColumns } from './account-rows.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, seen } from './seen.ts';

const PROJECTIONS: readonly ProjectionName[] = ['account_statement', 'account_summary'];

/** The last of an account's events without an amount that satisfies a condition, up to position $3. */
const lastTerms = (columns: string, condition: string): string => `lateral (
  select ${columns} from read.account_statement s where s.generation = c.account_statement and s.account = a.account and s.amount is null and s.position <= $3 and ${condition}
  order by s.position desc, s.event_index desc limit 1)`;

const SQL =
  statement(`select ${CHECKPOINT_COLUMNS}, e.version is not null as found, a.id, a.account, a.currency, a.scale, a.owner_id, t.status, t.freeze_scope, t.min_balance,
    t.max_balance, e.posted_after as posted, e.held_after as held, e.version, n.name, m.metadata, a.opened_at, e.recorded_at as updated_at
  from ${live('$1', PROJECTIONS, { account: '$2' })}
  left join read.account_summary a on a.generation = c.account_summary and a.id = $2
  left join lateral (
    select s.posted_after, s.held_after, s.version, s.recorded_at from read.account_statement s
    where s.generation = c.account_statement and s.account = a.account and s.position <= $3 order by s.position desc, s.event_index desc limit 1) e on true
  left join ${lastTerms('s.status, s.freeze_scope, s.min_balance, s.max_balance', 'true')} t on true
  left join ${lastTerms(`s.details->>'name' as name`, `s.details ? 'name'`)} n on true
  left join ${lastTerms(`s.details->'metadata' as metadata`, `s.details ? 'metadata'`)} m on true`);

/**
 * The whole state of an account after a position; value null when it was not opened by then. The caller has waited until the position is applied.
 * Indexes: one probe of account_statement's primary key for the balance and the version; its partial index of events without an amount for the rest, so an
 * entry need not repeat status and limits.
 */
export async function getAccountAsOf(
  db: Queryable,
  ledger: string,
  account: string,
  position: bigint,
): Promise<Seen<AccountRow | null> | null> {
  const result = await seen<AccountColumns>(db, SQL, [ledger, account, position.toString()]);
  if (result === null) return null;
  const row = result.rows[0];
  return { checkpoint: result.checkpoint, projections: PROJECTIONS, value: row === undefined ? null : toAccount(row) };
}
