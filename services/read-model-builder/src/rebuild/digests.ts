import { DigestSum, type LedgerRecord } from '@ledgerflow/contracts';

/** The sum of the entries' digests after some more records. */
export function advanceDigest(before: bigint, records: readonly { record: LedgerRecord }[]): bigint {
  const sum = new DigestSum(before);
  for (const { record } of records) for (const event of record.events) if (event.type === 'EntryPosted') sum.addEntry(event);
  return sum.total();
}
