import type { Queryable } from '@ledgerflow/platform/postgres';
import type { BalanceRow, Seen } from '../types.ts';
import { BALANCE_COLUMNS, toBalance, type BalanceColumns } from './account-rows.ts';
import { CHECKPOINT_COLUMNS, seen } from './seen.ts';

/** An account's balance at the checkpoint; value null when the ledger has no such account. Indexes: checkpoints (id), account_summary (ledger, id). */
export async function getBalance(db: Queryable, ledger: string, account: string): Promise<Seen<BalanceRow | null> | null> {
  const sql = `select ${CHECKPOINT_COLUMNS}, a.id is not null as found, ${BALANCE_COLUMNS}
    from read.checkpoints c left join read.account_summary a on a.ledger = c.ledger and a.id = $2 where c.id = $1`;
  const result = await seen<BalanceColumns>(db, sql, [ledger, account]);
  if (result === null) return null;
  const row = result.rows[0];
  return { checkpoint: result.checkpoint, value: row === undefined ? null : toBalance(row) };
}
