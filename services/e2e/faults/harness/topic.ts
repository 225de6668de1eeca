import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import { createKafka, type OutgoingMessage } from '@ledgerflow/platform/kafka';
import { silentLogger } from '@ledgerflow/platform/log';
import { readTopic, type TopicRecord } from '../../stack/topic.ts';
import type { Site } from './fault.ts';

function brokersOf({ stack }: Site): string[] {
  if (stack.kafka === null) throw new Error('this stack has no Kafka');
  return stack.kafka.brokers;
}

/** All records of the run's ledgers that are on the topic now, in the order of their partitions. */
export async function recordsOnTopic(site: Site): Promise<TopicRecord[][]> {
  const lists: TopicRecord[][] = [];
  for (const ledger of site.scene.ledgers) lists.push(await readTopic(brokersOf(site), ledger));
  return lists;
}

/** Sends by hand, past the relay. */
export async function sendByHand(site: Site, messages: readonly OutgoingMessage[]): Promise<void> {
  const producer = createKafka({ brokers: brokersOf(site), clientId: 'intruder', log: silentLogger }).producer();
  try {
    await producer.sendBatch(RECORDS_TOPIC, [...messages]);
  } finally {
    await producer.close();
  }
}

/** G6: first occurrences in the order of the ledger, without a gap; repetitions may follow. Throws at the first that is not so; else how many repetitions there are. */
export async function repetitionsOnTopic(site: Site): Promise<number> {
  let repetitions = 0;
  for (const records of await recordsOnTopic(site)) {
    let next = records[0]?.position ?? 1;
    for (const { position } of records) {
      if (position > next) throw new Error(`position ${position} follows ${next - 1} on the topic`);
      if (position === next) next += 1;
      else repetitions += 1;
    }
  }
  return repetitions;
}
