import { answer, doubled, foreign, lost, replay } from './checks/writes.ts';
import { arithmetic, order } from './checks/order.ts';
import { backwards, recovery, staleRead, wrongRead } from './checks/reads.ts';
import { rules } from './checks/rules.ts';
import type { Check, Violation } from './checks/violation.ts';
import { gather } from './evidence.ts';
import type { History, LogRecord } from './history.ts';

export const CHECKS: readonly Check[] = [
  lost,
  doubled,
  foreign,
  answer,
  replay,
  order,
  arithmetic,
  rules,
  staleRead,
  wrongRead,
  backwards,
  recovery,
];

export interface CheckSummary {
  name: string;
  guarantee: string;
  /** What it looked at: writes, records, reads. */
  count: number;
  violations: number;
}

/** Kept of each check and ledger: the first ones show what there is to see. */
const VIOLATIONS_KEPT_MAX = 20;

/** Holds a recorded history against the logs it led to, by ledger. Pure: no clock, no I/O. */
export function checkHistory(
  history: History,
  logs: ReadonlyMap<string, readonly LogRecord[]>,
): { checks: CheckSummary[]; violations: Violation[] } {
  const checks = CHECKS.map(({ name, guarantee }): CheckSummary => ({ name, guarantee, count: 0, violations: 0 }));
  const violations: Violation[] = [];
  for (const ledger of history.ledgers) {
    const evidence = gather(history, ledger, logs.get(ledger.id) ?? []);
    for (const [index, check] of CHECKS.entries()) {
      const summary = checks[index] as CheckSummary;
      let kept = 0;
      summary.count += check.run(evidence, (message, events) => {
        summary.violations += 1;
        if (++kept <= VIOLATIONS_KEPT_MAX) violations.push({ check: check.name, ledger: ledger.id, message, events });
      });
    }
  }
  return { checks, violations };
}
