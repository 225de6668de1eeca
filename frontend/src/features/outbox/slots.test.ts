import { describe, expect, it } from '@jest/globals';
import { type Slot, totalsOf, worstFirst } from './slots.ts';

const slot = (number: number, over: Partial<Slot> = {}): Slot => ({
  cluster: 'main',
  slot: number,
  head: '10',
  cursor: '10',
  backlog: '0',
  oldestAgeSeconds: 0,
  holder: 'writer',
  isLive: true,
  epoch: '1',
  breaker: 'closed',
  lastError: null,
  lastErrorAt: null,
  ...over,
});

describe('slots of the outbox', () => {
  it('come with the worst first, exactly, however large they are', () => {
    const slots = [
      slot(0),
      slot(1, { backlog: '9007199254740993' }),
      slot(2, { backlog: '9007199254740992' }),
      slot(3, { isLive: false, holder: null }),
      slot(4, { breaker: 'open' }),
      slot(5, { breaker: 'half_open', isLive: false }),
      slot(6, { backlog: '9007199254740992', oldestAgeSeconds: 4 }),
    ];
    expect(worstFirst(slots).map((one) => one.slot)).toEqual([5, 4, 3, 1, 6, 2, 0]);
  });

  it('are added up', () => {
    const slots = [
      slot(0),
      slot(1, { backlog: '9007199254740993', oldestAgeSeconds: 2.5 }),
      slot(2, { backlog: '1', isLive: false, breaker: 'open' }),
    ];
    expect(totalsOf(slots)).toEqual({ backlog: 9007199254740994n, behind: 2, oldestAgeSeconds: 2.5, withoutRelay: 1, open: 1 });
    expect(totalsOf([])).toEqual({ backlog: 0n, behind: 0, oldestAgeSeconds: 0, withoutRelay: 0, open: 0 });
  });
});
