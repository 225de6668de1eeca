import type { AccountResult } from './account-pass.ts';
import type { CheckName, Counts } from './checks.ts';
import type { Snapshot } from './connections.ts';
import type { Findings } from './differences.ts';
import type { KeyResult } from './key-pass.ts';
import type { Checkpoint, Head } from './ledgers.ts';
import type { LogResult } from './log-result.ts';
import type { ReadSide } from './read-side.ts';

/** What the passes made of one ledger, beside the rows that sum it up. */
export interface Conclusion {
  head: Head;
  checkpoint: Checkpoint | null;
  /** Null: there is no read model. */
  side: ReadSide | null;
  log: LogResult;
  accounts: AccountResult;
  keys: KeyResult;
  ledger: Snapshot;
  read: Snapshot | null;
  findings: Findings;
  counts: Counts;
}

/** One row beside what the log says of it. */
export class Comparison {
  private readonly of: Conclusion;
  private readonly position: number | null;
  private readonly what: string;

  constructor(of: Conclusion, position: number | null, what: string) {
    this.of = of;
    this.position = position;
    this.what = what;
  }

  same(check: CheckName, field: string, found: unknown, expected: unknown): void {
    this.of.counts[check] = (this.of.counts[check] ?? 0) + 1;
    if (found !== expected)
      this.of.findings.add(check, this.position, null, `${this.what} says ${field} ${String(found)}, the log says ${String(expected)}`);
  }
}

/** Currencies in one order, to be compared as a text. */
export function list(rows: readonly { code: string; scale: number; position?: number }[]): string {
  return rows
    .map(({ code, scale, position }) => `${code}/${scale}${position === undefined ? '' : `@${position}`}`)
    .sort()
    .join(' ');
}
