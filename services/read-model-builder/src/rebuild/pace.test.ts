import { describe, expect, it } from '@jest/globals';
import { Pace } from './pace.ts';

/** Of a call of the log: feed/log-reader.ts. */
const CALL_DEADLINE_MS = 60_000;
const CALL_RECORDS = 20_000;
const BATCH_RECORDS = 5_000;

/** A clock that only sleeping moves, and how often it slept. */
function clock(): { now: () => number; sleep: (ms: number) => Promise<void>; sleptMs: number[] } {
  const sleptMs: number[] = [];
  let at = 1_000;
  return {
    now: () => at,
    sleep: async (ms) => {
      sleptMs.push(ms);
      at += ms;
    },
    sleptMs,
  };
}

describe('the pace of a rebuild', () => {
  it.each([1, 2, 3, 7, 10, 50, 200, 332, 333, 1_000, 20_000, 1_000_000])(
    'of %d records a second is kept, in even batches',
    async (rate) => {
      const { now, sleep, sleptMs } = clock();
      const pace = new Pace(rate, sleep, now);
      const max = pace.batchMax(BATCH_RECORDS);
      expect(max).toBeGreaterThanOrEqual(1);
      expect(max).toBeLessThanOrEqual(BATCH_RECORDS);
      const began = now();
      for (let batch = 0; batch < 40; batch++) {
        await pace.took(max);
        // What was taken so far, and what the quarter of a second before may have saved up.
        expect(((batch + 1) * max) / rate).toBeLessThanOrEqual((now() - began) / 1_000 + 0.25 + 1e-9);
      }
      // It is no slower than it has to be either.
      expect(now() - began).toBeLessThanOrEqual((40 * max * 1_000) / rate + 1e-6);
      expect(Math.max(...sleptMs)).toBeLessThanOrEqual(Math.max(1_000 / rate, 250) + 1e-6);
      expect(pace.rate).toBeCloseTo(rate, 3);
    },
  );

  it.each([1, 2, 10, 100, 332, 333, 1_000, 5_000])(
    'of %d records a second: a call of the log ends long before its deadline',
    async (rate) => {
      const { now, sleep } = clock();
      const pace = new Pace(rate, sleep, now);
      const call = pace.callMax(CALL_RECORDS);
      const max = pace.batchMax(BATCH_RECORDS);
      expect(call).toBeGreaterThanOrEqual(1);
      const began = now();
      for (let left = call; left > 0; left -= max) await pace.took(Math.min(left, max));
      expect(now() - began).toBeLessThan(CALL_DEADLINE_MS / 2);
    },
  );

  it('saves nothing up while it waits for something else', async () => {
    const { now, sleep, sleptMs } = clock();
    const pace = new Pace(100, sleep, now);
    await pace.took(25);
    await sleep(60_000);
    sleptMs.length = 0;
    for (let batch = 0; batch < 4; batch++) await pace.took(25);
    expect(sleptMs.reduce((sum, ms) => sum + ms)).toBeGreaterThanOrEqual(750);
  });

  it('without a limit waits for nothing', async () => {
    const { now, sleep, sleptMs } = clock();
    const pace = new Pace(null, sleep, now);
    expect([pace.batchMax(BATCH_RECORDS), pace.callMax(CALL_RECORDS)]).toEqual([BATCH_RECORDS, CALL_RECORDS]);
    await pace.took(1_000_000);
    expect([sleptMs, pace.rate]).toEqual([[], null]);
  });
});
