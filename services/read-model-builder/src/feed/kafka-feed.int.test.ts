import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { recordToJson, slotOf, type LedgerRecord } from '@ledgerflow/contracts';
import { startKafka, type RunningKafka } from '@ledgerflow/e2e/kafka';
import { createKafka, type KafkaClient, type KafkaProducer, type OutgoingMessage } from '@ledgerflow/platform/kafka';
import { silentLogger } from '@ledgerflow/platform/log';
import { appliedPosition } from '@ledgerflow/read-model';
import { recomputeDigest } from '@ledgerflow/read-model/projections';
import { forged, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { startTestBuilder, until, type TestBuilder } from '../testing/builder.ts';
import { FakeWriter, testCertificates } from '../testing/fake-writer.ts';

const SLOTS = 32;
const NEVER_MS = 3_600_000;

let broker: RunningKafka;
let kafka: KafkaClient;
let producer: KafkaProducer;
let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let db: ReadDatabase;
let writer: FakeWriter;
let topic: string;
let topics = 0;
let builders: TestBuilder[];

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
  topic = `records-${++topics}`;
  await kafka.admin().ensureTopics([{ topic, partitions: SLOTS }]);
  db = await server.create();
  writer = new FakeWriter();
  await writer.start(tls.writer);
  builders = [];
});
afterEach(async () => {
  await Promise.all(builders.map((builder) => builder.stop()));
  await writer.stop();
});

/** sweepIntervalMs: how soon heads beyond their checkpoints are noticed; by default never, so that only messages move the ledgers. */
async function start(sweepIntervalMs = NEVER_MS): Promise<TestBuilder> {
  const client = createKafka({ brokers: broker.brokers, clientId: 'builder', log: silentLogger });
  const builder = await startTestBuilder(db, `127.0.0.1:${writer.port}`, tls.builder, {
    kafka: { client, groupId: `group-${topic}`, topic },
    sweepIntervalMs,
  });
  builders.push(builder);
  return builder;
}

function addLedger(id: string, number: number): TestLedger {
  const ledger = new TestLedger(id, number);
  ledger.open('a');
  ledger.open('b');
  for (let i = 0; i < 97; i++) ledger.transfer('a', 'b', 1n);
  writer.ledgers.set(id, ledger);
  return ledger;
}

const message = (record: LedgerRecord, value = recordToJson(record)): OutgoingMessage => ({
  partition: slotOf(record.ledger, SLOTS),
  key: record.ledger,
  value,
});
const send = (records: readonly LedgerRecord[]): Promise<void> =>
  producer.sendBatch(
    topic,
    records.map((record) => message(record)),
  );

async function expectWhole(ledger: TestLedger): Promise<void> {
  await until(`${ledger.id} is applied`, async () => (await appliedPosition(db.gateway, ledger.id))?.position === ledger.position, 40_000);
  for (const { kept, recomputed } of await recomputeDigest(db.builder, ledger.number)) expect(kept).toEqual(recomputed);
  const state = await db.builder.query(
    `select encode(digest, 'hex') as digest from read.projections where ledger = $1 and projection = 'account_summary'`,
    [ledger.number],
  );
  expect(BigInt(`0x${state.rows[0].digest}`)).toBe(ledger.accountDigest);
}

describe('the Kafka feed', () => {
  it('applies what the topic has, twice as once, and needs no log for it', async () => {
    const [a, b] = [addLedger('a', 1), addLedger('b', 2)];
    await send([...a.records, ...b.records]);
    const builder = await start();
    await expectWhole(a);
    await expectWhole(b);
    await send([...a.records.slice(40, 60), ...b.records]);
    a.transfer('a', 'b', 5n);
    await send(a.records.slice(-1));
    await expectWhole(a);
    expect(writer.readLogs).toBe(0);
    await until('ready', () => builder.health.ready);
    expect(await builder.metrics.metrics()).toMatch(/outcome="duplicate"\} 1?\d\d/);
  });

  it('gaps and junk put into the topic by hand change nothing', async () => {
    const [ledger, well] = [addLedger('books', 1), addLedger('well', 2)];
    const at = (position: number): LedgerRecord => ledger.records[position - 1] as LedgerRecord;
    const partition = slotOf('books', SLOTS);
    await producer.sendBatch(topic, [
      ...ledger.records.slice(0, 10).map((record) => message(record)),
      { partition, key: 'books', value: 'no JSON' },
      { partition, key: 'nobody', value: recordToJson(at(5)) },
      { partition, key: 'no\0body', value: recordToJson(at(5)) },
      message(forged(at(11), { previousHash: 'ab'.repeat(32) })),
      message(forged(at(11), { epoch: 9 })),
      message(at(12), recordToJson(at(12)).replace('"amount":"1"', '"amount":"1000"')),
      message(at(30)),
      message(at(20)),
      ...ledger.records.slice(60).map((record) => message(record)),
      message(forged(at(99), { position: 500n })),
      ...well.records.map((record) => message(record)),
    ]);
    const builder = await start();
    await expectWhole(ledger);
    await expectWhole(well);
    expect(writer.readLogs).toBeGreaterThan(0);
    // A message of a position that the log does not have is dismissed, and said so; no ledger stops for what is not in its log.
    await until('the feed goes on', async () => (await builder.metrics.metrics()).includes('outcome="dismissed"'));
    ledger.transfer('a', 'b', 1n);
    await send(ledger.records.slice(-1));
    await expectWhole(ledger);
    expect((await appliedPosition(db.gateway, 'books'))?.stoppedReason).toBeNull();
  });

  it('with an empty topic the log is read, and a group that has committed more than was applied loses nothing', async () => {
    const ledger = addLedger('books', 1);
    const first = await start(100);
    await expectWhole(ledger);
    expect(writer.readLogs).toBeGreaterThan(0);
    await send(ledger.records);
    ledger.transfer('a', 'b', 1n);
    await send(ledger.records.slice(-1));
    await expectWhole(ledger);
    await first.stop();
    builders = [];
    // The read model is restored from a copy of before, the group's offsets are not.
    db = await server.create();
    await start(100);
    await expectWhole(ledger);
  });
});
