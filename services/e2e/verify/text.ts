import { table } from '../terminal/index.ts';
import type { VerifyProgress, VerifyReport } from './types.ts';

const number = (value: number): string => Math.round(value).toLocaleString('en-US');

export function progressLine({ ledger, records, recordsTotal, share, recordsPerSecond, secondsLeft }: VerifyProgress): string {
  const left = secondsLeft === null ? '' : `  ${Math.ceil(secondsLeft)} s left`;
  return `${ledger}  ${number(records)} of ${number(recordsTotal)} records  ${(share * 100).toFixed(0)} %  ${number(recordsPerSecond)} records/s${left}`;
}

/** The report for people. */
export function summary(report: VerifyReport): string {
  const rows = report.checks.map(({ name, guarantee, count, seconds, ok }) => [
    name,
    guarantee,
    number(count),
    seconds.toFixed(1),
    ok ? (count === 0 ? '–' : 'holds') : 'DIFFERS',
  ]);
  const lines = [table(['check', 'for', 'checked', 'seconds', ''], rows), ''];
  for (const { ledger, head, readModel } of report.ledgers)
    if (readModel !== head)
      lines.push(
        `The read model of ${ledger} was compared at ${readModel === null ? 'nothing, it has none yet' : `position ${readModel}`}; the log ends at ${head}.`,
      );
  const total = `${number(report.records)} records with ${number(report.entries)} entries of ${number(report.ledgers.length)} ledgers in ${report.seconds.toFixed(1)} s (${number(report.recordsPerSecond)} records/s, ${number(report.peakRssMiB)} MiB)`;
  if (report.ok) lines.push(`Everything holds: ${total}.`);
  else {
    lines.push(`Read ${total}.`);
    for (const { check, ledger, position, account, message } of report.differences)
      lines.push(
        `DIFFERENCE  check ${check}${ledger === null ? '' : `  ledger ${ledger}`}${position === null ? '' : `  position ${position}`}${account === null ? '' : `  account ${account}`}\n  ${message}`,
      );
  }
  return `${lines.join('\n')}\n`;
}
