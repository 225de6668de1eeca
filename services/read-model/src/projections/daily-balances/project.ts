import { isAccountEvent, type LedgerRecord, type Micros } from '@ledgerflow/contracts';

/**
 * `read.daily_balances`: a row for an account and a day (UTC, by recorded_at) on which something was recorded of it: how the account ended the day, and the entries of that day. Only the
 * newest day of an account ever changes. Digest: hashes of the rows.
 */
export interface DayChange {
  account: string;
  accountNumber: number;
  /** Days since 1970-01-01. */
  day: number;
  /** Versions of the first and the last of the events that are merged here. */
  firstVersion: bigint;
  version: bigint;
  position: bigint;
  posted: bigint;
  held: bigint;
  entries: number;
  /** Sums of what came in and of what went out, both positive. */
  credits: bigint;
  debits: bigint;
}

const DAY_MICROS = 86_400_000_000n;

/** Days since 1970-01-01 (UTC) at a time. */
export function dayOf(time: Micros): number {
  const rest = time % DAY_MICROS;
  return Number((time - (rest < 0n ? rest + DAY_MICROS : rest)) / DAY_MICROS);
}

export function project(record: LedgerRecord): DayChange[] {
  const changes = new Map<number, DayChange>();
  const day = dayOf(record.recordedAt);
  for (const event of record.events) {
    if (!isAccountEvent(event)) continue;
    const amount = event.type === 'EntryPosted' ? event.amount : 0n;
    const change: DayChange = {
      account: event.account,
      accountNumber: event.accountNumber,
      day,
      firstVersion: event.version,
      version: event.version,
      position: record.position,
      posted: event.postedAfter,
      held: event.heldAfter,
      entries: event.type === 'EntryPosted' ? 1 : 0,
      credits: amount > 0n ? amount : 0n,
      debits: amount < 0n ? -amount : 0n,
    };
    const earlier = changes.get(event.accountNumber);
    changes.set(event.accountNumber, earlier === undefined ? change : merge(earlier, change));
  }
  return [...changes.values()];
}

/** Two changes of one account and day, the later one after the earlier one. Throws when their versions are not dense. */
export function merge(earlier: DayChange, later: DayChange): DayChange {
  if (later.firstVersion !== earlier.version + 1n)
    throw new Error(`version ${later.firstVersion} of ${later.account} follows version ${earlier.version}`);
  return {
    ...later,
    firstVersion: earlier.firstVersion,
    entries: earlier.entries + later.entries,
    credits: earlier.credits + later.credits,
    debits: earlier.debits + later.debits,
  };
}
