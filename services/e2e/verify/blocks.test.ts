import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { completedBlocks } from '@ledgerflow/read-model/projections';
import { blockBits, blocksOf } from './blocks.ts';

it('expects the blocks that the builder makes, however the corrections came to it', () => {
  const few = fc.integer({ min: 0, max: 4 * 2 ** blockBits(2) });
  fc.assert(
    fc.property(few, few, (before, more) => {
      const made = [...completedBlocks(0, before), ...completedBlocks(before, before + more)];
      made.sort((a, b) => a.level - b.level || a.block - b.block);
      expect([...blocksOf(before + more)]).toEqual(made);
    }),
  );
});
