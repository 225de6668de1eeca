/** The guarantee of docs/concepts/guarantees.md that a check is about. */
export type Guarantee = 'G1' | 'G3' | 'G4' | 'G5' | 'G8';

export interface Difference {
  /** Name of the check that found it. */
  check: string;
  /** Null: of no single ledger. */
  ledger: string | null;
  /** Of the record concerned; null where it is of none. */
  position: string | null;
  account: string | null;
  /** What is there and what should be. */
  message: string;
}

export interface CheckResult {
  name: string;
  guarantee: Guarantee;
  /** What was held against something: records, events, rows. */
  count: number;
  /** Of the pass in which the check runs, beside the others of that pass. */
  seconds: number;
  ok: boolean;
}

/**
 * What can be said of a ledger. proven: all that is there is what the log says, up to the checkpoint. parked: records of it are parked, and rows of their accounts and of
 * projections of the whole ledger are proven up to the first of them only. behind: projections are not where the checkpoint is, and are proven where they are. diverged:
 * somebody discarded records, and projections lack them; all else is proven. different: there is a difference.
 */
export type LedgerState = 'proven' | 'parked' | 'behind' | 'diverged' | 'different';

export interface ParkedReport {
  records: number;
  /** Of them, those that were refused; the others wait behind them. */
  refused: number;
  /** Position of the first one. */
  since: string;
  accounts: number;
  /** Ids of the first of them, at most 100. */
  accountIds: string[];
}

export interface BehindReport {
  projection: string;
  position: string;
  /** Null: it catches up. */
  heldReason: string | null;
}

export interface DivergenceReport {
  position: string;
  projections: string[];
  /** Ids; none: the projections lack all of the record. */
  accounts: string[];
  reason: string;
  actor: string;
}

export interface LedgerReport {
  ledger: string;
  state: LedgerState;
  /** Position of the head, up to which the log was read. */
  head: string;
  /** Position of the read model at which it was compared; null: there is none, or nothing was applied yet. */
  readModel: string | null;
  records: number;
  entries: number;
  accounts: number;
  parked: ParkedReport | null;
  /** Projections that are not where the checkpoint is. */
  behind: BehindReport[];
  divergences: DivergenceReport[];
}

export interface VerifyReport {
  /** There is no difference. */
  ok: boolean;
  /** No difference, and nothing is parked, behind or discarded: every ledger is proven. */
  proven: boolean;
  /** The first one: of the smallest position in the first ledger that has any. */
  difference: Difference | null;
  /** At most as many as were asked for. */
  differences: Difference[];
  checks: CheckResult[];
  ledgers: LedgerReport[];
  /** What is no difference but worth knowing. */
  notes: string[];
  records: number;
  entries: number;
  seconds: number;
  recordsPerSecond: number;
  /** Most memory that the verifying process had. */
  peakRssMiB: number;
}

export interface VerifyProgress {
  records: number;
  recordsTotal: number;
  /** Of all the work, from 0 to 1. */
  share: number;
  recordsPerSecond: number;
  /** Null while it cannot be told. */
  secondsLeft: number | null;
  ledger: string;
}

export interface VerifyTarget {
  /** As a role that may read everything of the schemas ledger and directory. */
  ledgerUrl: string;
  /** The same of the schema read; null leaves the read model out. */
  readUrl: string | null;
}

export interface VerifyOptions {
  target: VerifyTarget;
  /** Ids; all if absent. */
  ledgers?: readonly string[];
  /** 1 if absent: the first one. */
  differencesMax?: number;
  /** Worker threads; absent: two, or none where there is little to read. */
  threads?: number;
  onProgress?: (progress: VerifyProgress) => void;
  signal?: AbortSignal;
}
