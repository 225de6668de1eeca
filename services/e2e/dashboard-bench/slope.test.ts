import { expect, it } from '@jest/globals';
import { type Point, slopeOf } from './slope.ts';

it('is that of the line through the points, whatever its level', () => {
  const line = (slope: number, level: number): Point[] => [0, 1, 2, 3, 5].map((at) => [at, level + slope * at]);
  expect(slopeOf(line(0.3, 40))).toBeCloseTo(0.3);
  expect(slopeOf(line(-2, 0))).toBeCloseTo(-2);
  expect(slopeOf(line(0, 7))).toBe(0);
});

it('is not made by one point that is off in the middle, and is by steady growth', () => {
  expect(
    slopeOf([
      [0, 10],
      [1, 12],
      [2, 10],
    ]),
  ).toBeCloseTo(0);
  expect(
    slopeOf([
      [0, 10],
      [1, 12.9],
      [2, 16.1],
    ]),
  ).toBeCloseTo(3.05);
});

it('is none of a single time', () => {
  expect(() => slopeOf([[1, 2]])).toThrow(RangeError);
});
