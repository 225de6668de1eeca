import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { createKafka } from '@ledgerflow/platform/kafka';
import { createPool } from '@ledgerflow/platform/postgres';
import type { ApiClient } from '../stack/client.ts';
import { readTopic } from '../stack/topic.ts';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';
import { Workload } from '../stack/workload.ts';

const BROKER_DOWN_MS = 20_000;
const ACCOUNTS = ['a1', 'a2'];

/** G6, G7, G9: what happens to Kafka and its readers never reaches the books. */
describe('with Kafka', () => {
  let stack: Stack;
  let api: ApiClient;
  let ledgers = 0;

  async function workload(): Promise<{ ledger: string; load: Workload }> {
    const ledger = `kafka-${++ledgers}`;
    await api.seed(ledger, Object.fromEntries(ACCOUNTS.map((account) => [account, '0'])));
    return { ledger, load: new Workload(api, ledger, ACCOUNTS) };
  }

  /** Read tables, with the token of a last write, say what the answered writes add up to. */
  async function expectBalances(ledger: string, load: Workload): Promise<void> {
    await load.settle();
    const expected = await load.verify();
    const last = await api.mustPost(`/ledgers/${ledger}/accounts/a1/deposits`, { amount: '0.01', currency: 'USD' });
    const balances = await until('the read side has caught up', async () => {
      const answers = await Promise.all(
        ACCOUNTS.map((account) =>
          api.get<{ posted: string }>(`/ledgers/${ledger}/accounts/${account}/balance`, {
            consistency: last.headers.get('ledger-consistency'),
          }),
        ),
      );
      return answers.every((answer) => answer.status === 200) ? answers : null;
    });
    expect(balances.reduce((sum, answer) => sum + BigInt(answer.body.posted.replace('.', '')), 0n)).toBe(expected + 1n);
  }

  beforeAll(async () => {
    stack = await Stack.start({ kafka: true, writers: 2, builders: 2, environment: { 'ledger-writer': { RELAY_LEASE_TTL_MS: '3000' } } });
    api = await stack.client({ roles: ['admin'] });
  }, 180_000);
  afterAll(() => stack?.stop(), 60_000);

  it('a broker killed for twenty seconds delays readers only: writes go on, and every record arrives in order', async () => {
    const { ledger, load } = await workload();
    load.start(6);
    await until('load is running', () => load.acknowledged > 50);
    await stack.kafka!.kill();
    const down = Date.now();
    const during = load.acknowledged;
    await until('writes go on without Kafka', () => load.acknowledged > during + 200, BROKER_DOWN_MS);
    await until('the broker stays down for a while', () => Date.now() - down >= BROKER_DOWN_MS, BROKER_DOWN_MS + 5_000);
    await stack.kafka!.restart();
    await expectBalances(ledger, load);
    const head = await api.get<{ position: string }>(`/ledgers/${ledger}`);
    const records = await until('all records are on the topic', async () => {
      const all = await readTopic(stack.kafka!.brokers, ledger);
      return new Set(all.map((record) => record.position)).size === Number(head.body.position) ? all : null;
    });
    // First occurrences in ledger order; a repetition may follow, a gap may not.
    let next = 1;
    for (const record of records) {
      expect(record.position).toBeLessThanOrEqual(next);
      if (record.position === next) next++;
    }
  }, 120_000);

  it('a paused relay that wakes up after its lease was taken repeats at most, never skips', async () => {
    const { ledger, load } = await workload();
    load.start(4);
    await until('load is running', () => load.acknowledged > 50);
    stack.writers[0]!.signal('SIGSTOP');
    const before = load.acknowledged;
    await until('the other writer has taken over', () => load.acknowledged > before + 100, 30_000);
    stack.writers[0]!.signal('SIGCONT');
    const after = load.acknowledged;
    await until('both go on', () => load.acknowledged > after + 100, 30_000);
    await expectBalances(ledger, load);
    const records = await readTopic(stack.kafka!.brokers, ledger);
    let next = 1;
    for (const record of records) {
      expect(record.position).toBeLessThanOrEqual(next);
      if (record.position === next) next++;
    }
  }, 120_000);

  it('a builder killed in the middle of a batch loses and doubles nothing', async () => {
    const { ledger, load } = await workload();
    load.start(6);
    for (const builder of stack.builders) {
      const before = load.acknowledged;
      await until('load is running', () => load.acknowledged > before + 50);
      await builder.kill();
      await builder.start();
    }
    await expectBalances(ledger, load);
  }, 120_000);

  it('duplicates, old records and a gap put into the topic by hand change nothing', async () => {
    const { ledger, load } = await workload();
    load.start(4);
    await until('load is running', () => load.acknowledged > 100);
    await load.settle();
    const kafka = createKafka({ brokers: stack.kafka!.brokers, clientId: 'intruder', log: silentLogger });
    const producer = kafka.producer();
    const records = await readTopic(stack.kafka!.brokers, ledger);
    const again = [records[5]!, records[0]!, records[records.length - 1]!, records[records.length - 1]!];
    await producer.sendBatch(
      RECORDS_TOPIC,
      again.map((record) => ({ partition: record.partition, key: ledger, value: record.text, headers: record.headers })),
    );
    // A gap: the record after the next is there before the next one is. The builder refills from the log or waits, it never jumps.
    const forged = JSON.parse(records[records.length - 1]!.text) as { position: string; previousHash: string };
    forged.position = String(records[records.length - 1]!.position + 5);
    await producer.sendBatch(RECORDS_TOPIC, [
      { partition: records[0]!.partition, key: ledger, value: JSON.stringify(forged), headers: records[0]!.headers },
    ]);
    await producer.close();
    const more = new Workload(api, ledger, ACCOUNTS);
    await more.settle();
    await expectBalances(ledger, load);
    const read = createPool({ url: stack.urls.readGateway, max: 1, applicationName: 'test', log: silentLogger });
    try {
      const { rows } = await read.query<{ entries: string; versions: string }>(
        `select count(*)::text as entries, count(distinct (account, version))::text as versions from read.account_statement where ledger = (select ledger from read.checkpoints where id = $1)`,
        [ledger],
      );
      expect(rows[0]!.entries).toBe(rows[0]!.versions);
    } finally {
      await read.end();
    }
  }, 120_000);
});
