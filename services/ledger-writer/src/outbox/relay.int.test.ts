import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import { startKafka } from '@ledgerflow/e2e/kafka';
import type { RunningKafka } from '@ledgerflow/e2e/kafka';
import { createTestPostgres } from '@ledgerflow/local/postgres';
import type { TestPostgres } from '@ledgerflow/local/postgres';
import { createKafka } from '@ledgerflow/platform/kafka';
import type { KafkaClient, KafkaConsumer, KafkaProducer } from '@ledgerflow/platform/kafka';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import { createPool } from '@ledgerflow/platform/postgres';
import type { Pool } from '@ledgerflow/platform/postgres';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LedgerLocation } from '../application/store.ts';
import { Cursors } from './cursors.ts';
import { CommitHub, CommitNotifier, Relay, ensureRecordsTopic, relayMetrics } from './index.ts';
import type { RelayOptions } from './index.ts';
import { SlotLeases } from './lease.ts';
import type { Sql } from './sql.ts';

const SLOTS = 8;
const LEASE_TTL_MS = 1_500;
const DEADLINE_MS = 40_000;
const SQL_FILE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'sql', 'ledger', '003.do.relay.sql');

let postgres: TestPostgres;
let broker: RunningKafka;
let kafka: KafkaClient;
let producer: KafkaProducer;
let reader: KafkaConsumer;
/** Positions in the order of the partition, by ledger id. */
const published = new Map<string, bigint[]>();
let ledgers = 0;
const cleanups: (() => Promise<unknown>)[] = [];

async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = DEADLINE_MS): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await delay(20)) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
  }
}

/** One cluster's log, as the writer would leave it. */
class Log {
  readonly places: LedgerLocation[] = [];
  readonly pool: Pool;
  readonly url: string;
  readonly hub = new CommitHub();
  readonly heads = new Map<number, bigint>();

  private constructor(pool: Pool, url: string) {
    this.pool = pool;
    this.url = url;
  }

  static async create(ledgerCount: number): Promise<Log> {
    const { url } = await postgres.createDatabase();
    const pool = createPool({ url, max: 20, applicationName: 'test', log: silentLogger });
    cleanups.push(() => pool.end());
    await pool.query(`create schema ledger; ${await readFile(SQL_FILE, 'utf8')}
      create table ledger.heads (ledger int primary key, slot int not null, position bigint not null, recorded_at timestamptz not null);
      create table log (ledger int, position bigint, body text, primary key (ledger, position))`);
    const log = new Log(pool, url);
    for (let i = 0; i < ledgerCount; i++) {
      const number = ++ledgers;
      log.places.push({ ledger: `ledger-${number}`, uuid: `uuid-${number}`, number, cluster: 'main', slot: number % SLOTS });
    }
    return log;
  }

  async commit(place: LedgerLocation, count: number, hub: CommitHub | null = this.hub): Promise<void> {
    const before = this.heads.get(place.number) ?? 0n;
    const recordedAt = new Date().toISOString().replace('Z', '000Z');
    const texts = Array.from({ length: count }, (_, i) =>
      JSON.stringify({
        schema: 1,
        ledger: place.ledger,
        ledgerNumber: place.number,
        ledgerUuid: place.uuid,
        epoch: 1,
        position: `${before + BigInt(i) + 1n}`,
        recordedAt,
      }),
    );
    await this.pool.query(
      `with written as (insert into log select $1, $2::bigint + i, body from unnest($3::text[]) with ordinality as r(body, i))
       insert into ledger.heads values ($1, $4, $2::bigint + $5, clock_timestamp())
       on conflict (ledger) do update set position = excluded.position, recorded_at = excluded.recorded_at`,
      [place.number, before.toString(), texts, place.slot, count],
    );
    const head = before + BigInt(count);
    this.heads.set(place.number, head);
    hub?.committed(place, texts, head);
  }

  relay(name: string, over: Partial<RelayOptions> = {}): Relay {
    const relay = new Relay({
      cluster: 'main',
      sql: this.pool,
      store: {
        readLog: async (place, after, to, limit) => {
          const { rows } = await this.pool.query(
            'select body from log where ledger = $1 and position > $2 and ($3::bigint is null or position <= $3) order by position limit $4',
            [place.number, after.toString(), to?.toString() ?? null, limit],
          );
          return rows.map((row: { body: string }) => row.body);
        },
      },
      directory: { list: async (slots) => this.places.filter((place) => slots === undefined || slots.includes(place.slot)) },
      hub: this.hub,
      producer,
      holder: `${name}-${Math.random().toString(36).slice(2)}`,
      slots: SLOTS,
      leaseTtlMs: LEASE_TTL_MS,
      log: silentLogger,
      limits: { batchCountMax: 40, breakerFailuresMax: 2, breakerWaitMinMs: 100, breakerWaitMaxMs: 500 },
      ...over,
    });
    cleanups.push(() => relay.stop());
    return relay;
  }

  /** At least once, first occurrences in order, nothing skipped; and the cursors say so too. */
  async expectDelivered(): Promise<void> {
    const ends = (place: LedgerLocation): boolean => (published.get(place.ledger) ?? []).includes(this.heads.get(place.number) ?? 0n);
    await until('everything is in Kafka', () => this.places.every(ends));
    for (const place of this.places) {
      let seen = 0n;
      for (const position of published.get(place.ledger) ?? []) {
        if (position > seen + 1n) throw new Error(`${place.ledger}: ${position} overtook ${seen + 1n}`);
        if (position > seen) seen = position;
      }
      expect(seen).toBe(this.heads.get(place.number));
    }
    await until('the cursors are at the heads', async () => {
      const { rows } = await this.pool.query(
        'select c.ledger, c.position, h.position as head from ledger.heads h left join ledger.relay_cursors c using (ledger)',
      );
      return rows.every((row: { position: string; head: string }) => row.position === row.head);
    });
  }
}

/** Stops everything that goes through it, as SIGSTOP would. */
class Suspension {
  private gate: Promise<void> | null = null;
  private open: () => void = () => undefined;
  private readonly entered = new Set<string>();

  suspend(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    this.open = resolve;
  }

  resume(): void {
    this.gate = null;
    this.open();
  }

  isHeldIn(what: string): boolean {
    return this.entered.has(what);
  }

  sql(sql: Sql): Sql {
    return {
      query: async (text, values) => {
        await this.pass('sql');
        const result = await sql.query(text, values);
        await this.pass('sql result');
        return result;
      },
    };
  }

  producer(inner: KafkaProducer): Pick<KafkaProducer, 'sendBatch'> {
    return {
      sendBatch: async (topic, messages) => {
        await this.pass('send');
        await inner.sendBatch(topic, messages);
      },
    };
  }

  private async pass(what: string): Promise<void> {
    if (this.gate === null) return;
    this.entered.add(what);
    await this.gate;
  }
}

beforeAll(async () => {
  [postgres, broker] = await Promise.all([createTestPostgres({ fsync: false }), startKafka()]);
  kafka = createKafka({ brokers: broker.brokers, clientId: 'test', log: silentLogger });
  await ensureRecordsTopic(kafka.admin(), SLOTS);
  producer = kafka.producer({ sendTimeoutMs: 4_000 });
  reader = kafka.consumer({
    groupId: 'reader',
    topic: RECORDS_TOPIC,
    limits: { restartDelayMaxMs: 500, sessionTimeoutMs: 6_000, heartbeatIntervalMs: 500 },
    handleBatch: async (partition, messages) => {
      for (const { key, value, headers } of messages) {
        const record = JSON.parse(`${value?.toString()}`) as { ledger: string; ledgerNumber: number; ledgerUuid: string; position: string };
        if (key !== record.ledger || partition !== record.ledgerNumber % SLOTS) throw new Error('a record at the wrong place');
        if (headers['ce_id'] !== `${record.ledgerUuid}/1/${record.position}`) throw new Error('a record with the wrong headers');
        const positions = published.get(record.ledger) ?? [];
        positions.push(BigInt(record.position));
        published.set(record.ledger, positions);
      }
    },
  });
  reader.start();
}, 90_000);

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await reader?.stop();
  await producer?.close();
  await Promise.all([postgres?.stop(), broker?.stop()]);
});

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
