import { afterEach, expect, it, jest } from '@jest/globals';
import { clock } from './clock.ts';

const NOW = Date.parse('2026-11-22T07:00:00.400Z');
const HALF_HOUR_MS = 1_800_000;
/** The ledger's time when a machine asks whose clock is behind by so much, and when it is answered so much later. */
const hear = (behind: number, tookMs: number, nowMs = NOW): void =>
  clock.heard(new Date(nowMs).toUTCString(), nowMs - behind - tookMs, nowMs - behind + 5);

afterEach(() => hear(0, 0));

it('is this machine’s where an answer fits it, however long that took', () => {
  const told = jest.fn();
  const stop = clock.subscribe(told);
  for (const tookMs of [0, 30, 8_000]) hear(0, tookMs);
  clock.heard(null, 0, 0);
  clock.heard('no date', 0, 0);
  expect([clock.behindMs(), clock.ledgerMs(NOW), told.mock.calls.length]).toEqual([0, NOW, 0]);
  stop();
});

it.each([HALF_HOUR_MS, -HALF_HOUR_MS, 86_400_000])('is told to a second by an answer to a machine that is behind by %i ms', (behind) => {
  const told = jest.fn();
  const stop = clock.subscribe(told);
  hear(behind, 30);
  expect(Math.abs(clock.behindMs() - behind)).toBeLessThanOrEqual(1_000);
  expect(clock.ledgerMs(NOW - behind)).toBe(NOW - behind + clock.behindMs());
  // An answer on whose way much time went says nothing against it.
  const before = clock.behindMs();
  hear(behind, 20_000);
  expect([clock.behindMs(), told.mock.calls.length]).toEqual([before, 1]);
  hear(0, 30);
  expect(Math.abs(clock.behindMs())).toBeLessThanOrEqual(1_000);
  stop();
});
