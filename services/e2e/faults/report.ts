import { table } from '../terminal/index.ts';
import type { RowResult } from './harness/result.ts';

const figure = (seconds: number | null): string => (seconds === null ? 'never' : seconds.toFixed(1));
const NONE = '';

export const isFailed = ({ outcome }: RowResult): boolean => outcome === 'failed';

function cells({ id, outcome, measured }: RowResult): string[] {
  if (measured === null) return [id, outcome];
  const { writes, lost, doubled, stale, wrong, recovery, gapSeconds } = measured;
  const counts = [writes.answered, lost, doubled, stale, wrong].map(String);
  const { since, writesSeconds, readsSeconds } = recovery;
  return [id, outcome, ...counts, figure(writesSeconds), figure(readsSeconds), since, figure(gapSeconds)];
}

/** For people at a terminal: a line a row, then what failed and why. */
export function renderResults(results: readonly RowResult[]): string {
  const head = ['row', 'outcome', 'answered', 'lost', 'doubled', 'stale', 'wrong', 'writes s', 'reads s', 'since', 'gap s'];
  const lines = [table(head, results.map(cells)), NONE];
  for (const { id, outcome, reasons, command } of results)
    if (outcome !== 'ok') lines.push(`${id} ${outcome}: ${reasons.join('\n') || 'no reason was found'}`, `  ${command}`, NONE);
  const failed = results.filter(isFailed).length;
  const impossible = results.filter(({ outcome }) => outcome === 'not possible').length;
  lines.push(`${results.length} rows: ${results.length - failed - impossible} ok, ${failed} failed, ${impossible} not possible here`);
  return `${lines.join('\n')}\n`;
}
