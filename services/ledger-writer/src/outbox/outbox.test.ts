import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LedgerLocation } from '../application/store.ts';
import { Batch, RelayOrderError } from './batch.ts';
import { CommitNotifier, parseNotice } from './discovery.ts';
import { CommitHub } from './hub.ts';
import { fairShare } from './lease.ts';
import type { SlotRow } from './lease.ts';
import { silentLogger } from '@ledgerflow/platform/log';

const place = (number: number, slot = 0): LedgerLocation => ({
  ledger: `l${number}`,
  uuid: `uuid-${number}`,
  number,
  cluster: 'main',
  slot,
});
const record = (ledger: number, position: number, filler = ''): string =>
  JSON.stringify({
    ledger: `l${ledger}`,
    ledgerNumber: ledger,
    ledgerUuid: 'u',
    epoch: 1,
    position: `${position}`,
    recordedAt: '2026-11-21T04:51:40.000000Z',
    filler,
  });

describe('the hub', () => {
  const listen = (hub: CommitHub, bytesMax: number) => {
    const woken: string[] = [];
    const subscription = hub.subscribe({ wants: () => true, wake: (location, head) => woken.push(`${location.number}:${head}`), bytesMax });
    return { woken, subscription };
  };

  it('keeps a gapless run a ledger until it is taken, and takes back what was not used', () => {
    const hub = new CommitHub();
    const { woken, subscription } = listen(hub, 1000);
    hub.committed(place(1), ['a', 'b'], 2n);
    hub.committed(place(2), ['x'], 1n);
    hub.committed(place(1), ['c'], 3n);
    expect(woken).toEqual(['1:2', '2:1', '1:3']);
    const kept = subscription.take(1);
    expect(kept).toEqual({ from: 1n, texts: ['a', 'b', 'c'] });
    expect(subscription.take(1)).toBeNull();
    hub.committed(place(1), ['d'], 4n);
    subscription.putBack(1, { from: 3n, texts: ['c'] });
    expect(subscription.take(1)).toEqual({ from: 3n, texts: ['c', 'd'] });
    // Position 5 was committed elsewhere: only what came last can follow anything.
    hub.committed(place(2), ['z'], 3n);
    expect(subscription.take(2)).toEqual({ from: 3n, texts: ['z'] });
  });

  it('is bounded: a listener that lags has the wake-ups only, and gets texts again after it took', () => {
    const hub = new CommitHub();
    const { woken, subscription } = listen(hub, 10);
    const quick = listen(hub, 1000);
    for (let position = 1n; position <= 5n; position++) hub.committed(place(1), ['1234'], position);
    expect(woken.length).toBe(5);
    const kept = subscription.take(1);
    expect(kept === null || kept.texts.join('').length <= 10).toBe(true);
    hub.committed(place(1), ['12345678'], 6n);
    expect(subscription.take(1)).toEqual({ from: 6n, texts: ['12345678'] });
    expect(quick.subscription.take(1)?.texts.length).toBe(6);
    subscription.close();
    hub.committed(place(1), ['x'], 7n);
    expect(subscription.take(1)).toBeNull();
    expect(woken.length).toBe(6);
  });
});

describe('fairShare', () => {
  const rows = (holders: (string | null)[], dead: string[] = []): SlotRow[] =>
    holders.map((holder, slot) => ({ slot, holder, isLive: holder !== null && !dead.includes(holder) }));

  it.each([
    ['takes all when alone', rows([null, null, null]), { take: 3, release: [], steal: null }],
    ['takes what a dead one held', rows(['b', 'b', 'a'], ['b']), { take: 2, release: [], steal: null }],
    ['takes its share of what is free', rows(['b', 'b', null, null, null]), { take: 3, release: [], steal: null }],
    ['makes itself known by one slot', rows(['b', 'b', 'c', 'b']), { take: 0, release: [], steal: { slot: 3, holder: 'b' } }],
    ['gives up what it has too many', rows(['a', 'a', 'a', 'b']), { take: 0, release: [2], steal: null }],
    ['is content with its share', rows(['a', 'a', 'b', 'b', 'b']), { take: 0, release: [], steal: null }],
    ['stays without one when there are more relays than slots', rows(['b', 'c']), { take: 0, release: [], steal: null }],
  ])('%s', (_, table, share) => {
    expect(fairShare(table, 'a')).toEqual(share);
  });

  it('converges from any start, whoever comes and goes, and then moves nothing any more', () => {
    const state = fc.record({
      slots: fc.integer({ min: 1, max: 40 }),
      relays: fc.integer({ min: 1, max: 8 }),
      start: fc.infiniteStream(fc.integer({ min: 0, max: 11 })),
    });
    fc.assert(
      fc.property(state, ({ slots, relays, start }) => {
        const names = Array.from({ length: relays }, (_, i) => `r${i}`);
        // Holders r8 … are dead, 11 is nobody.
        const table: SlotRow[] = Array.from({ length: slots }, (_, slot) => {
          const n = start.next().value;
          return { slot, holder: n === 11 ? null : `r${n}`, isLive: n < relays };
        });
        let changes = 0;
        for (let round = 0; round < 60; round++) {
          changes = 0;
          for (const me of names) {
            const { take, release, steal } = fairShare(table, me);
            const free = table.filter((row) => !row.isLive).slice(0, take);
            for (const row of free) Object.assign(row, { holder: me, isLive: true });
            for (const slot of release) Object.assign(table[slot] as SlotRow, { holder: null, isLive: false });
            if (steal !== null) Object.assign(table[steal.slot] as SlotRow, { holder: me });
            changes += take + release.length + (steal === null ? 0 : 1);
          }
          if (changes === 0) break;
        }
        const counts = names.map((name) => table.filter((row) => row.holder === name && row.isLive).length);
        return (
          changes === 0 && counts.reduce((a, b) => a + b) === slots && Math.max(...counts) <= Math.ceil(slots / Math.min(relays, slots))
        );
      }),
    );
  });
});

describe('a batch', () => {
  it('takes records in order up to its bounds, one large one alone, with CloudEvents headers', () => {
    const batch = new Batch(3, 1000);
    expect(batch.add(place(1, 7), 4n, [record(1, 5), record(1, 6)])).toBe(2);
    expect(batch.add(place(2, 7), 0n, [record(2, 1), record(2, 2)])).toBe(1);
    expect(batch.isFull).toBe(true);
    expect([...batch.runs].map(([ledger, { last }]) => [ledger, last])).toEqual([
      [1, 6n],
      [2, 1n],
    ]);
    expect(batch.messages[0]).toMatchObject({
      partition: 7,
      key: 'l1',
      value: record(1, 5),
      headers: { ce_id: 'u/1/5', ce_partitionkey: 'l1' },
    });
    const small = new Batch(100, 300);
    expect(small.add(place(1), 0n, [record(1, 1, 'x'.repeat(5000)), record(1, 2)])).toBe(1);
  });

  it('refuses a gap, a repetition and a foreign record: nothing is skipped', () => {
    for (const texts of [[record(1, 6)], [record(1, 4)], [record(1, 5), record(1, 5)], [record(2, 5)]]) {
      expect(() => new Batch(10, 10_000).add(place(1), 4n, texts)).toThrow(RelayOrderError);
    }
  });
});

describe('commit notices', () => {
  it('tell of many commits by one statement, and of too many by a star', async () => {
    const sent: string[] = [];
    const sql = { query: async (_: string, values?: unknown[]) => ({ rows: [sent.push(String(values?.[1]))] }) };
    const notifier = new CommitNotifier(sql, 'me', silentLogger);
    notifier.committed(place(1, 3), 10n);
    notifier.committed(place(2, 4), 5n);
    notifier.committed(place(1, 3), 11n);
    while (sent.length < 1) await new Promise(setImmediate);
    expect(sent).toEqual(['me 3:1:11 4:2:5']);
    expect(parseNotice(sent[0] as string)).toEqual({
      origin: 'me',
      notices: [
        { slot: 3, ledger: 1, head: 11n },
        { slot: 4, ledger: 2, head: 5n },
      ],
    });
    for (let ledger = 0; ledger < 2000; ledger++) notifier.committed(place(ledger), 1n);
    while (sent.length < 2) await new Promise(setImmediate);
    expect(parseNotice(sent[1] as string)).toEqual({ origin: 'me', notices: null });
    expect(parseNotice('someone nonsense')).toEqual({ origin: 'someone', notices: null });
    await notifier.stop();
  });
});
