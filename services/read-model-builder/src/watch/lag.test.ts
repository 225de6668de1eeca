import { describe, expect, it } from '@jest/globals';
import { LagClock } from './lag.ts';

/** Seconds from here on; the clock of the log is the clock of the sweep. */
const START_MS = 1_790_000_000_000;
const ms = (second: number): number => START_MS + second * 1000;
const micros = (second: number): bigint => BigInt(ms(second)) * 1000n;

/** head and applied: position and second of recording. The sweep asks at `at` and looks at once. */
type Sweep = { at: number; head: [number, number]; applied: [number, number] | null; lag: number };

const cases: [string, Sweep[]][] = [
  ['everything applied', [{ at: 100, head: [7, 10], applied: [7, 10], lag: 0 }]],
  ['one record is missing: its own age, however old the one before is', [{ at: 100, head: [8, 99], applied: [7, 10], lag: 1 }]],
  ['several are missing and nothing else is known: since the last applied one', [{ at: 100, head: [9, 99], applied: [7, 10], lag: 90 }]],
  [
    'a ledger that was idle: since the sweep that found it applied',
    [
      { at: 100, head: [7, 10], applied: [7, 10], lag: 0 },
      { at: 102, head: [20, 102], applied: [7, 10], lag: 2 },
      { at: 104, head: [30, 104], applied: [7, 10], lag: 4 },
    ],
  ],
  [
    'records are applied as fast as they come: it does not grow',
    Array.from({ length: 50 }, (_, i) => ({
      at: 100 + 2 * i,
      head: [200 * (i + 2), 100 + 2 * i] as [number, number],
      applied: [200 * (i + 2) - 50, 99.5 + 2 * i] as [number, number],
      lag: 0.5,
    })),
  ],
  [
    'nothing is applied any more: it grows, from the checkpoint',
    [
      { at: 100, head: [10, 100], applied: [5, 99], lag: 1 },
      { at: 200, head: [900, 200], applied: [5, 99], lag: 101 },
    ],
  ],
  [
    'what the sweep before found is applied by now, but more has come: since that sweep',
    [
      { at: 100, head: [10, 90], applied: [5, 50], lag: 50 },
      { at: 102, head: [12, 101.5], applied: [10, 90], lag: 2 },
    ],
  ],
  [
    'nothing of a ledger is applied yet: since it was seen',
    [
      { at: 100, head: [3, 99], applied: null, lag: 1 },
      { at: 110, head: [90, 110], applied: null, lag: 11 },
    ],
  ],
  ['a log whose clock is ahead is not behind for less than no time', [{ at: 100, head: [8, 105], applied: [7, 104], lag: 0 }]],
];

describe('lag in seconds', () => {
  it.each(cases)('%s', (_name, sweeps) => {
    const clock = new LagClock();
    const place = ([position, second]: [number, number]) => ({ position: BigInt(position), recordedAt: micros(second) });
    for (const { at, head, applied, lag } of sweeps) {
      const observation = { head: place(head), applied: applied === null ? null : place(applied), askedAtMs: ms(at), nowMs: ms(at) };
      expect(clock.observe({ ledger: 'books', ...observation })).toBeCloseTo(lag, 6);
    }
  });

  it('is the same after a restart', () => {
    const observation = {
      ledger: 'books',
      head: { position: 900n, recordedAt: micros(100) },
      applied: { position: 5n, recordedAt: micros(40) },
      askedAtMs: ms(100),
      nowMs: ms(100),
    };
    const running = new LagClock();
    running.observe({ ...observation, askedAtMs: ms(90), nowMs: ms(90) });
    expect(running.observe(observation)).toBe(60);
    expect(new LagClock().observe(observation)).toBe(60);
  });

  it('of a ledger that sweeps passed over, because nothing of it had moved, is counted from the last of them', () => {
    const clock = new LagClock();
    const observe = (at: number, head: [bigint, number]): number =>
      clock.observe({
        ledger: 'books',
        head: { position: head[0], recordedAt: micros(head[1]) },
        applied: { position: 7n, recordedAt: micros(10) },
        askedAtMs: ms(at),
        nowMs: ms(at),
      });
    expect(observe(100, [7n, 10])).toBe(0);
    for (const at of [100, 102, 200]) clock.swept(ms(at));
    expect(observe(202, [9n, 202])).toBe(2);
  });
});
