import type { Queryable } from '@ledgerflow/platform/postgres';
import type { Checkpoint } from '../types.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, seen } from './seen.ts';

const ALL: readonly ProjectionName[] = ['ledgers', 'log_times', 'account_statement', 'transactions', 'trial_balance', 'account_summary'];

/** How far a ledger's log is applied; null when the read side has nothing of it. Index: checkpoints (id). */
export async function appliedPosition(db: Queryable, ledger: string): Promise<Checkpoint | null> {
  const result = await seen(db, `select ${CHECKPOINT_COLUMNS}, true as found from ${live('$1', ALL)} where c.applied_position > 0`, [
    ledger,
  ]);
  return result?.checkpoint ?? null;
}
