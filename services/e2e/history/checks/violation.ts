import type { Evidence } from '../evidence.ts';

export interface Violation {
  check: string;
  ledger: string;
  /** One sentence. */
  message: string;
  /** The few operations and records that show it, a line each. */
  events: readonly string[];
}

/** A property of a history, looked at ledger by ledger. */
export interface Check {
  name: string;
  /** What it holds the history against, of docs/concepts/guarantees.md. */
  guarantee: string;
  /** For the report: how many things were looked at. */
  run(evidence: Evidence, report: (message: string, events: readonly string[]) => void): number;
}
