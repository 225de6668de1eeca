import { type EntryPostedEvent, formatMicros, formatMinor, type LedgerRecord } from '@ledgerflow/contracts';

/** The decimals of a currency; a record names the scale of every currency that occurs in it. */
export function scaleOf(record: LedgerRecord, currency: string): number {
  const scale = record.scales[currency];
  if (scale === undefined) throw new Error(`record ${record.position} of ${record.ledger} lacks the scale of ${currency}`);
  return scale;
}

/** Transaction `index` of a record as a money POST answers it. */
export function renderMovement(record: LedgerRecord, index = 0): Record<string, unknown> {
  const transaction = record.transactions[index];
  if (transaction === undefined) throw new Error(`record ${record.position} of ${record.ledger} has no transaction ${index}`);
  const entries = record.events.filter((event): event is EntryPostedEvent => event.type === 'EntryPosted' && event.transaction === index);
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
