import type { Evidence } from '../evidence.ts';

export interface Violation {
  check: string;
  /** Which of the check's faults it is. */
  fault: string;
  ledger: string;
  /** One sentence. */
  message: string;
  /** The few operations and records that show it, a line each. */
  events: readonly string[];
}

/** A property of a history, looked at ledger by ledger. */
export interface Check<F extends string = string> {
  name: string;
  /** All that it may report, each by a short name: one spoilt history at least is kept for every one of them. */
  faults: readonly F[];
  /** What it holds the history against, of docs/concepts/guarantees.md. */
  guarantee: string;
  /** For the report: how many things were looked at. */
  run(evidence: Evidence, report: (fault: F, message: string, events: readonly string[]) => void): number;
}
