import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import { startKafka } from '@ledgerflow/e2e/kafka';
import type { RunningKafka } from '@ledgerflow/e2e/kafka';
import { createTestPostgres } from '@ledgerflow/local/postgres';
import type { TestPostgres } from '@ledgerflow/local/postgres';
import { createKafka } from '@ledgerflow/platform/kafka';
import type { KafkaClient, KafkaConsumer, KafkaProducer } from '@ledgerflow/platform/kafka';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool } from '@ledgerflow/platform/postgres';
import type { Pool } from '@ledgerflow/platform/postgres';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LedgerLocation } from '../application/store.ts';
import { CommitHub, Relay, TopicRestorer, ensureRecordsTopic } from './index.ts';
import type { RelayOptions } from './index.ts';
import type { Sql } from './sql.ts';

export const SLOTS = 8;
const LEASE_TTL_MS = 1_500;
const DEADLINE_MS = 40_000;
const SQL_FILE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'sql', 'ledger', '003.do.relay.sql');

let postgres: TestPostgres;
export let broker: RunningKafka;
let kafka: KafkaClient;
export let producer: KafkaProducer;
let reader: KafkaConsumer;
/** Positions in the order of the partition, by ledger id. */
export const published = new Map<string, bigint[]>();
let ledgers = 0;
const cleanups: (() => Promise<unknown>)[] = [];

export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = DEADLINE_MS): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await delay(20)) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
  }
}

/** One cluster's log, as the writer would leave it. */
export class Log {
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
      topicRestorer: new TopicRestorer(() => ensureRecordsTopic(kafka.admin(), SLOTS), silentLogger),
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
export class Suspension {
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

/** PostgreSQL, Kafka and a reader of the topic, for one test file. */
export function useServers(): void {
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
          const record = JSON.parse(`${value?.toString()}`) as {
            ledger: string;
            ledgerNumber: number;
            ledgerUuid: string;
            position: string;
          };
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
}
