// By its path: the package shows what writes the read model to the builder alone, which has no use for these numbers.
import { blockBits, BLOCK_LEVEL_MAX } from '@ledgerflow/read-model/projections';

export { blockBits, BLOCK_LEVEL_MAX };

export interface Block {
  level: number;
  block: number;
  /** Ordinals of its corrections. */
  first: number;
  last: number;
}

/** The blocks that an account with so many corrections has, one by one in the order of their rows: of a long account all of them would not be constant memory. */
export function* blocksOf(corrections: number): Generator<Block> {
  for (let level = 0; level <= BLOCK_LEVEL_MAX; level++) {
    const size = 2 ** blockBits(level);
    for (let block = 0; (block + 1) * size <= corrections; block++)
      yield { level, block, first: block * size + 1, last: (block + 1) * size };
  }
}
