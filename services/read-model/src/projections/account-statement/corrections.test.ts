import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK_LEVEL_MAX, blockBits, completedBlocks } from './corrections.ts';

type Block = ReturnType<typeof completedBlocks>[number];
const rows = (blocks: readonly Block[]): number => blocks.reduce((sum, { first, last }) => sum + last - first + 1, 0);

describe('blocks of corrections', () => {
  it('have the sizes that are stored: others need a migration', () => {
    const built = completedBlocks(0, 2 ** blockBits(BLOCK_LEVEL_MAX));
    expect(
      built.every(({ level, block, first, last }) => last - first + 1 === 16 * 4 ** level && first === block * 16 * 4 ** level + 1),
    ).toBe(true);
    expect(built.map(({ level }) => level)).toContain(BLOCK_LEVEL_MAX);
  });

  it('are each built once, whatever the cut', () => {
    const cut = fc.array(fc.nat(5_000), { maxLength: 30 });
    fc.assert(
      fc.property(cut, (ends) => {
        const stops = [0, ...ends.sort((x, y) => x - y), 5_000];
        const built = stops.slice(1).flatMap((end, i) => completedBlocks(stops[i] as number, end));
        const name = ({ level, block, first, last }: Block): string => [level, block, first, last].join(' ');
        expect(built.map(name).sort()).toEqual(completedBlocks(0, 5_000).map(name).sort());
      }),
    );
  });

  it('are some tens of thousands of rows at once at most, however many corrections there were before', () => {
    for (const blocks of [1, 2, 61, 6_104]) {
      const full = blocks * 2 ** blockBits(BLOCK_LEVEL_MAX);
      expect(completedBlocks(full - 1, full).map(({ level }) => level)).toEqual([...Array(BLOCK_LEVEL_MAX + 1).keys()]);
      expect(rows(completedBlocks(full - 1, full))).toBeLessThan(50_000);
    }
  });
});
