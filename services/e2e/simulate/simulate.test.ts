import { describe, expect, it } from '@jest/globals';
import { TownClock } from './clock.ts';
import { DAY_MS, TownDays, type TownEvent } from './day.ts';
import { TownLedger } from './ledger.ts';
import { partiesOf, townOf } from './town.ts';

const FIRST_DAY_MS = Date.parse('2026-01-01T00:00:00Z');
const DAYS = 70;
/** Has every payday, rent and bill once. */
const MONTH_DAYS = 31;

function yearOf(seed: number, customers = 30, count = DAYS): TownEvent[] {
  const days = new TownDays(townOf(seed, customers), seed, FIRST_DAY_MS);
  return Array.from({ length: count }, (_, day) => days.eventsOf(day)).flat();
}

describe('the town', () => {
  const events = yearOf(1);
  const of = (kind: TownEvent['kind']): TownEvent[] => events.filter((event) => event.kind === kind);

  it('is the same by its seed, day by day and in any order', () => {
    expect(yearOf(1)).toEqual(events);
    expect(yearOf(2)).not.toEqual(events);
    const alone = new TownDays(townOf(1, 30), 1, FIRST_DAY_MS);
    for (const day of [33, 12, 40])
      expect(alone.eventsOf(day)).toEqual(events.filter(({ timeMs }) => Math.floor((timeMs - FIRST_DAY_MS) / DAY_MS) === day));
  });

  it('has accounts of different ids, and events between them, in order of time and with different ids', () => {
    const parties = partiesOf(townOf(1, 200)).map(({ id }) => id);
    expect(new Set(parties).size).toBe(parties.length);
    const known = new Set(partiesOf(townOf(1, 30)).map(({ id }) => id));
    expect(events.every(({ from, to }) => from !== to && (from === null || known.has(from)) && (to === null || known.has(to)))).toBe(true);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(events.every(({ amount }) => amount > 0n)).toBe(true);
    expect(events.every(({ timeMs }, index) => index === 0 || timeMs >= (events[index - 1] as TownEvent).timeMs)).toBe(true);
  });

  it('moves no amount of nothing, however few live there', () => {
    for (let customers = 1; customers <= 5; customers++)
      for (let seed = 1; seed <= 20; seed++) {
        const empty = yearOf(seed, customers, MONTH_DAYS).filter(({ amount }) => amount <= 0n);
        expect({ seed, customers, empty }).toEqual({ seed, customers, empty: [] });
      }
  });

  it('pays each month a salary and a rent for everybody', () => {
    expect(of('rent').filter(({ timeMs }) => new Date(timeMs).getUTCMonth() === 1)).toHaveLength(30);
    expect(of('salary').filter(({ timeMs }) => new Date(timeMs).getUTCMonth() === 1)).toHaveLength(30);
  });

  it('buys bread in the morning and eats out in the evening', () => {
    const shops = new Map(partiesOf(townOf(1, 30)).map(({ id, name }) => [id, name]));
    const middle = (name: string): number => {
      const hours = of('card')
        .filter(({ to }) => shops.get(to ?? '') === name)
        .map(({ timeMs }) => (timeMs % DAY_MS) / 3_600_000)
        .toSorted((a, b) => a - b);
      return hours[Math.floor(hours.length / 2)] as number;
    };
    expect(middle('Sunrise Bakery')).toBeLessThan(10);
    expect(middle('Lighthouse Grill')).toBeGreaterThan(16);
  });

  it('gives back a part of what was bought, later and not more than was paid', () => {
    const payments = new Map(of('card').map((event) => [event.id, event]));
    expect(of('refund').length).toBeGreaterThan(10);
    for (const refund of of('refund')) {
      const payment = payments.get(refund.after ?? '') as TownEvent;
      expect([refund.from, refund.to]).toEqual([payment.to, payment.from]);
      expect(refund.timeMs).toBeGreaterThan(payment.timeMs);
      expect(refund.amount).toBeLessThanOrEqual(payment.amount);
    }
  });

  it('lets some payments bounce, few of all, and neither employers nor shops run dry', () => {
    const balances = new Map<string, bigint>();
    const bounced: TownEvent[] = [];
    for (const event of events) {
      const { from, to, amount } = event;
      if (from !== null && (balances.get(from) ?? 0n) < amount) {
        bounced.push(event);
        continue;
      }
      if (from !== null) balances.set(from, (balances.get(from) ?? 0n) - amount);
      if (to !== null) balances.set(to, (balances.get(to) ?? 0n) + amount);
    }
    expect(bounced.length).toBeGreaterThan(0);
    expect(bounced.length / events.length).toBeLessThan(0.05);
    expect(bounced.filter(({ kind }) => kind === 'salary')).toEqual([]);
  });
});

describe('the clock of the town', () => {
  it('goes at its pace', () => {
    let now = 1_000;
    const clock = new TownClock(FIRST_DAY_MS, 2, () => now);
    expect(clock.timeMs()).toBe(FIRST_DAY_MS);
    expect(clock.untilMs(FIRST_DAY_MS + DAY_MS)).toBe(30_000);
    now += 15_000;
    expect(clock.timeMs()).toBe(FIRST_DAY_MS + DAY_MS / 2);
    expect(clock.untilMs(FIRST_DAY_MS + DAY_MS)).toBe(15_000);
    expect(clock.untilMs(FIRST_DAY_MS)).toBe(0);
  });
});

describe('the ledger of the town', () => {
  it('is waited for until somebody interrupts', async () => {
    const stop = new AbortController();
    let tries = 0;
    const request = (): Promise<never> => {
      tries++;
      stop.abort();
      return Promise.reject(new Error('away'));
    };
    const ledger = new TownLedger({ request }, 'a/b', 1, stop.signal);
    await expect(ledger.metadataOf('x')).rejects.toThrow('interrupted: GET /api/v1/ledgers/a%2Fb/accounts/x was not answered: away');
    expect(tries).toBe(1);
  });
});
