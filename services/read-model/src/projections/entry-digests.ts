import { DigestSum, type LedgerRecord } from '@ledgerflow/contracts';

const known = new WeakMap<LedgerRecord, readonly bigint[]>();

/** The sums of entryDigest over the entries of each transaction of a record. Two projections keep them, and a hash is half of what an entry costs: made once a record. */
export function entryDigests(record: LedgerRecord): readonly bigint[] {
  let digests = known.get(record);
  if (digests === undefined) {
    const sums = record.transactions.map(() => new DigestSum(0n));
    for (const event of record.events) if (event.type === 'EntryPosted') sums[event.transaction]?.addEntry(event);
    known.set(record, (digests = sums.map((sum) => sum.total())));
  }
  return digests;
}
