import { TRANSACTION_ID_PATTERN } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { statement } from '../statement.ts';
import type { Seen, TransactionRow } from '../types.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, seen } from './seen.ts';
import { toTransaction, TRANSACTION_COLUMNS, type TransactionColumns } from './transaction-rows.ts';

const ID = new RegExp(TRANSACTION_ID_PATTERN);
const POSITION_MAX = 2n ** 63n - 1n;

const PROJECTIONS: readonly ProjectionName[] = ['transactions'];

const SQL = statement(`select ${CHECKPOINT_COLUMNS}, t.position is not null as found, ${TRANSACTION_COLUMNS} from ${live('$1', PROJECTIONS)}
  left join read.transactions t on t.generation = c.transactions and t.position = $2 and t.transaction_index = $3`);

/** One transaction by its id ("41", or "41-3" inside an atomic batch); value null when there is none. Index: primary key of transactions. */
export async function getTransaction(db: Queryable, ledger: string, id: string): Promise<Seen<TransactionRow | null> | null> {
  const match = ID.exec(id);
  const position = match === null ? 0n : BigInt(match[1] as string);
  const result = await seen<TransactionColumns>(db, SQL, [ledger, position > POSITION_MAX ? '0' : position.toString(), match?.[2] ?? 0]);
  if (result === null) return null;
  const row = result.rows[0];
  const transaction = row === undefined ? null : toTransaction(row);
  // "41" does not name the first transaction of a batch at 41, nor "41-0" a single one.
  return { checkpoint: result.checkpoint, projections: PROJECTIONS, value: transaction?.id === id ? transaction : null };
}
