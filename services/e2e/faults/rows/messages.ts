import { RECORD_CLOUD_EVENT_TYPE } from '@ledgerflow/contracts';
import { cloudEventHeaders, type RecordIdentity } from '@ledgerflow/platform/kafka';
import type { Random } from '../../driver/index.ts';
import { readLedgerTexts } from '../../stack/replay.ts';
import { trimTopic } from '../../stack/topic.ts';
import type { Fault } from '../harness/fault.ts';
import { recordsOnTopic, sendByHand } from '../harness/topic.ts';

const WRITES = 150;
/** For what was written to come to the topic. */
const RELAY_MS = 2_000;

export const duplicates: Fault = {
  id: 'duplicates',
  title: 'Duplicates on the topic',
  did: 'Every record that was on the topic was sent once more by hand, in order, then all of them again backwards, under load; and one that is no JSON, and one that nobody committed.',
  human: null,
  since: 'end',
  stack: { kafka: true },
  async inflict(site) {
    const lists = await recordsOnTopic(site);
    site.struck();
    let sent = 0;
    for (const [index, records] of lists.entries()) {
      const key = site.scene.ledgers[index] as string;
      const messages = records.map(({ partition, text, headers }) => ({ partition, key, value: text, headers }));
      const [first] = messages;
      const last = records.at(-1);
      if (first === undefined || last === undefined) throw new Error('there is nothing on the topic');
      const forged = JSON.stringify({ ...(JSON.parse(last.text) as object), position: String(last.position + 5) });
      const junk = [forged, 'not JSON at all'].map((value) => ({ ...first, value }));
      await sendByHand(site, [...messages, ...junk, ...messages.toReversed()]);
      sent += messages.length * 2 + junk.length;
    }
    site.note(`${sent} messages sent by hand`);
  },
};

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.whole(0, i);
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

export const reorder: Fault = {
  id: 'reorder',
  title: 'Records out of order on the topic',
  did: `While the way between relay and Kafka was silent, ${WRITES} writes were answered; their records were sent by hand in random order; then the relay sent them too.`,
  human: null,
  since: 'end',
  stack: { kafka: true, links: true },
  async inflict(site) {
    const known = (await recordsOnTopic(site)).map((records) => records.at(-1));
    const proxies = site.stack.links?.of('relay-kafka') ?? [];
    for (const proxy of proxies) proxy.stall();
    site.struck();
    try {
      await site.progress(WRITES);
      for (const [index, ledger] of site.scene.ledgers.entries()) {
        const last = known[index];
        if (last === undefined) throw new Error(`${ledger} has nothing on the topic`);
        const texts = (await readLedgerTexts(site.stack, ledger)).slice(last.position);
        const messages = shuffled(texts, site.random).map((value) => ({
          partition: last.partition,
          key: ledger,
          value,
          headers: cloudEventHeaders(RECORD_CLOUD_EVENT_TYPE, JSON.parse(value) as RecordIdentity),
        }));
        await sendByHand(site, messages);
        site.note(`${messages.length} records of a ledger in random order`);
      }
      await site.wait(RELAY_MS);
    } finally {
      for (const proxy of proxies) proxy.resume();
    }
  },
};

export const gap: Fault = {
  id: 'gap',
  title: 'Gap: records gone before they were read',
  did: `The builder was stopped, ${WRITES} writes went on to Kafka, half of what was unread was deleted from the topic (as retention does), and the builder was started.`,
  human: null,
  since: 'end',
  stack: { kafka: true },
  async inflict(site) {
    const [builder] = site.stack.builders;
    const read = (await recordsOnTopic(site)).map((records) => records.length);
    await builder?.stop();
    site.struck();
    await site.progress(WRITES);
    await site.wait(RELAY_MS);
    let gone = 0;
    for (const [index, records] of (await recordsOnTopic(site)).entries()) {
      const from = read[index] as number;
      const at = records[from + Math.floor((records.length - from) / 2)];
      if (at === undefined) throw new Error('nothing was left unread');
      await trimTopic(site.stack.kafka?.brokers ?? [], at.partition, at.offset);
      gone += records.indexOf(at) - from;
    }
    await builder?.start();
    site.note(`${gone} unread records deleted`);
  },
};
