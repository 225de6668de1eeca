import { silentLogger } from '@ledgerflow/platform/log';
import { createKafka, type TopicState } from '@ledgerflow/platform/kafka';
import { reasonOf } from '../ask.ts';
import type { Context } from '../context.ts';
import { fail, ok, type Result, skipped, warn } from '../finding.ts';
import { relayOf } from './relay.ts';
import { MESSAGE_BYTES_MAX } from '../../../ledger-writer/src/outbox/topic.ts';

const MIN_ISR = 'min.insync.replicas';
const MESSAGE_MAX = 'max.message.bytes';

/** What is wrong with the records topic; an ok if nothing is. */
export function judgeTopic(topic: string, state: TopicState | null, slots: number): Result[] {
  const subject = `topic ${topic}`;
  if (state === null) return [fail(subject, 'does not exist', 'run npm run bootstrap with KAFKA_BROKERS')];
  const { partitions, replicationFactor, underReplicated, inSyncMin, configs } = state;
  const minIsr = Number(configs[MIN_ISR] ?? 1);
  const results: Result[] = [];
  if (partitions !== slots)
    results.push(
      fail(
        subject,
        `has ${partitions} partitions, SLOTS is ${slots}`,
        'partition = slot, and slots never change: give SLOTS its first value, or restore the topic',
      ),
    );
  if (inSyncMin < minIsr)
    results.push(
      fail(subject, `${inSyncMin} replicas are in sync, ${MIN_ISR} is ${minIsr}: nothing can be sent`, 'bring the missing brokers back'),
    );
  else if (underReplicated > 0)
    results.push(warn(subject, `${underReplicated} partitions lack replicas in sync`, 'bring the missing brokers back'));
  if (replicationFactor < 3 || minIsr < 2)
    results.push(
      warn(
        subject,
        `replication factor ${replicationFactor}, ${MIN_ISR} ${minIsr}: the loss of one broker loses or stops messages (the log keeps all records)`,
        `in production have 3 replicas and ${MIN_ISR}=2`,
      ),
    );
  if (minIsr > 1 && minIsr >= replicationFactor)
    results.push(
      warn(
        subject,
        `${MIN_ISR} is the replication factor: one broker that stops, stops delivery`,
        `set ${MIN_ISR} below the replication factor`,
      ),
    );
  if (Number(configs[MESSAGE_MAX] ?? MESSAGE_BYTES_MAX) < MESSAGE_BYTES_MAX)
    results.push(
      fail(subject, `${MESSAGE_MAX} is ${configs[MESSAGE_MAX]}: large records stop their slot`, `set it to ${MESSAGE_BYTES_MAX} or more`),
    );
  return results.length > 0
    ? results
    : [ok(subject, `${partitions} partitions, replication factor ${replicationFactor}, ${MIN_ISR} ${minIsr}`)];
}

/** Kafka and the records topic, where Kafka is used. */
export async function topics({ installation }: Context): Promise<Result[]> {
  const { kafka } = installation;
  if (kafka === null) {
    const relay = await relayOf(installation);
    if (relay === 'off') return [ok('Kafka', 'is not used: the read side is fed from the log')];
    const known = relay === 'on' ? 'is used, and its address is not known' : 'whether it is used is not known';
    return [skipped('Kafka', known, 'set KAFKA_BROKERS if the writers have it, else OPS_ADDRESSES, where they say that they do not')];
  }
  try {
    const admin = createKafka({
      brokers: kafka.brokers,
      clientId: 'ledgerflow-doctor',
      log: silentLogger,
      requestTimeoutMs: 3_000,
    }).admin();
    return judgeTopic(kafka.topic, await admin.describeTopic(kafka.topic, [MIN_ISR, MESSAGE_MAX]), kafka.slots);
  } catch (error) {
    return [
      fail('Kafka', `does not answer at ${kafka.brokers.join(', ')}: ${reasonOf(error)}`, 'start the brokers, or correct KAFKA_BROKERS'),
    ];
  }
}
