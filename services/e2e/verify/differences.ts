import type { CheckName } from './checks.ts';
import type { Difference } from './types.ts';

/** A difference with its position as a number, to be put in order. */
export interface Finding {
  check: CheckName;
  position: number | null;
  account: string | null;
  message: string;
}

/** Of one position the log's own come first (what copies show follows from it), and among those the ones that name an account, because they say more. */
function rank({ check, account }: Finding): number {
  if (check.startsWith('read ') || check === 'checkpoint' || check === 'projection digests') return 2;
  return account === null ? 1 : 0;
}

function compare(a: Finding, b: Finding): number {
  const [left, right] = [a.position ?? Infinity, b.position ?? Infinity];
  if (left !== right) return left < right ? -1 : 1;
  return rank(a) - rank(b);
}

/** The first findings of one ledger, in the order of the log: those of smaller positions stay. */
export class Findings {
  readonly list: Finding[] = [];
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  get isFull(): boolean {
    return this.list.length >= this.max;
  }

  add(check: CheckName, position: number | null, account: string | null, message: string): void {
    this.addAll([{ check, position, account, message }]);
  }

  addAll(findings: readonly Finding[]): void {
    this.list.push(...findings);
    this.list.sort(compare);
    this.list.length = Math.min(this.list.length, this.max);
  }
}

export function differenceOf(ledger: string | null, { check, position, account, message }: Finding): Difference {
  return { check, ledger, position: position === null ? null : String(position), account, message };
}
