import { describe, expect, it } from '@jest/globals';
import { Figures } from './figures.ts';

const VISIBLE = 'ledgers: commit to visible, p50';

describe('the figures of a run at scale', () => {
  it('are judged against their limit at full size only', () => {
    const figures = new Figures();
    figures.measured(VISIBLE, 61, false);
    expect(figures.isMet).toBe(true);
    figures.measured(VISIBLE, 60, true);
    expect(figures.isMet).toBe(true);
    figures.measured(VISIBLE, 61, true);
    expect(figures.isMet).toBe(false);
    expect(figures.all.map(({ verdict }) => verdict)).toEqual(['told', 'met', 'NOT MET']);
  });

  it('fail what was lost or doubled at every size', () => {
    for (const found of [9, 11]) {
      const figures = new Figures();
      figures.exact('records applied', found, 10, 'records', 'G6');
      expect(figures.isMet).toBe(false);
    }
  });

  it('fail what could not be measured, and a run without any', () => {
    const figures = new Figures();
    expect(figures.isMet).toBe(false);
    figures.measured('ledgers opened', Number.NaN, true);
    expect(figures.all[0]?.verdict).toBe('NOT MET');
  });
});
