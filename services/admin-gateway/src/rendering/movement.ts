import { type EntryPostedEvent, formatMicros, formatMinor, type LedgerRecord, type RecordTransaction } from '@ledgerflow/contracts';

/** The decimals of a currency; a record names the scale of every currency that occurs in it. */
export function scaleOf(record: LedgerRecord, currency: string): number {
  const scale = record.scales[currency];
  if (scale === undefined) throw new Error(`record ${record.position} of ${record.ledger} lacks the scale of ${currency}`);
  return scale;
}

/** The transactions of a record as money POSTs answer them, in order. */
export function renderMovements(record: LedgerRecord): Record<string, unknown>[] {
  const entries: EntryPostedEvent[][] = record.transactions.map(() => []);
  for (const event of record.events) if (event.type === 'EntryPosted') entries[event.transaction]?.push(event);
  return record.transactions.map((transaction, index) => render(record, transaction, entries[index] as EntryPostedEvent[]));
}

/** The transaction of a record that has one. */
export function renderMovement(record: LedgerRecord): Record<string, unknown> {
  const movement = renderMovements(record)[0];
  if (movement === undefined) throw new Error(`record ${record.position} of ${record.ledger} has no transaction`);
  return movement;
}

function render(record: LedgerRecord, transaction: RecordTransaction, entries: readonly EntryPostedEvent[]): Record<string, unknown> {
  return {
    transactionId: transaction.id,
    position: record.position.toString(),
    recordedAt: formatMicros(record.recordedAt),
    effectiveAt: formatMicros(transaction.effectiveAt),
    entries: entries.map((entry) => {
      const scale = scaleOf(record, entry.currency);
      return {
        account: entry.account,
        amount: formatMinor(entry.amount, scale),
        balanceAfter: formatMinor(entry.postedAfter, scale),
        heldAfter: formatMinor(entry.heldAfter, scale),
        version: entry.version.toString(),
      };
    }),
  };
}
