import { expect, it } from '@jest/globals';
import type { Entry } from '@ledgerflow/client';
import fc from 'fast-check';
import { fromMicros } from '../../../ui/time/micros.ts';
import { sumOf } from '../../../ui/money/sum.ts';
import { balanceAt, drawn, effectivePoints, indexAt, neighbour, recordedPoints } from './series.ts';

const BASE = 1_795_000_000_000_000;
const made = (rows: readonly { amount: string; recorded: number; effective: number }[]): Entry[] => {
  let balance = '0';
  return rows.map(({ amount, recorded, effective }, index) => {
    balance = sumOf([balance, amount]);
    return {
      position: String(index),
      index: 0,
      amount,
      balanceAfter: balance,
      recordedAt: fromMicros(BASE + recorded),
      effectiveAt: fromMicros(BASE + effective),
    } as Entry;
  });
};

it('is on either axis the sum of the entries up to a time', () => {
  const row = fc.record({
    amount: fc.integer({ min: -500, max: 500 }).map((cents) => (cents / 100).toFixed(2)),
    recorded: fc.integer({ min: 0, max: 30 }),
    effective: fc.integer({ min: -30, max: 30 }),
  });
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 30 }),
      fc.integer({ min: -31, max: 31 }),
      fc.integer({ min: 0, max: 31 }),
      (rows, time, known) => {
        const sorted = rows.toSorted((a, b) => a.recorded - b.recorded);
        const entries = made(sorted);
        const sum = (those: typeof sorted): number => those.reduce((total, { amount }) => total + Math.round(Number(amount) * 100), 0);
        const at = (points: ReturnType<typeof recordedPoints>): number => {
          const index = indexAt(points, BASE + time);
          return index === -1 ? 0 : Math.round(Number(points[index]?.balance) * 100);
        };
        expect(at(recordedPoints(entries))).toBe(sum(sorted.filter(({ recorded }) => recorded <= time)));
        expect(at(effectivePoints(entries, null))).toBe(sum(sorted.filter(({ effective }) => effective <= time)));
        expect(at(effectivePoints(entries, fromMicros(BASE + known)))).toBe(
          sum(sorted.filter(({ effective, recorded }) => effective <= time && recorded <= known)),
        );
      },
    ),
  );
});

it('steps to the next point on each side and never to the one it is on', () => {
  const points = [10, 20, 30].map((micros) => ({ micros, balance: String(micros) }));
  expect([5, 10, 11, 30].map((at) => neighbour(points, at, 1)?.micros)).toEqual([10, 20, 20, undefined]);
  expect([5, 10, 11, 31].map((at) => neighbour(points, at, -1)?.micros)).toEqual([undefined, undefined, 10, 30]);
});

it('draws a span from the balance before it to its end', () => {
  const points = [10, 20, 30].map((micros) => ({ micros, balance: String(micros) }));
  const times = (from: number, to: number): string[] =>
    drawn(points, { from, to }, '0').map(({ micros, balance }) => `${micros}:${balance}`);
  expect(times(0, 40)).toEqual(['0:0', '10:10', '20:20', '30:30', '40:30']);
  expect(times(15, 25)).toEqual(['15:10', '20:20', '25:20']);
  expect(times(21, 25)).toEqual(['21:20', '25:20']);
  expect(times(25, 21)).toEqual([]);
});

it('says no balance of a time that the entries do not reach', () => {
  const points = [10, 20].map((micros) => ({ micros, balance: String(micros) }));
  const at = [4, 5, 10, 25, 26];
  expect(at.map((micros) => balanceAt(points, { from: 5, to: 25 }, micros))).toEqual([null, null, '10', '20', null]);
  expect(balanceAt(points, null, 10)).toBeNull();
});
