import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Frontier } from './merkle.ts';

const sha = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 9162 section 2.1.1, word for word: k is the largest power of two smaller than n. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

const leavesOf = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => sha(Buffer.of(0), Buffer.from(`leaf ${index}`)));
const append = (frontier: Frontier, leaves: readonly Buffer[]): Frontier => {
  for (const leaf of leaves) frontier.append(leaf.toString('hex'));
  return frontier;
};
const empty = (): Frontier => new Frontier(0n, new Uint8Array(0));

describe('the Merkle frontier', () => {
  it('has the root of the recursive definition at every size up to 130', () => {
    const leaves = leavesOf(130);
    const frontier = empty();
    expect(frontier.root()).toEqual(naiveRoot([]));
    leaves.forEach((leaf, index) => {
      frontier.append(leaf.toString('hex'));
      expect(frontier.root().toString('hex')).toBe(naiveRoot(leaves.slice(0, index + 1)).toString('hex'));
    });
  });

  it('goes on from its bytes wherever it is cut', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), (first, second) => {
        const leaves = leavesOf(first + second);
        const before = append(empty(), leaves.slice(0, first));
        const after = append(new Frontier(BigInt(first), before.toBytes()), leaves.slice(first));
        expect(after.root()).toEqual(append(empty(), leaves).root());
        expect(after.size).toBe(BigInt(first + second));
      }),
      { verbose: 1 },
    );
  });

  it('refuses bytes of another size', () => {
    expect(() => new Frontier(3n, Buffer.alloc(32))).toThrow(RangeError);
    expect(() => new Frontier(0n, Buffer.alloc(32))).toThrow(RangeError);
  });

  it('does not share memory with the bytes it was made from', () => {
    const bytes = append(empty(), leavesOf(1)).toBytes();
    const frontier = new Frontier(1n, bytes);
    const root = frontier.root().toString('hex');
    bytes.fill(0);
    expect(frontier.root().toString('hex')).toBe(root);
  });
});
