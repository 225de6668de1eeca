import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK_LEVEL_MAX, blockBits, completedBlocks, type BlockRange } from './corrections.ts';

const built = (before: number, now: number): BlockRange[] => [...completedBlocks(before, now)];
const rows = (blocks: readonly BlockRange[]): number => blocks.reduce((sum, { first, last }) => sum + last - first + 1, 0);

describe('blocks of corrections', () => {
  it('have the sizes that are stored: others need a migration', () => {
    const all = built(0, 2 ** blockBits(BLOCK_LEVEL_MAX));
    expect(
      all.every(({ level, block, first, last }) => last - first + 1 === 16 * 4 ** level && first === block * 16 * 4 ** level + 1),
    ).toBe(true);
    expect(all.map(({ level }) => level)).toContain(BLOCK_LEVEL_MAX);
  });

  it('are each built once, whatever the cut', () => {
    const cut = fc.array(fc.nat(5_000), { maxLength: 30 });
    fc.assert(
      fc.property(cut, (ends) => {
        const stops = [0, ...ends.sort((x, y) => x - y), 5_000];
        const cuts = stops.slice(1).flatMap((end, i) => built(stops[i] as number, end));
        const name = ({ level, block, first, last }: BlockRange): string => [level, block, first, last].join(' ');
        expect(cuts.map(name).sort()).toEqual(built(0, 5_000).map(name).sort());
      }),
    );
  });

  it('are some tens of thousands of rows at once at most, however many corrections there were before', () => {
    for (const blocks of [1, 2, 61, 6_104]) {
      const full = blocks * 2 ** blockBits(BLOCK_LEVEL_MAX);
      expect(built(full - 1, full).map(({ level }) => level)).toEqual([...Array(BLOCK_LEVEL_MAX + 1).keys()]);
      expect(rows(built(full - 1, full))).toBeLessThan(50_000);
    }
  });
});
