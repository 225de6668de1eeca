import type { LedgerRecord, Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import type { Witness } from './witness.ts';

/** Rows of one generation and the sum of their digests (contracts, evidence/encoding.ts). In a batch: what it adds; negative terms wrap. */
export interface Tally {
  rows: number;
  digest: bigint;
}

/** One generation's changes of a batch, in order of position: one per record. */
export interface GenerationChanges<C> {
  generation: number;
  changes: readonly C[];
}

/** What tells the text ids of accounts by number: the generation of account_summary that has them, or whoever knows. */
export type AccountNames = number | ((account: number) => string);

interface Common<C> {
  readonly name: string;
  /** Whether its rows hold balances or amounts: then no record that moves money may be left out of it. */
  readonly carriesBalances: boolean;
  /** Tables, without the schema, whose rows have the generation as their first key column: what a rebuild leaves behind is deleted from them. */
  readonly tables: readonly string[];
  /** The row changes of one record. Pure. Throws when the record can not be what it claims: then it is a poison record. */
  project(record: LedgerRecord): C;
  /**
   * Writes the changes of a batch in few statements. Runs in the transaction that holds the ledgers' checkpoints, so nobody else writes these generations' rows.
   * Answers what each generation gained. Throws ProjectionError for a generation whose rows contradict the changes.
   */
  apply(db: Queryable, batch: readonly GenerationChanges<C>[]): Promise<ReadonlyMap<number, Tally>>;
  /** The same by COPY, for generations that nobody reads yet, in batches of thousands of records; absent: as by `apply`. */
  fill?(db: Queryable, batch: readonly GenerationChanges<C>[]): Promise<ReadonlyMap<number, Tally>>;
  /**
   * Rows and digest of a generation from what is stored. Reads in pages, inside the caller's snapshot. `names` tells the text ids of the accounts, for projections that keep their
   * numbers only. `account`: of that one alone, by number, in projections of accounts.
   */
  recompute(db: Queryable, generation: number, names: AccountNames, account?: number | null): Promise<Tally>;
  /** The writer's own sum that the digest has to be equal to at the same position; absent when it keeps none. */
  readonly writerDigest?: 'entries' | 'accounts';
  /** Holds what is stored of a generation against what its log says; null when they agree, else where they first differ. */
  prove(db: Queryable, generation: number, witness: Witness): Promise<RowDifference | null>;
  /** Holds the rows of some records, in order of position, against them: to find where a generation whose digest is wrong first differs. */
  locate?(db: Queryable, generation: number, records: readonly LedgerRecord[]): Promise<RowDifference | null>;
}

/** Where stored rows differ from what the log says. */
export interface RowDifference {
  /** Of the record, where it can be told. */
  position: string | null;
  account: string | null;
  expected: string;
  found: string;
}

/** A difference of two texts; null when they are equal. */
export function differs(
  expected: string,
  found: string,
  { position = null, account = null }: Partial<Pick<RowDifference, 'position' | 'account'>> = {},
): RowDifference | null {
  return expected === found ? null : { position, account, expected, found };
}

/** One event of an account that is left out. */
export interface PassedEvent {
  id: string;
  number: number;
  /** Of its record. */
  position: bigint;
  recordedAt: Micros;
  version: bigint;
  postedAfter: bigint;
  heldAfter: bigint;
}

/** Rows of single accounts: when records of an account are parked, those of all others go on. */
export interface AccountProjection<C = unknown> extends Common<C> {
  readonly scope: 'account';
  /** Whether every row is of one account, so that an account's rows can be made anew alone. */
  readonly repairsInPlace: boolean;
  /** The part of a change that is of some accounts, by number. */
  ofAccounts(change: C, includes: (accountNumber: number) => boolean): C;
  /** The change that moves accounts past a record which is left out; absent when its rows need none. The events moved no money. */
  passOver?(events: readonly PassedEvent[]): C;
}

/** Rows that many accounts make together: they hold before the first record that is parked. */
export interface LedgerProjection<C = unknown> extends Common<C> {
  readonly scope: 'ledger';
}

/**
 * One projection: a folder with its pure `project`, its set-based SQL and its test, and a line in the registry. Its tables depend on nothing but the log up to its
 * position, so each can be rebuilt alone.
 */
export type Projection<C = unknown> = AccountProjection<C> | LedgerProjection<C>;

/** What is stored of a generation contradicts what its log says: going on would make it worse. */
export class ProjectionError extends Error {
  override name = 'ProjectionError';
  readonly projection: string;
  readonly generation: number;
  constructor(projection: string, generation: number, message: string) {
    super(`${projection}: ${message}`);
    this.projection = projection;
    this.generation = generation;
  }
}
