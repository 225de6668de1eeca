import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/client';
import { EventFeed, SHOWN_MAX } from './feed.ts';

const record = (position: number): LedgerRecord => ({
  position: String(position),
  epoch: 1,
  recordedAt: '2026-11-22T00:00:00.000000Z',
  effectiveAt: '2026-11-22T00:00:00.000000Z',
  type: 'FundsTransferred',
  actor: 'a',
  correlationId: 'c',
  causationId: 'c',
  events: [],
});

describe('the feed of live events', () => {
  let feed: EventFeed;
  let nowMs = 0;
  let told = 0;
  const add = (from: number, to: number): void => {
    for (let position = from; position <= to; position++) feed.add(record(position));
  };
  const positions = (): number[] => feed.snapshot().records.map(({ position }) => Number(position));
  const pass = (): void => {
    jest.advanceTimersByTime(1_000);
  };

  beforeEach(() => {
    jest.useFakeTimers();
    nowMs = 0;
    told = 0;
    feed = new EventFeed(() => nowMs);
    feed.subscribe(() => told++);
  });
  afterEach(() => {
    feed.stop();
    jest.useRealTimers();
  });

  it('shows what came together, once', () => {
    add(1, 50);
    expect([positions(), told]).toEqual([[], 0]);
    pass();
    expect(positions()).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(told).toBe(1);
    pass();
    expect(told).toBe(1);
  });

  it('keeps the newest', () => {
    add(1, SHOWN_MAX);
    pass();
    add(SHOWN_MAX + 1, SHOWN_MAX + 10);
    pass();
    expect([positions().length, positions()[0], positions().at(-1)]).toEqual([SHOWN_MAX, 11, SHOWN_MAX + 10]);
  });

  it('shows nothing new while it is held, counts it, and shows it after', () => {
    add(1, 3);
    pass();
    feed.hold(true);
    add(4, 9);
    pass();
    expect([positions(), feed.snapshot().waiting, feed.snapshot().dropped]).toEqual([[1, 2, 3], 6, 0]);
    feed.hold(false);
    expect([positions(), feed.snapshot().waiting]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9], 0]);
  });

  it('says how many of those that wait it could not keep, and keeps the newest without a gap', () => {
    feed.hold(true);
    const count = 5 * SHOWN_MAX + 7;
    add(1, count);
    pass();
    expect(feed.snapshot()).toMatchObject({ records: [], waiting: count, dropped: count - SHOWN_MAX });
    feed.hold(false);
    expect([positions().length, positions()[0], positions().at(-1)]).toEqual([SHOWN_MAX, count - SHOWN_MAX + 1, count]);
    expect(feed.snapshot().dropped).toBe(0);
  });

  it('is held as it is seen: what had come and was not shown yet waits too', () => {
    add(1, 2);
    feed.hold(true);
    expect([positions(), feed.snapshot().waiting]).toEqual([[], 2]);
    feed.hold(false);
    expect(positions()).toEqual([1, 2]);
  });

  it('tells since when the connection is gone, and behind which position it went on', () => {
    feed.connected('5');
    expect(feed.snapshot()).toMatchObject({ state: { kind: 'live' }, resumed: null });
    nowMs = 1_000;
    feed.lost();
    nowMs = 2_000;
    feed.lost();
    expect(feed.snapshot().state).toEqual({ kind: 'lost', sinceMs: 1_000 });
    nowMs = 4_000;
    feed.connected('7');
    expect(feed.snapshot()).toMatchObject({ state: { kind: 'live' }, resumed: { behind: '7', fromMs: 1_000, toMs: 4_000 } });
    feed.dismiss();
    expect(feed.snapshot().resumed).toBeNull();
  });

  it('tells the same of a stream that ended and was connected again by hand: since it was gone, whatever was tried between', () => {
    feed.connected('5');
    nowMs = 1_000;
    feed.lost();
    nowMs = 2_000;
    feed.ended(new Error('refused'));
    nowMs = 60_000;
    feed.connecting();
    nowMs = 61_000;
    feed.lost();
    expect(feed.snapshot().state).toEqual({ kind: 'lost', sinceMs: 1_000 });
    nowMs = 70_000;
    feed.connected('7');
    expect(feed.snapshot()).toMatchObject({ state: { kind: 'live' }, resumed: { behind: '7', fromMs: 1_000, toMs: 70_000 } });
  });

  it('tells of a stream that ended while it was connected', () => {
    feed.connected('5');
    nowMs = 3_000;
    feed.ended(new Error('broken'));
    nowMs = 9_000;
    feed.connecting();
    feed.connected('6');
    expect(feed.snapshot().resumed).toEqual({ behind: '6', fromMs: 3_000, toMs: 9_000 });
  });

  it('tells that the first connection does not come, which is none that is resumed', () => {
    nowMs = 1_000;
    feed.lost();
    expect(feed.snapshot().state).toEqual({ kind: 'lost', sinceMs: 1_000 });
    feed.connected('5');
    expect(feed.snapshot()).toMatchObject({ state: { kind: 'live' }, resumed: null });
  });
});
