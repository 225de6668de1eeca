import type { AccountStatus, EventType, FreezeScope, Micros, RecordType } from '@ledgerflow/contracts';
import type { ProjectionName } from './queries/live.ts';

/**
 * What a query saw: the ledger's place in the same snapshot as its rows. `position` is what an answer calls asOfPosition when nothing older was asked for: the least of the
 * projections that the query reads.
 */
export interface Checkpoint {
  ledger: string;
  ledgerNumber: number;
  ledgerUuid: string;
  slot: number;
  epoch: number;
  position: bigint;
  /** recorded_at of the record at `position`. */
  recordedAt: Micros;
  /** Why the builder does not go on with this ledger; null when it does. */
  stoppedReason: string | null;
  /** How far the feed has come: beyond `position` while a projection that the query reads is held or catches up. */
  appliedPosition: bigint;
  /**
   * Position of the first parked record of what was asked for: of the account, or of accounts that a list can not show; null when there is none. An answer that stands for it or for
   * a later position lacks it.
   */
  parkedSince: bigint | null;
}

/** What an answer has to know of the checkpoint. */
export type CheckpointPlace = Pick<Checkpoint, 'epoch' | 'position' | 'recordedAt' | 'stoppedReason' | 'appliedPosition' | 'parkedSince'>;

/** Rows with the checkpoint of the same snapshot. A query answers null instead when the read side does not know the ledger (yet). */
export interface Seen<T> {
  checkpoint: CheckpointPlace;
  /** Those whose positions the answer's is the least of: who needs a later answer waits for them. */
  projections: readonly ProjectionName[];
  value: T;
}

/** Keyset paging: `after` is the key of the last row of the page before (`next` of that page), null for the first page. */
export interface PageRequest<K> {
  after: K | null;
  /** Rows at most, 1–1000. */
  limit: number;
}

export interface Page<T, K> {
  rows: T[];
  /** Key to go on from; null when there are no more rows. */
  next: K | null;
}

export interface CurrencyRow {
  code: string;
  scale: number;
}

export interface LedgerRow {
  id: string;
  uuid: string;
  openedAt: Micros;
  currencies: CurrencyRow[];
}

/** Amounts are minor units; `scale` is the currency's number of decimals. */
export interface BalanceRow {
  account: string;
  currency: string;
  scale: number;
  posted: bigint;
  held: bigint;
  /** Version of the account's last event up to the asked position, whatever effective time was asked for. */
  version: bigint;
  /** In a list: position of the account's first parked record, from which on this row is not what the log says; null when there is none. */
  parkedSince?: bigint | null;
}

/** A balance of the past. */
export interface PastBalance {
  /** The position that the question stands for; null when the read side can not say. */
  position: bigint | null;
  balance: BalanceRow | null;
}

export interface AccountRow extends BalanceRow {
  accountNumber: number;
  ownerId: string | null;
  status: AccountStatus;
  freezeScope: FreezeScope | null;
  minBalance: bigint | null;
  maxBalance: bigint | null;
  name: string | null;
  metadata: Record<string, unknown> | null;
  openedAt: Micros;
  /** recorded_at of the account's last event. */
  updatedAt: Micros;
}

/** A place in the order of a ledger's events. */
export interface EventKey {
  position: bigint;
  index: number;
}

/** One versioned event of an account; `amount` is null for events that move no money. */
export interface EntryRow extends EventKey {
  version: bigint;
  type: EventType;
  transactionId: string | null;
  amount: bigint | null;
  postedAfter: bigint;
  heldAfter: bigint;
  recordedAt: Micros;
  effectiveAt: Micros;
}

export interface AccountEntries {
  account: string;
  currency: string;
  scale: number;
  page: Page<EntryRow, EventKey>;
}

export interface TransactionEntry {
  account: string;
  accountNumber: number;
  currency: string;
  scale: number;
  version: bigint;
  amount: bigint;
  balanceAfter: bigint;
  heldAfter: bigint;
}

export interface TransactionRow {
  id: string;
  position: bigint;
  /** Number of the transaction inside its record, from 0. */
  index: number;
  type: RecordType;
  recordedAt: Micros;
  effectiveAt: Micros;
  externalId: string | null;
  reference: string | null;
  description: string | null;
  metadata: Record<string, unknown> | null;
  actor: string;
  correlationId: string;
  entries: TransactionEntry[];
}

export interface TrialBalanceRow {
  currency: string;
  scale: number;
  /** Sum of what accounts below zero lack, as a positive number. */
  debits: bigint;
  /** Sum of what accounts above zero have. */
  credits: bigint;
}

export interface TrialBalance {
  position: bigint;
  balanced: boolean;
  totals: TrialBalanceRow[];
}

export interface AccountFilter {
  status?: AccountStatus;
  currency?: string;
  ownerId?: string;
  /** Case-insensitive part of the id or the name. */
  q?: string;
  /** Beginning of the id. System accounts are listed only when it begins with @. */
  prefix?: string;
}

/** All bounds inclusive. */
export interface EntryFilter {
  fromPosition?: bigint;
  toPosition?: bigint;
  fromTime?: Micros;
  toTime?: Micros;
  /** With true also the events that moved no money. Default false. */
  allEvents?: boolean;
  /** Default: oldest first. */
  newestFirst?: boolean;
}

/** All bounds inclusive; amounts in minor units of `currency`, so they need it. */
export interface TransactionFilter {
  account?: string;
  reference?: string;
  externalId?: string;
  fromTime?: Micros;
  toTime?: Micros;
  currency?: string;
  minAmount?: bigint;
  maxAmount?: bigint;
}

export interface AccountSearchFilter {
  status?: AccountStatus;
  currency?: string;
  ownerId?: string;
}

/** A place in the order of what a search found: the best first, equals by id. */
export interface SearchKey {
  score: number;
  id: string;
}

/** A page of a search; `isSample`: more accounts match than are ranked, these are the best of a fair sample of them. */
export interface SearchPage extends Page<AccountRow, SearchKey> {
  isSample: boolean;
}

/** How an account ended a day (UTC); on days on which nothing happened to it as it did the day before, with no entries. */
export interface DailyBalanceRow {
  /** Days since 1970-01-01. */
  day: number;
  posted: bigint;
  held: bigint;
  /** Version and position of the account's last event up to the end of the day. */
  version: bigint;
  position: bigint;
  entries: bigint;
  /** Sums of what came in and of what went out on the day, both positive. */
  credits: bigint;
  debits: bigint;
}

export interface DailyBalances {
  account: string;
  currency: string;
  scale: number;
  page: Page<DailyBalanceRow, number>;
}

/** Bounds inclusive, days since 1970-01-01. */
export interface DayFilter {
  from?: number;
  to?: number;
}

export type ActivityBucket = 'minute' | 'hour' | 'day';

/** Bounds inclusive: buckets that begin no earlier than the one of `from`, and no later than `to`. */
export interface ActivityFilter {
  bucket: ActivityBucket;
  from?: Micros;
  to?: Micros;
  currency?: string;
}

export interface ActivityKey {
  startsAt: Micros;
  currency: string;
}

/** What happened in a currency in a minute, hour or day (UTC) by recorded_at. */
export interface ActivityRow extends ActivityKey {
  scale: number;
  transactions: bigint;
  entries: bigint;
  /** The sum of the positive entries. */
  volume: bigint;
  byType: { type: RecordType; transactions: bigint }[];
}
