import { RECORD_TYPE_CODES, type EntryPostedEvent, type LedgerRecord, type Micros } from '@ledgerflow/contracts';
import type { EntryTuple } from '../../queries/transaction-rows.ts';
import { transactionDetails } from '../details.ts';
import { entryDigests } from '../entry-digests.ts';

/**
 * `read.transactions`: a row for every transaction with its entries. Append-only. Digest: the sum of entryDigest over the entries it keeps, equal to the writer's at
 * the same position.
 */
export interface TransactionChange {
  position: bigint;
  index: number;
  type: number;
  recordedAt: Micros;
  effectiveAt: Micros;
  externalId: string | null;
  reference: string | null;
  description: string | null;
  metadata: Record<string, unknown> | null;
  actor: string;
  correlationId: string;
  /** What moved, in the currency that comes first, and in the others. */
  currency: string;
  amount: bigint;
  otherAmounts: Record<string, string> | null;
  entries: EntryTuple[];
  /** The sum of the entries' digests. */
  digest: bigint;
}

/** The entries of each transaction. One pass: a batch may have a thousand transactions and 65,535 events. */
function entriesByTransaction(record: LedgerRecord): EntryPostedEvent[][] {
  const groups: EntryPostedEvent[][] = record.transactions.map(() => []);
  for (const event of record.events) if (event.type === 'EntryPosted') groups[event.transaction]?.push(event);
  return groups;
}

export function project(record: LedgerRecord): TransactionChange[] {
  const groups = entriesByTransaction(record);
  const digests = entryDigests(record);
  return record.transactions.map((transaction, index) => {
    const moved = new Map<string, bigint>();
    const entries: EntryTuple[] = [];
    for (const event of groups[index] ?? []) {
      const scale = record.scales[event.currency];
      if (scale === undefined) throw new Error(`the record does not tell the decimals of ${event.currency}`);
      entries.push([
        event.account,
        event.accountNumber,
        event.currency,
        scale,
        event.version.toString(),
        event.amount.toString(),
        event.postedAfter.toString(),
        event.heldAfter.toString(),
      ]);
      moved.set(event.currency, (moved.get(event.currency) ?? 0n) + (event.amount > 0n ? event.amount : 0n));
    }
    const [first, ...others] = moved;
    if (first === undefined) throw new Error(`transaction ${transaction.id} has no entries`);
    const details = transactionDetails(record, index);
    return {
      position: record.position,
      index,
      type: RECORD_TYPE_CODES[record.type],
      recordedAt: record.recordedAt,
      effectiveAt: transaction.effectiveAt,
      externalId: transaction.externalId,
      reference: details?.reference ?? null,
      description: details?.description ?? null,
      metadata: details?.metadata ?? null,
      actor: record.actor,
      correlationId: record.correlationId,
      currency: first[0],
      amount: first[1],
      otherAmounts: others.length === 0 ? null : Object.fromEntries(others.map(([currency, amount]) => [currency, amount.toString()])),
      entries,
      digest: digests[index] as bigint,
    };
  });
}
