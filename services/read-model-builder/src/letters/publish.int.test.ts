import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { recordToJson, slotOf, type LedgerRecord } from '@ledgerflow/contracts';
import { startKafka, type RunningKafka } from '@ledgerflow/e2e/kafka';
import { createKafka, type KafkaClient, type KafkaConsumer, type KafkaProducer } from '@ledgerflow/platform/kafka';
import { silentLogger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, type Projection } from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { startTestBuilder, until, type TestBuilder } from '../testing/builder.ts';
import { FakeWriter, testCertificates } from '../testing/fake-writer.ts';
import { DEAD_LETTERS_TOPIC } from './publish.ts';

const SLOTS = 32;

interface Message {
  partition: number;
  key: string | null;
  headers: Readonly<Record<string, string>>;
  value: Record<string, unknown>;
}

let broker: RunningKafka;
let kafka: KafkaClient;
let producer: KafkaProducer;
let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let db: ReadDatabase;
let writer: FakeWriter;
let builder: TestBuilder | null;
let consumer: KafkaConsumer | null;
let messages: Message[];
let ledger: TestLedger;
let tests = 0;
/** Positions of records that a projection of accounts refuses. */
let poison: Set<bigint>;

beforeAll(async () => {
  [broker, server, tls] = await Promise.all([startKafka(), startReadServer(), testCertificates()]);
  kafka = createKafka({ brokers: broker.brokers, clientId: 'test', log: silentLogger });
  producer = kafka.producer();
}, 90_000);
afterAll(async () => {
  await producer.close();
  await Promise.all([broker.stop(), server.stop(), tls.remove()]);
});
beforeEach(async () => {
  tests += 1;
  await kafka.admin().ensureTopics([{ topic: topic(), partitions: SLOTS }]);
  db = await server.create();
  writer = new FakeWriter();
  await writer.start(tls.writer);
  [builder, consumer, messages, poison] = [null, null, [], new Set()];
  ledger = new TestLedger(`books-${tests}`, 1);
  for (const id of ['alice', 'bob', 'carol', 'dave']) ledger.open(id);
  writer.ledgers.set(ledger.id, ledger);
});
afterEach(async () => {
  await Promise.all([consumer?.stop(), builder?.stop()]);
  await writer.stop();
});

const topic = (): string => `records-${tests}`;

const poisoned = (): Projection[] =>
  PROJECTIONS.map((projection): Projection => {
    const project = (record: LedgerRecord): unknown => {
      if (projection.name === 'account_summary' && poison.has(record.position)) throw new Error('poison');
      return projection.project(record);
    };
    return { ...projection, project };
  });

async function start(pool: Pool = db.builder): Promise<void> {
  const client = createKafka({ brokers: broker.brokers, clientId: 'builder', log: silentLogger });
  builder = await startTestBuilder({ builder: pool }, `127.0.0.1:${writer.port}`, tls.builder, {
    kafka: { client, groupId: `group-${topic()}`, topic: topic() },
    projections: poisoned(),
  });
}

async function restart(): Promise<void> {
  await builder?.stop();
  await start();
}

/** What the topic has of this test's ledger, from its beginning. */
function listen(): void {
  consumer = kafka.consumer({
    groupId: `watcher-${tests}`,
    topic: DEAD_LETTERS_TOPIC,
    handleBatch: async (partition, batch) => {
      for (const { key, headers, value } of batch)
        if (key === ledger.id) messages.push({ partition, key, headers, value: JSON.parse(value?.toString() ?? '') });
    },
  });
  consumer.start();
}

const send = (records: readonly LedgerRecord[]): Promise<void> =>
  producer.sendBatch(
    topic(),
    records.map((record) => ({ partition: slotOf(record.ledger, SLOTS), key: record.ledger, value: recordToJson(record) })),
  );
function park(from: string, to: string): LedgerRecord {
  const record = ledger.transfer(from, to, 1n);
  poison.add(record.position);
  return record;
}
const appliedTo = (position: bigint) =>
  until(
    `the feed is at ${position}`,
    async () => {
      const { rows } = await db.builder.query<{ position: string }>('select position from read.checkpoints where ledger = $1', [
        ledger.number,
      ]);
      return rows[0]?.position === `${position}`;
    },
    40_000,
  );
/** How many letters there are, and of how many it is noted that they were published. */
const counts = async (): Promise<[number, number]> => {
  const { rows } = await db.builder.query<{ letters: number; published: number }>(
    'select count(*)::int as letters, count(published_at)::int as published from read.dead_letters',
  );
  return [rows[0]?.letters ?? 0, rows[0]?.published ?? 0];
};
const published = (count: number) => until(`${count} are published`, async () => (await counts())[1] === count, 40_000);
const positions = (): unknown[] => messages.map(({ value }) => value['position']);

describe('parked records', () => {
  it('are told to Kafka once each, in a topic that is made for the first of them; a restart repeats none', async () => {
    await start();
    await send(ledger.records);
    await appliedTo(ledger.position);
    expect(await kafka.admin().partitionCount(DEAD_LETTERS_TOPIC)).toBeNull();

    const refused = park('alice', 'bob');
    const waits = ledger.transfer('bob', 'carol', 2n);
    await send(ledger.records.slice(-2));
    await published(2);
    expect(await kafka.admin().partitionCount(DEAD_LETTERS_TOPIC)).toBe(SLOTS);
    listen();
    await until('both have come', () => messages.length >= 2, 40_000);

    await restart();
    const last = park('dave', 'dave');
    await send(ledger.records.slice(-1));
    await until('the next one has come', () => positions().includes(`${last.position}`), 40_000);
    // One partition, so whatever was sent before the last one has come before it.
    expect(positions()).toEqual([refused, waits, last].map(({ position }) => `${position}`));
    const { rows } = await db.builder.query<{ id: string; parked_at: string }>(
      `select id, to_char(parked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as parked_at from read.dead_letters order by id`,
    );
    const numberOf = (id: string) => ledger.accounts.get(id)?.number;
    const about = { partition: slotOf(ledger.id, SLOTS), key: ledger.id, headers: {} };
    expect(messages.slice(0, 2)).toEqual([
      {
        ...about,
        value: {
          id: rows[0]?.id,
          ledger: ledger.id,
          position: `${refused.position}`,
          accounts: [numberOf('alice'), numberOf('bob')],
          projections: ['account_summary'],
          error: 'account_summary: poison',
          parkedAt: rows[0]?.parked_at,
          record: recordToJson(refused),
        },
      },
      {
        ...about,
        value: {
          id: rows[1]?.id,
          ledger: ledger.id,
          position: `${waits.position}`,
          accounts: [numberOf('bob')],
          projections: [],
          error: null,
          parkedAt: rows[1]?.parked_at,
          record: recordToJson(waits),
        },
      },
    ]);
  }, 120_000);

  it('wait for Kafka while it is away, and are told when it is back', async () => {
    await start();
    await send(ledger.records);
    const before = park('alice', 'bob');
    await send(ledger.records.slice(-1));
    await published(1);
    await broker.kill();
    const meanwhile = [park('alice', 'bob'), park('carol', 'dave')];
    // No message tells of them: the sweep does.
    await appliedTo(ledger.position);
    expect(await counts()).toEqual([3, 1]);
    await broker.restart();
    await published(3);
    listen();
    await until('all have come', () => messages.length >= 3, 40_000);
    expect([...new Set(positions())]).toEqual([before, ...meanwhile].map(({ position }) => `${position}`));
  }, 180_000);

  it('are told again when it could not be noted that they were', async () => {
    let lost = 0;
    const pool = new Proxy(db.builder, {
      get: (of, name) => {
        if (name !== 'query') {
          const value: unknown = Reflect.get(of, name);
          return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(of) : value;
        }
        return (...args: unknown[]) => {
          if (!String(args[0]).includes('set published_at') || lost > 0)
            return (of.query as (...all: unknown[]) => unknown).apply(of, args);
          lost += 1;
          return Promise.reject(new Error('Connection terminated unexpectedly'));
        };
      },
    });
    await start(pool);
    const refused = park('alice', 'bob');
    await send(ledger.records);
    await published(1);
    listen();
    await until('it has come twice', () => messages.length >= 2, 40_000);
    expect([lost, positions()]).toEqual([1, [`${refused.position}`, `${refused.position}`]]);
  }, 120_000);

  it('that are large do not go together: the brokers take so much at once and no more', async () => {
    await send(ledger.records);
    await start();
    await appliedTo(ledger.position);
    // Each is 6 MiB in JSON; all at once would be more than the topic takes in one batch.
    await db.builder.query(
      `insert into read.dead_letters (ledger, position, accounts, error, record) select $1, n, '{}', 'poison', repeat('"', 3 * 1024 * 1024) from generate_series(1, 4) n`,
      [ledger.number],
    );
    await published(4);
    listen();
    await until('all have come', () => messages.length >= 4, 40_000);
    expect(positions()).toEqual(['1', '2', '3', '4']);
    expect(messages.every(({ value }) => value['record'] === '"'.repeat(3 * 1024 * 1024))).toBe(true);
  }, 120_000);
});
