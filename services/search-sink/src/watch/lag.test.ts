import { describe, expect, it } from '@jest/globals';
import { LagClock } from './lag.ts';

const micros = (second: number): bigint => BigInt(second) * 1_000_000n;
const place = (position: number, second: number) => ({ position: BigInt(position), recordedAt: micros(second) });

describe('lag in seconds', () => {
  it.each<[string, { head: [number, number]; indexed: [number, number] | null; at: number; lag: number }[]]>([
    ['is 0 when nothing is missing', [{ head: [5, 90], indexed: [5, 90], at: 100, lag: 0 }]],
    ['is exact for one missing record', [{ head: [6, 97], indexed: [5, 10], at: 100, lag: 3 }]],
    ['counts from the last indexed record', [{ head: [9, 97], indexed: [5, 60], at: 100, lag: 40 }]],
    [
      'counts from the last look that found nothing missing, if that is later',
      [
        { head: [5, 10], indexed: [5, 10], at: 95, lag: 0 },
        { head: [9, 97], indexed: [5, 10], at: 100, lag: 5 },
      ],
    ],
    ['is the age of the head while nothing is indexed', [{ head: [9, 97], indexed: null, at: 100, lag: 3 }]],
    ['is never less than 0', [{ head: [6, 105], indexed: [5, 10], at: 100, lag: 0 }]],
  ])('%s', (_, looks) => {
    const clock = new LagClock();
    for (const { head, indexed, at, lag } of looks)
      expect(
        clock.observe({
          ledger: 'a',
          head: place(...head),
          indexed: indexed === null ? null : place(...indexed),
          askedAtMs: at * 1000,
          nowMs: at * 1000,
        }),
      ).toBeCloseTo(lag);
  });
});
