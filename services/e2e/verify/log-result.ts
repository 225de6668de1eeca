import type { Counts } from './checks.ts';
import type { Finding } from './differences.ts';
import type { LogTimesTally } from './log-times.ts';

/** The log at one position, as far as its end tells: what the head, the read model's checkpoint or one of its projections has to say of it. */
export interface LogEnd {
  position: number;
  epoch: number;
  hash: string;
  recordedAt: number;
  entryDigest: bigint;
  entries: number;
  accountEvents: number;
  transactions: number;
}

export interface LogResult {
  findings: Finding[];
  counts: Counts;
  /** The pass read the log to its end; the rest means something only then. */
  isComplete: boolean;
  end: LogEnd;
  /** By position, where the read model's checkpoint and its projections are; without those that the log does not reach. */
  ends: ReadonlyMap<number, LogEnd>;
  frontier: string;
  /** Digests of the last record. */
  lastDigests: [entry: string | null, account: string | null];
  accountsOpened: number;
  externalIds: number;
  openedAt: number;
  currencies: { code: string; scale: number; position: number }[];
  /** Null after a difference in it. */
  logTimes: LogTimesTally | null;
}
