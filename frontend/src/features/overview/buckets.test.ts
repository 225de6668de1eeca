import { describe, expect, it } from '@jest/globals';
import { type Bucket, beginningOf, isRange, isSameSeries, pointsOf, rateFrom, rateOf } from './buckets.ts';

const NOW = Date.parse('2026-11-22T07:15:42.500Z');
const bucket = (startsAt: string, volume: string, transactions: number): Bucket => ({
  startsAt,
  currency: 'USD',
  transactions,
  entries: transactions * 2,
  volume,
  byType: {},
});

describe('the steps of the chart', () => {
  it('begin so many whole steps back that the last one is the one that runs', () => {
    expect(new Date(beginningOf('hour', NOW)).toISOString()).toBe('2026-11-22T06:16:00.000Z');
    expect(new Date(beginningOf('day', NOW)).toISOString()).toBe('2026-11-21T08:00:00.000Z');
    expect(new Date(beginningOf('month', NOW)).toISOString()).toBe('2026-10-24T00:00:00.000Z');
  });

  it('are all there, with what moved in theirs and nothing of before', () => {
    const fromMs = beginningOf('hour', NOW);
    const buckets = [
      bucket('2026-11-22T06:15:00.000000Z', '5.00', 1),
      bucket('2026-11-22T06:17:00.000000Z', '12345678901234567890.12', 2),
      bucket('2026-11-22T07:15:00.000000Z', '0.01', 3),
    ];
    const points = pointsOf(buckets, 'hour', fromMs);
    expect(points).toHaveLength(60);
    expect(points.filter(({ transactions }) => transactions > 0).map(({ at, volume }) => [at, volume])).toEqual([
      ['2026-11-22T06:17:00.000000Z', '12345678901234567890.12'],
      ['2026-11-22T07:15:00.000000Z', '0.01'],
    ]);
    expect(points[0]).toMatchObject({ at: '2026-11-22T06:16:00.000000Z', volume: '0', height: 0 });
  });

  it('stand in for those from another beginning, but not for those of another currency, length or ledger', () => {
    const asked = { ledger: 'shop', bucket: 'minute', currency: 'USD', from: '2026-11-22T06:16:00.000000Z' } as const;
    expect(isSameSeries(asked, { ...asked, from: '2026-11-22T06:15:00.000000Z' })).toBe(true);
    const others = [{ ...asked, currency: 'JPY' }, { ...asked, bucket: 'hour' as const }, { ...asked, ledger: 'other' }, undefined];
    expect(others.map((other) => isSameSeries(asked, other))).toEqual([false, false, false, false]);
  });

  it('have names that an address may have', () => {
    expect(['hour', 'day', 'month', 'year', 'toString', undefined].map(isRange)).toEqual([true, true, true, false, false, false]);
  });
});

describe('throughput', () => {
  it('is of five whole minutes and the one that runs', () => {
    const fromMs = rateFrom(NOW);
    expect(new Date(fromMs).toISOString()).toBe('2026-11-22T07:10:00.000Z');
    const buckets = [bucket('2026-11-22T07:11:00.000000Z', '1', 300), bucket('2026-11-22T07:15:00.000000Z', '1', 42)];
    const { count, perSecond } = rateOf(buckets, fromMs, NOW);
    expect(count).toBe(342);
    expect(perSecond).toBeCloseTo(342 / 342.5);
    // The clock of the answer may be before the first bucket.
    expect(rateOf([], fromMs, fromMs - 1_000).perSecond).toBe(0);
  });
});
