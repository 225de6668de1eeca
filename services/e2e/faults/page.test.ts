import { describe, expect, it } from '@jest/globals';
import { renderPage } from './page.ts';
import { rowResult } from './results.fixture.ts';

const FACTS = { day: '2026-11-21', seed: 7, machine: '2 cores, 24 GB', seconds: 3 };
const rowOf = (page: string, title: string): string => page.split('\n').find((line) => line.startsWith(`| **${title}`)) ?? '';
/** Cells of a line of the table; a bar within a cell is escaped. */
const cells = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

describe('the page of the fault experiments', () => {
  it('has a row of ten cells for each fault, with the command that repeats it', () => {
    const page = renderPage([rowResult()], FACTS);
    expect(page).toContain('2026-11-21, seed 7, 2 cores, 24 GB');
    expect(page).toContain('Nothing was lost, doubled, stale or wrong, and all came back.');
    expect(cells(rowOf(page, 'Gateway'))).toEqual([
      '**Gateway killed.** It was killed \\| three times.',
      '1000 writes and 400 reads with a token answered; 20 writes in the 3.0 s of the fault; longest gap 1.3 s',
      '0',
      '0',
      '0',
      '0',
      '1.2 s (begin)',
      '2.5 s',
      'no',
      '`npm run faults -- --rows=gateway-killed --seed=7`',
    ]);
  });

  it('shows what failed, and what did not come back', () => {
    const recovery = { since: 'end' as const, writesSeconds: 0.3, readsSeconds: null };
    const failed = rowResult({ outcome: 'failed', reasons: ['stale read: …'] }, { stale: 2, recovery });
    const page = renderPage([failed, rowResult({ id: 'writer-killed', title: 'Writer killed' })], FACTS);
    expect(page).toContain('**1 of them failed: gateway-killed.**');
    expect(cells(rowOf(page, 'Gateway')).slice(4, 8)).toEqual(['**2**', '0', '0.3 s (end)', '**never**']);
    expect(rowOf(page, 'Gateway')).toContain('**did not recover**');
  });

  it('says what was not possible, and why, and what a human has to do', () => {
    const impossible = rowResult({ outcome: 'not possible', measured: null, reasons: ['no tmpfs here\nmount: denied'] });
    const page = renderPage([impossible, rowResult({ id: 'b', title: 'B', human: 'Yes: make room.', notes: ['seen'] })], FACTS);
    expect(page).toContain('Not possible on that machine: gateway-killed.');
    expect(cells(rowOf(page, 'Gateway'))[1]).toBe('not possible: no tmpfs here');
    expect(cells(rowOf(page, 'B'))[8]).toBe('Yes: make room.');
    expect(cells(rowOf(page, 'B'))[1]).toContain('. seen');
  });
});
