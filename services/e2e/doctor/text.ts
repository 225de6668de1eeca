import type { Report } from './examine.ts';
import type { Status } from './finding.ts';

const MARKS: Readonly<Record<Status, string>> = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL', skipped: '–   ' };

/** For people: a line a finding, what to do below those that ask for it. */
export function summary({ installation, findings, counts, ok }: Report): string {
  const lines = [`LedgerFlow: ${installation}`];
  let check = '';
  for (const finding of findings) {
    if (finding.check !== check) lines.push('', finding.check);
    check = finding.check;
    lines.push(`  ${MARKS[finding.status]}  ${finding.subject}: ${finding.message}`);
    if (finding.advice !== undefined) lines.push(`        → ${finding.advice}`);
  }
  const total = `${counts.ok} ok, ${counts.warn} to look at, ${counts.fail} wrong${counts.skipped > 0 ? `, ${counts.skipped} not looked at` : ''}`;
  lines.push(
    '',
    ok ? `Nothing ${counts.skipped > 0 ? 'that was looked at ' : ''}is wrong: ${total}.` : `Something is wrong: ${total}.`,
    '',
  );
  return lines.join('\n');
}
