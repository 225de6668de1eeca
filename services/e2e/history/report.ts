import { table } from '../terminal/index.ts';
import type { HistoryReport } from './run.ts';

const VIOLATIONS_SHOWN_MAX = 8;
const EVENTS_SHOWN_MAX = 12;

function counts(counted: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counted).toSorted(([, a], [, b]) => b - a);
  return parts.length === 0 ? 'none' : parts.map(([name, count]) => `${name} ${count}`).join(', ');
}

function faultCounts({ faults }: HistoryReport): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { target, how } of faults) counted[`${how} of ${target}`] = (counted[`${how} of ${target}`] ?? 0) + 1;
  return counted;
}

/** The result for people: what was done, what was looked at, and the first violations with the few events that show them. */
export function renderReport(report: HistoryReport): string {
  const { writes, reads, violations } = report;
  const lines = [
    `Seed ${report.seed}, ${report.seconds.toFixed(1)} s, ledgers ${report.ledgers.join(', ')}`,
    `Writes    ${writes.operations}, in ${writes.attempts} requests: ${writes.ok} ok, ${writes.refused} refused, ${writes.unknown} unknown; never answered ${writes.neverAnswered}`,
    `Refusals  ${counts(report.refusals)}`,
    `Reads     ${reads.operations}: ${reads.ok} answered, ${reads.failed} not`,
    `Faults    ${report.faults.length}: ${counts(faultCounts(report))}`,
    `Records   ${report.records}`,
    '',
    table(
      ['check', 'guarantee', 'looked at', 'violations'],
      report.checks.map((check) => [check.name, check.guarantee, String(check.count), String(check.violations)]),
    ),
    '',
  ];
  // One of each check that found something: more of the same say little.
  const shown = violations.filter(({ check }, index) => violations.findIndex((other) => other.check === check) === index);
  for (const { check, ledger, message, events } of shown.slice(0, VIOLATIONS_SHOWN_MAX)) {
    lines.push(`VIOLATION (${check}, ledger ${ledger}): ${message}`, ...events.slice(0, EVENTS_SHOWN_MAX), '');
  }
  lines.push(report.ok ? 'No violation.' : `${report.checks.reduce((sum, check) => sum + check.violations, 0)} violations.`);
  return `${lines.join('\n')}\n`;
}
