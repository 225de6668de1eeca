import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startKafka } from '@ledgerflow/e2e/kafka';
import type { RunningKafka } from '@ledgerflow/e2e/kafka';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '../log/index.ts';
import { Registry } from '../metrics/index.ts';
import { createKafka } from './index.ts';
import type { ConsumerLimits, ConsumerOptions, KafkaClient, KafkaConsumer, OutgoingMessage } from './index.ts';

const DEADLINE_MS = 45_000;
/** Short enough to see a crash, its report and the recovery within a test. */
const LIMITS: Partial<ConsumerLimits> = {
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 300,
  quietLimitMs: 2_000,
  stallLimitMs: 8_000,
  restartDelayMinMs: 100,
  restartDelayMaxMs: 500,
  restartsMax: 100,
};

let broker: RunningKafka;
let kafka: KafkaClient;
const metrics = new Registry();
let topics = 0;
const consumers: KafkaConsumer[] = [];

async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = DEADLINE_MS): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await delay(20)) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
  }
}

async function newTopic(partitions: number): Promise<string> {
  const topic = `test-${++topics}`;
  await kafka.admin().ensureTopics([{ topic, partitions }]);
  return topic;
}

function consume(options: Omit<ConsumerOptions, 'limits'>): KafkaConsumer {
  const consumer = kafka.consumer({ ...options, limits: LIMITS });
  consumers.push(consumer);
  consumer.start();
  return consumer;
}

const messages = (partition: number, from: number, to: number): OutgoingMessage[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    partition,
    key: `k${partition}`,
    value: `${from + i}`,
    headers: { n: `${from + i}` },
  }));

beforeAll(async () => {
  broker = await startKafka();
  kafka = createKafka({ brokers: broker.brokers, clientId: 'test', log: silentLogger, metrics });
}, 60_000);

afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
});

afterAll(async () => {
  await broker.stop();
});

describe('topics', () => {
  it('are made once, by however many ask, with their settings; another number of partitions is refused', async () => {
    const plan = { topic: 'records', partitions: 5, configs: { 'max.message.bytes': '8388608' } };
    await Promise.all([kafka.admin().ensureTopics([plan]), kafka.admin().ensureTopics([plan])]);
    expect(await kafka.admin().partitionCount('records')).toBe(5);
    expect(await kafka.admin().partitionCount('missing')).toBeNull();
    await expect(kafka.admin().ensureTopics([{ ...plan, partitions: 6 }])).rejects.toThrow('has 5 partitions, not 6');
    const producer = kafka.producer();
    await producer.sendBatch('records', [{ partition: 4, key: 'k', value: 'x'.repeat(6 * 1024 * 1024) }]);
    await producer.close();
  });
});

describe('the producer', () => {
  it('fails within its time while the broker is away, is red then, and sends again afterwards without loss', async () => {
    const topic = await newTopic(1);
    const producer = kafka.producer({ sendTimeoutMs: 3_000 });
    await producer.sendBatch(topic, messages(0, 1, 10));
    expect(producer.health()).toEqual({ ok: true });
    await broker.kill();
    const began = Date.now();
    await expect(producer.sendBatch(topic, messages(0, 11, 20))).rejects.toThrow();
    expect(Date.now() - began).toBeLessThan(4_000);
    expect(producer.health().ok).toBe(false);
    await broker.restart();
    await until('sending works again', () =>
      producer.sendBatch(topic, messages(0, 11, 20)).then(
        () => true,
        () => false,
      ),
    );
    expect(producer.health()).toEqual({ ok: true });
    const seen: string[] = [];
    consume({ groupId: topic, topic, handleBatch: async (_, batch) => void seen.push(...batch.map((m) => `${m.value?.toString()}`)) });
    await until('all is there', () => seen.includes('20'));
    expect([...new Set(seen)]).toEqual(messages(0, 1, 20).map((m) => m.value));
    await producer.close();
    await expect(producer.sendBatch(topic, messages(0, 1, 1))).rejects.toThrow('closed');
  }, 90_000);

  it('never lets a batch pass for the repetition of one whose fate is unknown', async () => {
    const topic = await newTopic(1);
    const hasty = createKafka({ brokers: broker.brokers, clientId: 'hasty', log: silentLogger, requestTimeoutMs: 500 });
    const producer = hasty.producer();
    await producer.sendBatch(topic, messages(0, 1, 2));
    await broker.kill(0, 'SIGSTOP');
    // The broker gets it and stores it when it wakes; the answers come too late.
    await expect(producer.sendBatch(topic, messages(0, 3, 4))).rejects.toThrow();
    await broker.kill(0, 'SIGCONT');
    const seen: string[] = [];
    consume({ groupId: topic, topic, handleBatch: async (_, batch) => void seen.push(...batch.map((m) => `${m.value?.toString()}`)) });
    await until('it was stored', () => seen.includes('4'));
    // As many messages as before: with the same producer id and sequence the broker would drop them and say that all is well.
    await producer.sendBatch(topic, messages(0, 5, 6));
    await producer.sendBatch(topic, messages(0, 7, 8));
    await until('the last ones', () => seen.includes('8'));
    expect([...new Set(seen)]).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    await producer.close();
  }, 60_000);
});

describe('a consumer', () => {
  it('is red until it has joined, gets each partition in order with its headers, and goes on at the committed offset', async () => {
    const topic = await newTopic(3);
    const producer = kafka.producer();
    for (const partition of [0, 1, 2]) await producer.sendBatch(topic, messages(partition, 1, 1200));
    const seen = new Map<number, string[]>();
    let largest = 0;
    const handleBatch: ConsumerOptions['handleBatch'] = async (partition, batch) => {
      largest = Math.max(largest, batch.length);
      for (const { value, headers } of batch) {
        expect(headers['n']).toBe(value?.toString());
        seen.set(partition, [...(seen.get(partition) ?? []), `${value?.toString()}`]);
      }
    };
    const first = consume({ groupId: topic, topic, handleBatch });
    expect(first.health()).toEqual({ ok: false, reason: expect.stringContaining('joining') });
    await until('all was handled', () => [...seen.values()].flat().length === 3600);
    expect(first.health()).toEqual({ ok: true });
    expect(first.partitions()).toEqual([0, 1, 2]);
    expect(largest).toBe(500);
    for (const values of seen.values()) expect(values).toEqual(messages(0, 1, 1200).map((m) => m.value));
    await first.stop();
    expect(first.health()).toEqual({ ok: false, reason: expect.stringContaining('stopped') });
    seen.clear();
    await producer.sendBatch(topic, messages(1, 1201, 1210));
    consume({ groupId: topic, topic, handleBatch });
    await until('only the new ones come', () => seen.get(1)?.length === 10);
    expect([...seen.keys()]).toEqual([1]);
    await producer.close();
  }, 60_000);

  it('turns red when the broker is killed, and recovers by itself when it is back', async () => {
    const topic = await newTopic(2);
    const producer = kafka.producer();
    const seen = new Set<string>();
    const consumer = consume({
      groupId: topic,
      topic,
      handleBatch: async (_, batch) => batch.forEach((m) => seen.add(`${m.value?.toString()}`)),
    });
    await producer.sendBatch(topic, messages(0, 1, 5));
    await until('consuming', () => seen.size === 5 && consumer.health().ok);
    await broker.kill();
    await until('red', () => !consumer.health().ok, 10_000);
    expect(consumer.health()).toEqual({ ok: false, reason: expect.stringMatching(/crashed|no answered fetch|rejoining/) });
    expect(await metrics.metrics()).toContain(`ledgerflow_kafka_consumer_healthy{group="${topic}"} 0`);
    await until('the supervisor recreates it', () => consumer.restarts() > 0, 20_000);
    expect(consumer.health().ok).toBe(false);
    await broker.restart();
    await until('green', () => consumer.health().ok);
    expect(await metrics.metrics()).toMatch(new RegExp(`ledgerflow_kafka_consumer_restarts_total\\{group="${topic}"\\} [1-9]`));
    await until('sending', () =>
      producer.sendBatch(topic, messages(1, 6, 10)).then(
        () => true,
        () => false,
      ),
    );
    await until('consuming again', () => seen.size === 10);
    await producer.close();
  }, 120_000);

  it('recreates itself after an error that kafkajs never retries, and is red while its handler fails', async () => {
    const topic = await newTopic(1);
    const producer = kafka.producer();
    await producer.sendBatch(topic, messages(0, 1, 3));
    let isBroken = true;
    const seen: string[] = [];
    const consumer = consume({
      groupId: topic,
      topic,
      handleBatch: async (_, batch) => {
        // kafkajs takes a TypeError for a bug and stops for good.
        if (isBroken) throw new TypeError('no such column');
        seen.push(...batch.map((m) => `${m.value?.toString()}`));
      },
    });
    await until('restarted more than once', () => consumer.restarts() > 1);
    expect(consumer.health()).toEqual({ ok: false, reason: expect.stringContaining('no such column') });
    isBroken = false;
    await until('handled', () => seen.length === 3);
    await until('green', () => consumer.health().ok);
    expect(seen).toEqual(['1', '2', '3']);
    await producer.close();
  }, 60_000);

  it('keeps its partitions while a batch takes longer than the session, by heartbeats', async () => {
    const topic = await newTopic(1);
    const producer = kafka.producer();
    await producer.sendBatch(topic, messages(0, 1, 3));
    let calls = 0;
    let sawStale = false;
    const consumer = consume({
      groupId: topic,
      topic,
      handleBatch: async (_, __, context) => {
        calls++;
        const end = Date.now() + (LIMITS.sessionTimeoutMs ?? 0) * 1.5;
        await until('the time passes', () => Date.now() > end);
        sawStale ||= context.isStale();
      },
    });
    await until('handled', () => calls === 1);
    await producer.sendBatch(topic, messages(0, 4, 4));
    await until('the next one', () => calls === 2);
    expect(sawStale).toBe(false);
    expect(consumer.restarts()).toBe(0);
    await producer.close();
  }, 60_000);

  it('stops handling what a rebalance has taken away: the batch goes stale, nothing more of it is handled or committed', async () => {
    const topic = await newTopic(2);
    const producer = kafka.producer();
    for (const partition of [0, 1]) await producer.sendBatch(topic, messages(partition, 1, 40));
    const handled: { by: string; partition: number; value: string; stale: boolean }[] = [];
    let isHeld = true;
    const handler =
      (by: string): ConsumerOptions['handleBatch'] =>
      async (partition, batch, context) => {
        if (by === 'first' && isHeld) await until('the rebalance is noticed', () => context.isStale() || !isHeld);
        for (const { value } of batch) handled.push({ by, partition, value: `${value?.toString()}`, stale: context.isStale() });
      };
    const revoked: number[][] = [];
    const first = consume({
      groupId: topic,
      topic,
      batchCountMax: 10,
      handleBatch: handler('first'),
      onRevoked: (partitions) => {
        revoked.push(partitions);
      },
    });
    await until('the first has both', () => first.partitions().length === 2);
    const second = consume({ groupId: topic, topic, batchCountMax: 10, handleBatch: handler('second') });
    await until('they share', () => first.partitions().length === 1 && second.partitions().length === 1);
    isHeld = false;
    // It was the handler that gave way, not a supervisor that lost patience.
    expect([first.restarts(), second.restarts()]).toEqual([0, 0]);
    expect(revoked[0]).toEqual([0, 1]);
    // The held chunk of 10 was finished as a stale one; the 30 behind it were not touched under the old assignment.
    const stale = handled.filter((h) => h.stale);
    expect(stale.every((h) => h.by === 'first' && Number(h.value) <= 10)).toBe(true);
    const fresh = () => handled.filter((h) => !h.stale);
    await until('all was handled by its owner', () => fresh().length >= 80);
    const [mine] = second.partitions();
    expect(fresh().filter((h) => h.partition === mine && h.by === 'first')).toEqual([]);
    for (const partition of [0, 1]) {
      expect(
        fresh()
          .filter((h) => h.partition === partition)
          .map((h) => h.value),
      ).toEqual(messages(0, 1, 40).map((m) => m.value));
    }
    await producer.close();
  }, 60_000);
});
