import { isAccountEvent, type AccountTerms, type Details, type LedgerRecord, type Micros } from '@ledgerflow/contracts';
import { accountDetails } from '../details.ts';

/**
 * `read.account_summary`: a row for every account as it is at the checkpoint. Digest: the sum of accountDigest over the rows, equal to the writer's at the same
 * position: a batch takes the old rows away and adds the new ones.
 */
export interface AccountChange {
  account: string;
  accountNumber: number;
  /** What the account gets when it is opened, and never changes. */
  opening: { currency: string; scale: number; ownerId: string | null; openedAt: Micros } | null;
  /** Versions of the first and the last of the events that are merged here. */
  firstVersion: bigint;
  version: bigint;
  posted: bigint;
  held: bigint;
  /** Null: it stays. */
  updatedAt: Micros | null;
  /** The last terms that were set; null when none were. */
  terms: AccountTerms | null;
  /** The last name and metadata that were given. */
  details: Pick<Details, 'name' | 'metadata'> | null;
}

export function project(record: LedgerRecord): AccountChange[] {
  const changes = new Map<number, AccountChange>();
  for (const event of record.events) {
    if (!isAccountEvent(event)) continue;
    const scale = record.scales[event.currency];
    if (scale === undefined) throw new Error(`the record does not tell the decimals of ${event.currency}`);
    const change: AccountChange = {
      account: event.account,
      accountNumber: event.accountNumber,
      opening:
        event.type === 'AccountOpened'
          ? { currency: event.currency, scale, ownerId: event.data.ownerId, openedAt: record.recordedAt }
          : null,
      firstVersion: event.version,
      version: event.version,
      posted: event.postedAfter,
      held: event.heldAfter,
      updatedAt: record.recordedAt,
      terms: event.type === 'EntryPosted' ? null : event.data,
      details: event.type === 'EntryPosted' ? null : accountDetails(record, event),
    };
    const earlier = changes.get(event.accountNumber);
    changes.set(event.accountNumber, earlier === undefined ? change : merge(earlier, change));
  }
  return [...changes.values()];
}

/** Two changes of one account, the later one after the earlier one. Throws when their versions are not dense. */
export function merge(earlier: AccountChange, later: AccountChange): AccountChange {
  if (later.firstVersion !== earlier.version + 1n)
    throw new Error(`version ${later.firstVersion} of ${later.account} follows version ${earlier.version}`);
  return {
    ...later,
    updatedAt: later.updatedAt ?? earlier.updatedAt,
    firstVersion: earlier.firstVersion,
    opening: earlier.opening ?? later.opening,
    terms: later.terms ?? earlier.terms,
    details: earlier.details === null && later.details === null ? null : { ...earlier.details, ...later.details },
  };
}
