import type { AccountSnapshot, AccountTerms, Details, LedgerRecord, Micros, Refusal } from '@ledgerflow/contracts';
import type { Command } from '@ledgerflow/contracts/grpc';

/** One account as the log has it so far; also the row of the inline snapshot. Amounts are minor units. */
export interface Account extends AccountSnapshot {
  number: number;
  currency: string;
  ownerId: string | null;
}

/** What an account event without an entry states in full. */
export function termsOf(account: Account): AccountTerms {
  const { status, freezeScope, minBalance, maxBalance, ownerId } = account;
  return { status, freezeScope, minBalance, maxBalance, ownerId };
}

/** The end of one ledger's log. position 0 and zero hashes before the first record. */
export interface Head {
  ledger: string;
  number: number;
  uuid: string;
  epoch: number;
  position: bigint;
  recordedAt: Micros;
  /** Hash of the last record, 64 hex digits. */
  recordHash: string;
  /** Merkle frontier of `position` leaves (contracts, evidence/merkle.ts). */
  frontier: Uint8Array;
  entryDigest: bigint;
  accountDigest: bigint;
  /** How many accounts were opened; the next one gets this + 1 as its number. */
  accountCount: number;
}

/** A command on its way in, with all that is not pure already done: keys and fingerprint hashed, salt drawn, text parsed. */
export interface Submission {
  command: Command;
  /** Principal id, the actor of the record. */
  actor: string;
  /** 32 hex digits each. */
  key: string;
  fingerprint: string;
  /** Salt for the details of each transaction (index 0 also for the record itself): drawn by the application, 32 hex digits, as many as are needed. */
  salts: readonly string[];
}

/** What was decided earlier under a key. */
export type StoredOutcome =
  | { kind: 'record'; fingerprint: string; position: bigint; /** JSON text of the record. */ record: string }
  | { kind: 'refusal'; fingerprint: string; refusal: Refusal };

/** What a batch has to read before it can be decided: exactly what its commands name. */
export interface Needs {
  /** Account ids, the world accounts of the deposits and withdrawals included. */
  accounts: readonly string[];
  keys: readonly string[];
  externalIds: readonly string[];
}

/** All that was read under the head lock. Ids that are absent from a map do not exist. */
export interface BatchView {
  head: Head;
  /** The recorded_at of the first record: greatest(database clock, head.recordedAt + 1 µs, the last time that was resolved + 1 µs). */
  now: Micros;
  currencies: ReadonlyMap<string, number>;
  accounts: ReadonlyMap<string, Account>;
  outcomes: ReadonlyMap<string, StoredOutcome>;
  /** externalId → transaction id. */
  externalIds: ReadonlyMap<string, string>;
}

export interface StoredRefusal {
  key: string;
  fingerprint: string;
  actor: string;
  refusal: Refusal;
  recordedAt: Micros;
}

/** An account after a batch, with the free text that its row shows when the batch set any. */
export interface AccountWrite {
  account: Account;
  opened: boolean;
  details: Pick<Details, 'name' | 'metadata'> | null;
}

/** What a batch leaves at the end of the log, when its records have their hashes. */
export interface SealedBatch {
  head: Head;
  /** The records as JSON text. */
  recordTexts: readonly string[];
}

/**
 * All that one batch writes, in one transaction. What needs no hash is there at once, so that a store can have the database work on it while the batch is sealed.
 */
export interface BatchWrites {
  /** In order of position. `hash` and `previousHash` are empty until the batch is sealed. */
  records: readonly LedgerRecord[];
  accounts: readonly AccountWrite[];
  currencies: readonly { code: string; scale: number }[];
  refusals: readonly StoredRefusal[];
  /** Hashes the records, renders them and adds up the head after them; done once, however often it is asked for. */
  seal: () => SealedBatch;
}
