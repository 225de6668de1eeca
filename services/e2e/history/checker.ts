import { answer, doubled, foreign, lost, replay } from './checks/writes.ts';
import { arithmetic } from './checks/arithmetic.ts';
import { order } from './checks/order.ts';
import { wrongRead } from './checks/reads.ts';
import { recovery, tooLittle } from './checks/recovery.ts';
import { rules } from './checks/rules.ts';
import { backwards, staleRead } from './checks/stale.ts';
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

/** The name of the check that enough was seen for the others to say anything. */
const COVERAGE = 'coverage';

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
      summary.count += check.run(evidence, (fault, message, events) => {
        summary.violations += 1;
        if (++kept <= VIOLATIONS_KEPT_MAX) violations.push({ check: check.name, fault, ledger: ledger.id, message, events });
      });
    }
  }
  const missing = tooLittle(history);
  checks.push({ name: COVERAGE, guarantee: 'all', count: history.writes.length + history.reads.length, violations: missing.length });
  for (const message of missing) violations.push({ check: COVERAGE, fault: 'too little', ledger: '', message, events: [] });
  return { checks, violations };
}
