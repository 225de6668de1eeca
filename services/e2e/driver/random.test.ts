import { describe, expect, it } from '@jest/globals';
import { Random } from './index.ts';
import { stateOf } from './random.ts';

const draw = (seed: number, stream: number, count = 8): number[] => {
  const random = new Random(seed, stream);
  return Array.from({ length: count }, () => random.whole(0, 1_000_000));
};

describe('repeatable chance', () => {
  it('repeats by seed and stream, and differs between them', () => {
    expect(draw(7, 3)).toEqual(draw(7, 3));
    const sequences = [draw(7, 3), draw(7, 4), draw(8, 3), draw(0, 0), draw(0, 1), draw(1, 0)].map(String);
    expect(new Set(sequences).size).toBe(sequences.length);
  });

  it.each([0, 1, 7, 0xffff_ffff])('streams of seed %i share no word of their states, in place or shifted', (seed) => {
    const words = Array.from({ length: 500 }, (_, stream) => [...stateOf(seed, stream)]).flat();
    expect(new Set(words).size).toBe(words.length);
  });

  it('is even: every value of a range about as often, its ends included', () => {
    const random = new Random(42);
    const counts = new Map<number, number>();
    for (let draws = 0; draws < 60_000; draws++) {
      const value = random.whole(-2, 3);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(random.whole(5, 5)).toBe(5);
  });

  it('follows weights, never one of zero', () => {
    const random = new Random(43);
    const counts = [0, 0, 0, 0];
    for (let draws = 0; draws < 40_000; draws++) counts[random.weighted([0, 1, 3, 0])]! += 1;
    expect([counts[0], counts[3]]).toEqual([0, 0]);
    expect(Math.abs(counts[1]! - 10_000)).toBeLessThan(500);
  });

  it('has a bell curve with mean 0 and deviation 1', () => {
    const random = new Random(44);
    const values = Array.from({ length: 20_000 }, () => random.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
});
