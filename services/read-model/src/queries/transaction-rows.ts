import { RECORD_TYPE_CODES, transactionId, type RecordType } from '@ledgerflow/contracts';
import type { TransactionEntry, TransactionRow } from '../types.ts';

const RECORD_TYPES: ReadonlyMap<number, RecordType> = new Map(
  Object.entries(RECORD_TYPE_CODES).map(([type, code]) => [code, type as RecordType]),
);

/** One entry as read.transactions keeps it: account id, number, currency, scale, version, amount, posted after, held after. */
export type EntryTuple = [string, number, string, number, string, string, string, string];

export const TRANSACTION_COLUMNS = `t.position, t.transaction_index, t.type, t.recorded_at, t.effective_at, t.external_id, t.reference, t.description, t.metadata, t.actor,
  t.correlation_id, t.entries`;

export interface TransactionColumns {
  position: string;
  transaction_index: number;
  type: number;
  recorded_at: string;
  effective_at: string;
  external_id: string | null;
  reference: string | null;
  description: string | null;
  metadata: Record<string, unknown> | null;
  actor: string;
  correlation_id: string;
  entries: EntryTuple[];
}

export function toTransactionEntry(tuple: EntryTuple): TransactionEntry {
  const [account, accountNumber, currency, scale, version, amount, balanceAfter, heldAfter] = tuple;
  return {
    account,
    accountNumber,
    currency,
    scale,
    version: BigInt(version),
    amount: BigInt(amount),
    balanceAfter: BigInt(balanceAfter),
    heldAfter: BigInt(heldAfter),
  };
}

export function toTransaction(row: TransactionColumns): TransactionRow {
  const type = RECORD_TYPES.get(row.type) as RecordType;
  const position = BigInt(row.position);
  return {
    id: transactionId(type, position, row.transaction_index),
    position,
    index: row.transaction_index,
    type,
    recordedAt: BigInt(row.recorded_at),
    effectiveAt: BigInt(row.effective_at),
    externalId: row.external_id,
    reference: row.reference,
    description: row.description,
    metadata: row.metadata,
    actor: row.actor,
    correlationId: row.correlation_id,
    entries: row.entries.map(toTransactionEntry),
  };
}
