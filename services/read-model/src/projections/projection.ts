import type { LedgerRecord } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';

/** Rows of one ledger in a projection and the sum of their digests (contracts, evidence/encoding.ts). In a batch: what it adds; negative terms wrap. */
export interface Tally {
  rows: number;
  digest: bigint;
}

/** One ledger's changes of a batch, in order of position: one per record. */
export interface LedgerChanges<C> {
  ledger: number;
  changes: readonly C[];
}

/**
 * One projection: a folder with its pure `project`, its set-based SQL and its test, and a line in the registry. Its tables depend on nothing but the log up to the
 * checkpoint, so each can be rebuilt alone.
 */
export interface Projection<C = unknown> {
  readonly name: string;
  /** The row changes of one record. Pure. Throws when the record can not be what it claims: then it is a poison record. */
  project(record: LedgerRecord): C;
  /**
   * Writes the changes of a batch in few statements. Runs in the transaction that holds the ledgers' checkpoints, so nobody else writes these ledgers' rows.
   * Answers what each ledger gained. Throws ProjectionError for a ledger whose rows contradict the changes.
   */
  apply(db: Queryable, batch: readonly LedgerChanges<C>[]): Promise<ReadonlyMap<number, Tally>>;
  /** Rows and digest of a ledger from what is stored. Reads in pages, inside the caller's snapshot. */
  recompute(db: Queryable, ledger: number): Promise<Tally>;
}

/** What is stored of a ledger contradicts what its log says: going on would make it worse. */
export class ProjectionError extends Error {
  override name = 'ProjectionError';
  readonly ledger: number;
  constructor(projection: string, ledger: number, message: string) {
    super(`${projection}: ${message}`);
    this.ledger = ledger;
  }
}
