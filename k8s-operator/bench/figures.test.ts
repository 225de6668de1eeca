import { expect, it } from '@jest/globals';
import { growthPercent, isMet, quantile } from './figures.ts';

const figure = (value: number, below: number | null) => ({ name: 'n', value, unit: 's', below, note: '' });

it('a figure without a value does not meet its target', () => {
  expect([isMet(figure(59, 60)), isMet(figure(60, 60)), isMet(figure(Number.NaN, 60)), isMet(figure(60, null))]).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

it('quantiles are values that were seen', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1), quantile([7], 0.99)]).toEqual([50, 99, 100, 7]);
  expect(quantile([], 0.5)).toBeNaN();
});

it('growth compares the ends', () => {
  expect(growthPercent([100, 100, 500, 1, 110, 110])).toBeCloseTo(10);
  expect(growthPercent([100, 200, 300])).toBeCloseTo(200);
  expect(growthPercent([1, 2])).toBeNaN();
});
