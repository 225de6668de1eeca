import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import { Kafka, logLevel } from 'kafkajs';

export interface TopicRecord {
  partition: number;
  position: number;
  offset: string;
  text: string;
  headers: Record<string, string>;
}

const READ_TIMEOUT_MS = 20_000;

/** All messages of one ledger on the records topic, in the order of its partition, up to the end as it is now. Read with the bare driver: a witness, not our code. */
export async function readTopic(brokers: readonly string[], ledger: string): Promise<TopicRecord[]> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'witness', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(RECORDS_TOPIC);
  await admin.disconnect();
  const ends = new Map(offsets.filter((one) => Number(one.high) > Number(one.low)).map((one) => [one.partition, Number(one.high)]));
  if (ends.size === 0) return [];
  const consumer = kafka.consumer({ groupId: `witness-${Date.now()}-${Math.random()}`, maxWaitTimeInMs: 200 });
  const records: TopicRecord[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic: RECORDS_TOPIC, fromBeginning: true });
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, READ_TIMEOUT_MS);
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ partition, message }) => {
      if (message.key?.toString() === ledger) {
        const text = message.value?.toString() ?? '';
        const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
        records.push({ partition, position: positionOf(text), offset: message.offset, text, headers });
      }
      if (Number(message.offset) + 1 >= (ends.get(partition) ?? 0)) ends.delete(partition);
      if (ends.size === 0) resolve();
      return Promise.resolve();
    },
  });
  await done;
  clearTimeout(timer);
  await consumer.disconnect();
  if (ends.size > 0) throw new Error(`partitions ${[...ends.keys()].join(', ')} were not read to their end`);
  return records;
}

/** NaN for what is no record. */
function positionOf(text: string): number {
  try {
    return Number((JSON.parse(text) as { position: string }).position);
  } catch {
    return Number.NaN;
  }
}

/** Deletes everything before an offset, as retention does. */
export async function trimTopic(brokers: readonly string[], partition: number, offset: string): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'witness', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  // Has the driver load the topic's metadata, without which it can not delete.
  await admin.fetchTopicOffsets(RECORDS_TOPIC);
  await admin.deleteTopicRecords({ topic: RECORDS_TOPIC, partitions: [{ partition, offset }] });
  await admin.disconnect();
}

/** Deletes the whole topic, as somebody with the wrong console does. */
export async function deleteTopic(brokers: readonly string[]): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'witness', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [RECORDS_TOPIC] });
  await admin.disconnect();
}
