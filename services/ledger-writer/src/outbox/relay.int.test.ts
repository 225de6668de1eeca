import { describe, expect, it } from '@jest/globals';
import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import kafkajs from 'kafkajs';
import type { LedgerLocation } from '../application/store.ts';
import { Cursors } from './cursors.ts';
import { CommitHub, CommitNotifier, relayMetrics } from './index.ts';
import { SlotLeases } from './lease.ts';
import { broker, Log, producer, published, SLOTS, Suspension, until, useServers } from './relay.fixture.ts';
import type { Sql } from './sql.ts';

useServers();

describe('the relay', () => {
  it('publishes what was committed before it started, in order, and goes on where it stopped', async () => {
    const log = await Log.create(20);
    for (const place of log.places) await log.commit(place, 130, null);
    const first = log.relay('first');
    await first.start();
    await log.expectDelivered();
    expect(first.slots()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await first.stop();
    const { rows } = await log.pool.query('select count(*)::int as held from ledger.relay_slots where holder is not null');
    expect(rows[0]).toEqual({ held: 0 });
    for (const place of log.places) await log.commit(place, 5);
    await log.relay('second').start();
    await log.expectDelivered();
    for (const place of log.places) expect(published.get(place.ledger)?.length).toBe(135);
  });

  it('hears of commits by the hub, by NOTIFY and by the sweep', async () => {
    const log = await Log.create(2);
    const [place, other] = log.places as [LedgerLocation, LedgerLocation];
    const relay = log.relay('only', { listenUrl: log.url });
    await relay.start();
    await until('leased', () => relay.slots().length === SLOTS);
    const arrives = (of: LedgerLocation) =>
      until('it arrives', () => (published.get(of.ledger) ?? []).includes(log.heads.get(of.number) ?? 0n));
    await log.commit(place, 1, null);
    await arrives(place);
    await log.commit(place, 3);
    await arrives(place);
    const notifier = new CommitNotifier(log.pool, 'elsewhere', silentLogger);
    await log.commit(other, 2, null);
    notifier.committed(other, 2n);
    await arrives(other);
    await notifier.stop();
    await log.expectDelivered();
  });

  it('shares the slots with a second one while both publish, and takes over what the other leaves', async () => {
    const log = await Log.create(16);
    const first = log.relay('first');
    await first.start();
    await until('the first has all', () => first.slots().length === SLOTS);
    let isWriting = true;
    const writing = (async () => {
      for (let round = 0; isWriting; round++)
        for (const place of log.places) await log.commit(place, 1 + ((round + place.number) % 3), round % 2 === 0 ? log.hub : null);
    })();
    const second = log.relay('second');
    await second.start();
    await until('they share', () => first.slots().length === SLOTS / 2 && second.slots().length === SLOTS / 2);
    expect(new Set([...first.slots(), ...second.slots()]).size).toBe(SLOTS);
    await first.stop();
    await until('the second has all', () => second.slots().length === SLOTS);
    isWriting = false;
    await writing;
    await log.expectDelivered();
  });

  it('fences a relay that was suspended while it published: when it wakes it repeats at most, moves nothing, and lets go', async () => {
    const log = await Log.create(1);
    const [place] = log.places as [LedgerLocation];
    const suspension = new Suspension();
    const registry = new Registry();
    const sleeper = log.relay('sleeper', {
      sql: suspension.sql(log.pool),
      producer: suspension.producer(producer),
      metrics: relayMetrics(registry),
    });
    await sleeper.start();
    await until('the sleeper has all', () => sleeper.slots().length === SLOTS);
    await log.commit(place, 10);
    await log.expectDelivered();
    suspension.suspend();
    await log.commit(place, 15);
    await until('it is held before sending', () => suspension.isHeldIn('send') || suspension.isHeldIn('sql'));
    const successor = log.relay('successor', { hub: new CommitHub() });
    await successor.start();
    await until('the lease ran out and was taken', () => successor.slots().length === SLOTS);
    await log.commit(place, 7, null);
    await log.expectDelivered();
    await log.commit(place, 60, null);
    await log.expectDelivered();
    suspension.resume();
    await until('the sleeper noticed', async () => (await registry.metrics()).includes('ledgerflow_relay_leases_lost_total'));
    await log.commit(place, 9);
    await log.expectDelivered();
    await until('they share', () => sleeper.slots().length === SLOTS / 2 && successor.slots().length === SLOTS / 2);
    const { rows } = await log.pool.query('select position from ledger.relay_cursors where ledger = $1', [place.number]);
    expect(rows).toEqual([{ position: '101' }]);
  });

  it('publishes again, in order, after its send was held past a take-over', async () => {
    const log = await Log.create(1);
    const [place] = log.places as [LedgerLocation];
    const held = new Suspension();
    // Only its sends are slow; it may renew. A thief takes the slot meanwhile.
    const slow = log.relay('slow', { producer: held.producer(producer) });
    await slow.start();
    await until('leased', () => slow.slots().length === SLOTS);
    held.suspend();
    await log.commit(place, 20);
    await until('held', () => held.isHeldIn('send'));
    await log.pool.query(
      `update ledger.relay_slots set holder = 'thief', epoch = epoch + 1, expires_at = clock_timestamp() + interval '2 seconds' where slot = $1`,
      [place.slot],
    );
    held.resume();
    await until('the batch went out', () => (published.get(place.ledger) ?? []).includes(20n));
    await until('it let go', () => !slow.slots().includes(place.slot));
    const { rows } = await log.pool.query('select position from ledger.relay_cursors where ledger = $1', [place.number]);
    expect(rows).toEqual([]);
    await log.commit(place, 5);
    // The thief does nothing and its lease runs out: the slot comes back under a newer epoch, and all is sent from the cursor.
    await log.expectDelivered();
    expect((published.get(place.ledger) ?? []).filter((position) => position === 20n).length).toBe(2);
  });

  it('goes on by itself after the broker was killed; meanwhile backlog, age, breaker and error are visible', async () => {
    const log = await Log.create(8);
    const registry = new Registry();
    const relay = log.relay('only', { metrics: relayMetrics(registry) });
    await relay.start();
    for (const place of log.places) await log.commit(place, 10);
    await log.expectDelivered();
    await broker.kill();
    for (let round = 0; round < 4; round++) for (const place of log.places) await log.commit(place, 25);
    await until('the breakers opened', async () => (await relay.status()).some((slot) => slot.breaker === 'open'));
    const [slot] = (await relay.status()).filter((status) => status.breaker === 'open' && status.lastError !== null);
    expect(slot).toMatchObject({ backlog: 100n, isLive: true });
    expect(slot?.oldestAgeSeconds).toBeGreaterThan(0);
    expect(slot?.holder).toContain('only');
    await until(
      'metrics tell',
      async () =>
        /ledgerflow_relay_breaker\{[^}]*\} 2/.test(await registry.metrics()) &&
        /ledgerflow_relay_backlog_records\{[^}]*\} 100/.test(await registry.metrics()),
    );
    await broker.restart();
    await log.expectDelivered();
    await until('all is well', async () =>
      (await relay.status()).every((s) => s.breaker === 'closed' && s.backlog === 0n && s.lastError === null && s.oldestAgeSeconds === 0),
    );
  }, 90_000);

  it('creates the topic again when Kafka has lost it, and goes on after the cursors, in order', async () => {
    const log = await Log.create(8);
    const relay = log.relay('only');
    await relay.start();
    for (const place of log.places) await log.commit(place, 10);
    await log.expectDelivered();
    const admin = new kafkajs.Kafka({ brokers: broker.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    for (const count of [25, 30]) {
      await admin.deleteTopics({ topics: [RECORDS_TOPIC] });
      // A broker goes on taking records for a topic that it is about to lose, and nobody reads those.
      await until('the topic is gone', async () => !(await admin.listTopics()).includes(RECORDS_TOPIC));
      for (let round = 0; round < 4; round++) for (const place of log.places) await log.commit(place, count);
      await log.expectDelivered();
    }
    const offsets = await admin.fetchTopicOffsets(RECORDS_TOPIC);
    await admin.disconnect();
    expect(offsets.length).toBe(SLOTS);
    // The second topic holds what was committed since the first was deleted, and repetitions at most.
    for (const { high } of offsets) expect(Number(high)).toBeGreaterThanOrEqual(120);
    for (const place of log.places) expect(published.get(place.ledger)?.filter((position) => position <= 10n).length).toBe(10);
    await until('all is well', async () => (await relay.status()).every((s) => s.breaker === 'closed' && s.lastError === null));
  }, 90_000);

  it.each([
    ['before it was executed', false],
    ['after it was executed: the outcome is unknown', true],
  ])('sends again when moving the cursor fails %s', async (_, isExecuted) => {
    const log = await Log.create(3);
    let failures = 0;
    const sql: Sql = {
      query: async (text, values) => {
        if (!text.includes('relay_cursors as c') || ++failures % 3 === 0) return log.pool.query(text, values);
        if (isExecuted) await log.pool.query(text, values);
        throw new Error('connection lost');
      },
    };
    await log.relay('only', { sql }).start();
    for (let round = 0; round < 5; round++) for (const place of log.places) await log.commit(place, 30);
    await log.expectDelivered();
    expect(failures).toBeGreaterThan(3);
  });
});

describe('a lease', () => {
  it("that a clock of another time has given is nobody's: the slots of a dead relay are taken at once", async () => {
    const log = await Log.create(1);
    const options = { slots: SLOTS, ttlMs: 10_000, now: () => performance.now() };
    const dead = new SlotLeases({ ...options, sql: log.pool, holder: 'dead' });
    await dead.prepare();
    expect((await dead.tick()).gained.length).toBe(SLOTS);
    const next = new SlotLeases({ ...options, sql: log.pool, holder: 'next' });
    await log.pool.query(`update ledger.relay_slots set expires_at = clock_timestamp() + interval '59 seconds'`);
    // Live, as far as anybody can tell: one is stolen, to be seen by.
    expect((await next.tick()).gained.length).toBe(1);
    await log.pool.query(`update ledger.relay_slots set expires_at = clock_timestamp() + interval '1 hour' where holder = 'dead'`);
    expect((await next.tick()).gained.length).toBe(SLOTS - 1);
    // And fences the other one, should it live after all.
    expect((await dead.tick()).lost.length).toBe(SLOTS);
  });
});

describe('moving a cursor', () => {
  it('waits for a take-over under way and then moves nothing', async () => {
    const log = await Log.create(1);
    const options = { slots: SLOTS, ttlMs: 60_000, now: () => performance.now() };
    const leases = new SlotLeases({ ...options, sql: log.pool, holder: 'old' });
    await leases.prepare();
    const { gained } = await leases.tick();
    const lease = gained[3];
    if (lease === undefined) throw new Error('no lease');
    const cursors = new Cursors(log.pool, 'old');
    expect(await cursors.move(lease, [{ ledger: 1, to: 5n }])).toBe(true);
    expect(await cursors.move(lease, [{ ledger: 1, to: 3n }])).toBe(true);
    const taker = await log.pool.connect();
    let moving: Promise<boolean> | null = null;
    try {
      await taker.query('begin');
      await taker.query(`update ledger.relay_slots set holder = 'new', epoch = epoch + 1 where slot = $1`, [lease.slot]);
      moving = cursors.move(lease, [{ ledger: 1, to: 9n }]);
      await until(
        'it waits',
        async () => (await log.pool.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`)).rows.length > 0,
        5_000,
      );
      await taker.query('commit');
    } finally {
      taker.release(true);
    }
    expect(await moving).toBe(false);
    expect(await cursors.read([1, 2])).toEqual(
      new Map([
        [1, 5n],
        [2, 0n],
      ]),
    );
    const { lost } = await leases.tick();
    expect(lost).toEqual([lease]);
  });
});
