import { expect, it } from '@jest/globals';
import type { Entry } from '@ledgerflow/client';
import fc from 'fast-check';
import { fromMicros } from '../../../ui/time/micros.ts';
import { type AskEntries, entryAfter, entryBefore } from './neighbours.ts';

const BASE = 1_795_000_000_000_000;
const CALLS_MAX = 70;

/** A server with pages of three, and how often it was asked. */
function server(times: readonly number[]): { ask: AskEntries; calls: () => number } {
  const sorted = times.toSorted((a, b) => a - b);
  let calls = 0;
  const ask: AskEntries = (from, to, limit) => {
    calls++;
    const found = sorted.filter((time) => time >= (from ?? 0) && time <= (to ?? Number.MAX_SAFE_INTEGER));
    const size = Math.min(limit, 3);
    const data = found.slice(0, size).map((time) => ({ recordedAt: fromMicros(time) }) as Entry);
    return Promise.resolve({ data, hasMore: found.length > size });
  };
  return { ask, calls: () => calls };
}

it('finds the entry before and behind any time, in a bounded number of questions', async () => {
  const offsets = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 90_000_000 }), fc.integer({ min: 0, max: 1e14 }));
  await fc.assert(
    fc.asyncProperty(fc.array(offsets, { maxLength: 40 }), offsets, async (raw, at) => {
      const times = [...raw].map((time) => BASE + time);
      const now = BASE + at;
      const { ask, calls } = server(times);
      const before = times.filter((time) => time < now);
      const behind = times.filter((time) => time > now);
      expect(await entryBefore(ask, now)).toBe(before.length === 0 ? null : fromMicros(Math.max(...before)));
      expect(await entryAfter(ask, now)).toBe(behind.length === 0 ? null : fromMicros(Math.min(...behind)));
      expect(calls()).toBeLessThan(CALLS_MAX);
    }),
  );
});
