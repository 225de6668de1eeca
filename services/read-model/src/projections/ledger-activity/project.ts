import { RECORD_TYPE_CODES, type LedgerRecord, type Micros } from '@ledgerflow/contracts';

/**
 * `read.ledger_activity`: per minute, hour and day (UTC, by recorded_at), currency and type of record how many transactions moved the currency, how many entries they have and what moved: the sum of
 * the positive entries. The buckets of a record follow from its time alone, so a record's change is said once and spread when it is applied. Digest: hashes of the rows.
 */
export interface ActivityChange {
  recordedAt: Micros;
  type: number;
  moved: { currency: string; transactions: number; entries: number; volume: bigint }[];
}

/** The length of a bucket in microseconds, by its code in the table. */
export const BUCKET_MICROS: readonly bigint[] = [60_000_000n, 3_600_000_000n, 86_400_000_000n];

/** Where the bucket of a time begins. */
export function bucketStart(time: Micros, bucket: number): Micros {
  const length = BUCKET_MICROS[bucket] as bigint;
  const rest = time % length;
  return time - (rest < 0n ? rest + length : rest);
}

export function project(record: LedgerRecord): ActivityChange {
  const moved = new Map<string, { transactions: Set<number>; entries: number; volume: bigint }>();
  for (const event of record.events) {
    if (event.type !== 'EntryPosted') continue;
    let of = moved.get(event.currency);
    if (of === undefined) moved.set(event.currency, (of = { transactions: new Set(), entries: 0, volume: 0n }));
    of.transactions.add(event.transaction);
    of.entries += 1;
    if (event.amount > 0n) of.volume += event.amount;
  }
  return {
    recordedAt: record.recordedAt,
    type: RECORD_TYPE_CODES[record.type],
    moved: Array.from(moved, ([currency, { transactions, entries, volume }]) => ({
      currency,
      transactions: transactions.size,
      entries,
      volume,
    })),
  };
}
