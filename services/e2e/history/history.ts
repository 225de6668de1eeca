import type { FreezeScope, LedgerRecord } from '@ledgerflow/contracts';

/** Amounts are minor units. */
export interface Posting {
  from: string;
  to: string;
  amount: bigint;
}

/** What a client asks for. Money has one form whatever its route: transactions of postings, with @world written out for deposits and withdrawals. */
export type Command =
  | {
      kind: 'move';
      route: 'deposit' | 'withdrawal' | 'transfer' | 'transaction' | 'batch';
      transactions: readonly (readonly Posting[])[];
      /** If-Match of a deposit or a withdrawal. */
      expected: { account: string; version: bigint } | null;
    }
  | { kind: 'freeze'; account: string; scope: FreezeScope }
  | { kind: 'unfreeze'; account: string };

/** answer: the JSON that would have to come again under the key; for a refusal without its requestId. replayed: what the answer said of itself, null when it says nothing. */
export type WriteOutcome =
  | { kind: 'ok'; answer: string; replayed: boolean | null }
  | { kind: 'refused'; status: number; code: string; answer: string; replayed: boolean | null }
  | { kind: 'unknown'; reason: string };

/** One request. Times are milliseconds on the one monotonic clock of the process that records. */
export interface Attempt {
  requestId: string;
  client: number;
  invokedMs: number;
  endedMs: number;
  outcome: WriteOutcome;
}

/** One command under one key, with every request that was made for it. */
export interface Write {
  id: number;
  ledger: string;
  /** The client as whose principal it is asked, whoever asks. */
  owner: number;
  key: string;
  /** The key as the log has it. */
  storedKey: string;
  command: Command;
  /** The write whose key this one takes although it asks for something else; null for all others. */
  reuses: number | null;
  attempts: Attempt[];
}

/** A page that goes on where another ended. The cursor is what the page before said of its end. */
export interface PageEnd {
  position: bigint;
  index: number;
  cursor: string;
}

export type ReadQuestion =
  | { kind: 'balance'; account: string }
  | { kind: 'balance-at'; account: string; at: string }
  | { kind: 'entries'; account: string; from: string; limit: number; after: PageEnd | null }
  | { kind: 'log'; after: bigint; limit: number };

export interface Read {
  id: number;
  ledger: string;
  client: number;
  question: ReadQuestion;
  /** The position of the consistency token that was sent along; null without one. */
  token: bigint | null;
  /** Asked when all faults were over: it has to be answered. */
  isFinal: boolean;
  invokedMs: number;
  endedMs: number;
  outcome: { kind: 'ok'; answer: string } | { kind: 'failed'; reason: string };
}

/** Of processes: what the random faults of a history come from. */
export type FaultKind = 'writer' | 'postgres' | 'broker' | 'builder' | 'gateway';

export interface Fault {
  kind: FaultKind | 'other';
  target: string;
  how: 'kill' | 'pause' | 'other';
  /** Whether the ledgers were in a new epoch from then on: tokens of before may be refused as superseded. */
  raisesEpoch?: boolean;
  beganMs: number;
  /** When the process ran again. */
  endedMs: number;
  /** When writes were answered again; null if they were not within the bound. */
  recoveredMs: number | null;
}

/** A ledger of the run; records up to seededTo opened it and its accounts. */
export interface CheckedLedger {
  id: string;
  seededTo: bigint;
}

export interface History {
  seed: number;
  ledgers: readonly CheckedLedger[];
  writes: readonly Write[];
  reads: readonly Read[];
  faults: readonly Fault[];
}

/** What the checks look at of a record. */
export type LogRecord = Pick<
  LedgerRecord,
  | 'position'
  | 'epoch'
  | 'type'
  | 'actor'
  | 'key'
  | 'correlationId'
  | 'causationId'
  | 'recordedAt'
  | 'effectiveAt'
  | 'scales'
  | 'details'
  | 'transactions'
  | 'events'
>;

/** Answered for good: the outcome is known. */
export function isAnswered(attempt: Attempt): boolean {
  return attempt.outcome.kind !== 'unknown';
}

/** The first answer that is known, by the time it came. */
export function firstAnswer(write: Write): Attempt | null {
  let first: Attempt | null = null;
  for (const attempt of write.attempts) if (isAnswered(attempt) && (first === null || attempt.endedMs < first.endedMs)) first = attempt;
  return first;
}
