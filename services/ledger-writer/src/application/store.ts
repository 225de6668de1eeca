import type { Micros } from '@ledgerflow/contracts';
import type { Account, BatchView, BatchWrites, Head, Needs } from '../domain/state.ts';

export type { BatchWrites } from '../domain/state.ts';

/** Where a ledger lives. Made by the directory, immutable but for the epoch (which is read from the head). */
export interface LedgerLocation {
  ledger: string;
  uuid: string;
  number: number;
  cluster: string;
  slot: number;
}

/** An account read outside a batch, with the head it was read at. */
export interface AccountReading {
  account: Account;
  name: string | null;
  metadata: Record<string, unknown> | null;
  scale: number;
  head: Head;
}

/**
 * The log and its inline snapshot. One contract test runs against every implementation (PostgreSQL and in memory).
 *
 * Errors: `transact` throws what `decide` throws and changes nothing then; it throws StoreUnavailableError when the outcome is "nothing happened" for want of a
 * connection or a lock, its subclass BatchTooSlowError when time ran out before the commit, ReplaysTooLargeError when more than one key was asked for and what
 * they stand for is too much at once, and OutcomeUnknownError when the connection was lost during COMMIT and the keys could not be looked up again.
 */
export interface LedgerStore {
  /** Lock the head, read the needs, call decide (synchronous, pure) and write its result, all in one transaction; resolves after commit. A null result writes nothing. */
  transact<T>(location: LedgerLocation, needs: Needs, decide: (view: BatchView) => { writes: BatchWrites | null; result: T }): Promise<T>;
  /** Records after a position in order, as JSON text, at most `limit` of them and about `bytesMax` bytes. */
  readLog(location: LedgerLocation, after: bigint, to: bigint | null, limit: number, bytesMax: number): Promise<string[]>;
  /** Records that touched an account after a version of it, in order, bounded likewise. */
  readStream(location: LedgerLocation, account: string, afterVersion: bigint, limit: number, bytesMax: number): Promise<string[]>;
  readAccount(location: LedgerLocation, account: string): Promise<AccountReading | null>;
  readHead(location: LedgerLocation): Promise<Head | null>;
  /** The last position recorded at or before `time`, final even if the database clock steps back later; null when it has not passed that time yet. */
  resolveTime(location: LedgerLocation, time: Micros): Promise<{ position: bigint; epoch: number } | null>;
}

/** The one global table: ledger → uuid, number, cluster, slot. */
export interface LedgerDirectory {
  /** Finds or allocates a place for a ledger id; idempotent. Nothing is open until the ledger's first record is committed. */
  allocate(ledger: string): Promise<LedgerLocation>;
  find(ledger: string): Promise<LedgerLocation | null>;
  /** Locations of all open ledgers, or of some slots. */
  list(slots?: readonly number[]): Promise<LedgerLocation[]>;
}
