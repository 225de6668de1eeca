import { describe, expect, it } from '@jest/globals';
import { ATTEMPTS_MAX, OUTAGE_MAX_MS, OUTAGES_MAX, retrying } from './retrying.ts';

const away = Object.assign(new Error('14 UNAVAILABLE: no connection'), { code: 14 });
const closed = new Error('Connection terminated unexpectedly');
const full = Object.assign(new Error('no space left on device'), { code: '53100' });
const wrong = new Error('the log was read with a gap');
const HOUR_MS = 3_600_000;

/** Time passes in pauses only. `failures`: what an attempt throws at a time; null when it gets through. */
async function attempt(failure: (nowMs: number) => Error | null, done?: () => bigint) {
  let nowMs = 0;
  const pauses: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    pauses.push(ms);
    nowMs += ms;
    return Promise.resolve();
  };
  const run = (): Promise<void> => {
    const error = failure(nowMs);
    return error === null ? Promise.resolve() : Promise.reject(error);
  };
  let thrown: unknown = null;
  await retrying(run, { mayRetry: () => true, sleep, now: () => nowMs, done }).catch((error: unknown) => (thrown = error));
  return { thrown, nowMs, pauses };
}

describe('what is tried again', () => {
  it.each([
    ['the writer', away],
    ['the database', closed],
    ['room on the disk', full],
  ])('waits for %s for most of an hour', async (_what, error) => {
    const { thrown, nowMs, pauses } = await attempt((at) => (at < HOUR_MS - 60_000 ? error : null));
    expect(thrown).toBeNull();
    expect(nowMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(pauses.slice(0, 7)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    expect(Math.max(...pauses)).toBe(10_000);
  });

  it('fails with what it waited for when that stays away', async () => {
    const { thrown, nowMs } = await attempt(() => away);
    expect(thrown).toBe(away);
    expect(nowMs).toBeGreaterThanOrEqual(OUTAGE_MAX_MS);
    expect(nowMs).toBeLessThan(OUTAGE_MAX_MS + 20_000);
  });

  it('has the hour again after each outage in which something was done, and not after one in which nothing was', async () => {
    let done = 0n;
    const outages = await attempt(
      (at) => {
        // Every half hour one batch gets through.
        done = BigInt(Math.floor(at / (HOUR_MS / 2)));
        return at < 5 * HOUR_MS ? away : null;
      },
      () => done,
    );
    expect(outages.thrown).toBeNull();
    expect(outages.nowMs).toBeGreaterThanOrEqual(5 * HOUR_MS);
    // After each the pauses begin anew.
    expect(outages.pauses.filter((ms) => ms === 250)).toHaveLength(10);
  });

  it('does not count the time in which an attempt worked as an outage, and is given up after a number of them all the same', async () => {
    // What an attempt does is read again by the next one: each breaks off after 40 minutes, until `last`.
    const working = async (last: number) => {
      let nowMs = 0;
      let worked = 0n;
      let runs = 0;
      const run = (): Promise<void> => {
        nowMs += (HOUR_MS * 2) / 3;
        worked += 1n;
        return ++runs < last ? Promise.reject(away) : Promise.resolve();
      };
      const sleep = (ms: number): Promise<void> => {
        nowMs += ms;
        return Promise.resolve();
      };
      const options = { mayRetry: () => true, sleep, now: () => nowMs, worked: () => worked };
      let thrown: unknown = null;
      await retrying(run, options).catch((error: unknown) => (thrown = error));
      return { thrown, runs };
    };
    expect(await working(6)).toEqual({ thrown: null, runs: 6 });
    expect(await working(Infinity)).toEqual({ thrown: away, runs: OUTAGES_MAX + 1 });
  });

  it('is given up after a number of times when it fails for another reason, unless something was done', async () => {
    const { thrown, pauses } = await attempt(() => wrong);
    expect([thrown, pauses.length]).toEqual([wrong, ATTEMPTS_MAX - 1]);
    let runs = 0;
    const working = await attempt(
      () => (++runs < 100 ? wrong : null),
      () => BigInt(Math.floor(runs / 10)),
    );
    expect([working.thrown, runs]).toEqual([null, 100]);
  });

  it('is not tried again when that would end the same way', async () => {
    let runs = 0;
    const run = (): Promise<void> => {
      runs += 1;
      return Promise.reject(wrong);
    };
    await expect(retrying(run, { mayRetry: () => false, sleep: () => Promise.reject(new Error('waited')) })).rejects.toBe(wrong);
    expect(runs).toBe(1);
  });
});
