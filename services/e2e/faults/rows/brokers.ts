import { cp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import type { RunningKafka } from '../../kafka/index.ts';
import { deleteTopic } from '../../stack/topic.ts';
import type { Fault, Site } from '../harness/fault.ts';

const DOWN_MS = 10_000;
const UNREAD_WRITES = 100;
/** Of each partition's log, in bytes. */
const TAIL_SHARE = 0.3;

const kafkaOf = ({ stack }: Site): RunningKafka => {
  if (stack.kafka === null) throw new Error('this stack has no Kafka');
  return stack.kafka;
};

export const brokerKilled: Fault = {
  id: 'broker-killed',
  title: 'The only broker killed',
  did: `\`kill -9\`, started again ${DOWN_MS / 1000} s later. Writes went on.`,
  human: null,
  since: 'end',
  stack: { kafka: true },
  async inflict(site) {
    const kafka = kafkaOf(site);
    await kafka.kill();
    site.struck();
    await site.wait(DOWN_MS);
    await kafka.restart();
  },
};

export const oneOfThreeBrokers: Fault = {
  id: 'one-of-three-brokers-killed',
  title: 'One of three brokers killed at min ISR 2',
  did: `\`kill -9\` of one of three brokers (replication factor 3, min.insync.replicas 2); it came back ${DOWN_MS / 1000} s later. Recovery counts from the kill, with two brokers.`,
  human: null,
  since: 'begin',
  stack: { kafka: { brokers: 3 } },
  async inflict(site) {
    const kafka = kafkaOf(site);
    const index = site.random.below(3);
    await kafka.kill(index);
    site.struck();
    await site.wait(DOWN_MS);
    await kafka.restart(index);
    site.note(`broker ${index + 1} was killed`);
  },
};

/** Cuts the end off each partition's newest segment; its indexes are made anew. How many bytes were lost. */
async function cutTails(folder: string): Promise<number> {
  let bytes = 0;
  const data = join(folder, 'data');
  for (const name of await readdir(data)) {
    if (!name.startsWith(`${RECORDS_TOPIC}-`)) continue;
    const partition = join(data, name);
    const files = await readdir(partition);
    const segment = join(
      partition,
      files
        .filter((file) => file.endsWith('.log'))
        .toSorted()
        .at(-1) as string,
    );
    const { size } = await stat(segment);
    const kept = Math.floor(size * (1 - TAIL_SHARE));
    await truncate(segment, kept);
    bytes += size - kept;
    for (const file of files) if (/\.(index|timeindex|txnindex|snapshot)$/.test(file)) await rm(join(partition, file), { force: true });
  }
  return bytes;
}

export const brokerLosesTail: Fault = {
  id: 'broker-loses-tail',
  title: 'Broker loses its tail',
  did: `The builder was suspended, ${UNREAD_WRITES} writes went on to Kafka unread, the broker was killed, the last ${TAIL_SHARE * 100} % of each partition was cut off its disk, and both came back.`,
  human: null,
  since: 'end',
  stack: { kafka: true },
  async inflict(site) {
    const kafka = kafkaOf(site);
    const [builder] = site.stack.builders;
    builder?.signal('SIGSTOP');
    await site.progress(UNREAD_WRITES);
    await kafka.kill();
    site.struck();
    const bytes = await cutTails(kafka.folders[0] as string);
    await kafka.restart();
    builder?.signal('SIGCONT');
    site.note(`${bytes} bytes of records lost by Kafka`);
    if (bytes === 0) throw new Error('there was nothing to lose');
  },
};

export const brokerRestored: Fault = {
  id: 'broker-restored-to-yesterday',
  title: 'Broker restored from an old copy',
  did: 'The broker was stopped, its folder copied, and started again; after more load it was killed and came back with the old copy.',
  human: null,
  since: 'end',
  stack: { kafka: true },
  async inflict(site) {
    const kafka = kafkaOf(site);
    const data = join(kafka.folders[0] as string, 'data');
    await kafka.kill(0, 'SIGTERM');
    await cp(data, `${data}.old`, { recursive: true });
    await kafka.restart();
    await site.progress(UNREAD_WRITES * 2);
    await site.wait(2_000);
    await kafka.kill();
    site.struck();
    await rm(data, { recursive: true });
    await cp(`${data}.old`, data, { recursive: true });
    await kafka.restart();
  },
};

export const topicDeleted: Fault = {
  id: 'topic-deleted',
  title: 'Topic deleted under load',
  did: 'The records topic was deleted by an administrator, while it was written and read.',
  human: null,
  since: 'end',
  stack: { kafka: true },
  async inflict(site) {
    await deleteTopic(kafkaOf(site).brokers);
  },
};
