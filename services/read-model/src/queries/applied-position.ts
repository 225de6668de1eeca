import type { Queryable } from '@ledgerflow/platform/postgres';
import type { Checkpoint } from '../types.ts';
import { CHECKPOINT_COLUMNS, seen } from './seen.ts';

/** How far a ledger's log is applied; null when the read side has nothing of it. Index: checkpoints (id). */
export async function appliedPosition(db: Queryable, ledger: string): Promise<Checkpoint | null> {
  const result = await seen(db, `select ${CHECKPOINT_COLUMNS}, true as found from read.checkpoints c where c.id = $1 and c.position > 0`, [
    ledger,
  ]);
  return result?.checkpoint ?? null;
}
