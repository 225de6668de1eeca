import type { Queryable } from '@ledgerflow/platform/postgres';
import { statement } from '../statement.ts';
import type { AccountRow, Seen } from '../types.ts';
import { ACCOUNT_COLUMNS, toAccount, type AccountColumns } from './account-rows.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, seen } from './seen.ts';

const PROJECTIONS: readonly ProjectionName[] = ['account_summary'];

const SQL = statement(`select ${CHECKPOINT_COLUMNS}, a.id is not null as found, ${ACCOUNT_COLUMNS}
  from ${live('$1', PROJECTIONS, { account: '$2' })} left join read.account_summary a on a.generation = c.account_summary and a.id = $2`);

/** One account at the checkpoint; value null when the ledger has no such account. Indexes: checkpoints (id), account_summary (ledger, id). */
export async function getAccount(db: Queryable, ledger: string, account: string): Promise<Seen<AccountRow | null> | null> {
  const result = await seen<AccountColumns>(db, SQL, [ledger, account]);
  if (result === null) return null;
  const row = result.rows[0];
  return { checkpoint: result.checkpoint, projections: PROJECTIONS, value: row === undefined ? null : toAccount(row) };
}
