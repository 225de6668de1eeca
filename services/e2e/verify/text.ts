import { table } from '../terminal/index.ts';
import type { LedgerReport, VerifyProgress, VerifyReport } from './types.ts';

const ACCOUNTS_SHOWN_MAX = 10;

const number = (value: number): string => Math.round(value).toLocaleString('en-US');

export function progressLine({ ledger, records, recordsTotal, share, recordsPerSecond, secondsLeft }: VerifyProgress): string {
  const left = secondsLeft === null ? '' : `  ${Math.ceil(secondsLeft)} s left`;
  return `${ledger}  ${number(records)} of ${number(recordsTotal)} records  ${(share * 100).toFixed(0)} %  ${number(recordsPerSecond)} records/s${left}`;
}

/** What is not proven of a ledger, a line each. */
function reservations({ ledger, readModel, parked, behind, divergences }: LedgerReport): string[] {
  const lines: string[] = [];
  if (parked !== null) {
    const { records, refused, since, accounts, accountIds } = parked;
    const named = accountIds.slice(0, ACCOUNTS_SHOWN_MAX);
    const more = accounts > named.length ? ` and ${number(accounts - named.length)} more` : '';
    const rows = accounts === 0 ? '' : `; rows of ${named.join(', ')}${more} are proven up to their first parked record only`;
    lines.push(
      `PARKED      ledger ${ledger}  ${number(records)} records from position ${since} on, of which ${number(refused)} were refused${rows}.`,
    );
  }
  for (const { projection, position, heldReason } of behind)
    lines.push(
      `BEHIND      ledger ${ledger}  ${projection} was compared at position ${position}, the checkpoint is at ${readModel}: ${heldReason ?? 'it catches up'}.`,
    );
  for (const { position, projections, accounts, reason, actor } of divergences)
    lines.push(
      `DIVERGED    ledger ${ledger}  position ${position}${accounts.length === 0 ? '' : `  account ${accounts.join(', ')}`}\n  ${projections.join(', ')} lack it: ${actor} discarded it: ${reason}`,
    );
  return lines;
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
  lines.push(...report.ledgers.flatMap(reservations), ...report.notes.map((note) => `NOTE        ${note}.`));
  const total = `${number(report.records)} records with ${number(report.entries)} entries of ${report.ledgers.length === 1 ? '1 ledger' : `${number(report.ledgers.length)} ledgers`} in ${report.seconds.toFixed(1)} s (${number(report.recordsPerSecond)} records/s, ${number(report.peakRssMiB)} MiB)`;
  if (report.proven) lines.push(`Everything holds: ${total}.`);
  else if (report.ok) lines.push(`Nothing differs, but not everything is proven: ${total}.`);
  else {
    lines.push(`Read ${total}.`);
    for (const { check, ledger, position, account, message } of report.differences)
      lines.push(
        `DIFFERENCE  check ${check}${ledger === null ? '' : `  ledger ${ledger}`}${position === null ? '' : `  position ${position}`}${account === null ? '' : `  account ${account}`}\n  ${message}`,
      );
  }
  return `${lines.join('\n')}\n`;
}
