import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { createKafka } from '@ledgerflow/platform/kafka';
import { createPool } from '@ledgerflow/platform/postgres';
import type { ApiClient } from '../stack/client.ts';
import { readTopic, type TopicRecord, trimTopic } from '../stack/topic.ts';
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

  /** First occurrences in ledger order up to the last; a repetition may follow, a gap may not. */
  function expectInOrder(records: TopicRecord[], last: number): void {
    let next = 1;
    for (const record of records) {
      expect(record.position).toBeLessThanOrEqual(next);
      if (record.position === next) next++;
    }
    expect(next).toBe(last + 1);
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
    expectInOrder(records, Number(head.body.position));
  }, 120_000);

  it('a paused relay that wakes up after its slots were taken repeats at most, never skips', async () => {
    const loads = await Promise.all(Array.from({ length: 4 }, workload));
    for (const { load } of loads) load.start(2);
    const acknowledged = (): number => loads.reduce((sum, { load }) => sum + load.acknowledged, 0);
    const database = createPool({
      url: stack.postgres.superuserUrl('ledgerflow_ledger'),
      max: 1,
      applicationName: 'witness',
      log: silentLogger,
    });
    const holders = async (): Promise<number> => {
      const { rows } = await database.query<{ holders: string }>(
        'select count(distinct holder) as holders from ledger.relay_slots where expires_at > clock_timestamp()',
      );
      return Number(rows[0]!.holders);
    };
    try {
      await until('both relays hold slots', async () => (await holders()) === 2, 30_000);
      await until('load is running', () => acknowledged() > 100);
      stack.writers[0]!.signal('SIGSTOP');
      await until('the other relay holds all slots', async () => (await holders()) === 1, 30_000);
      const before = acknowledged();
      await until('writes go on', () => acknowledged() > before + 100, 30_000);
      stack.writers[0]!.signal('SIGCONT');
      await until('both relays hold slots again', async () => (await holders()) === 2, 30_000);
    } finally {
      await database.end();
    }
    for (const { ledger, load } of loads) {
      await expectBalances(ledger, load);
      const head = await api.get<{ position: string }>(`/ledgers/${ledger}`);
      expectInOrder(await readTopic(stack.kafka!.brokers, ledger), Number(head.body.position));
    }
  }, 180_000);

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

  it('duplicates, old records and a record that nobody committed, put into the topic by hand, change nothing', async () => {
    const { ledger, load } = await workload();
    load.start(4);
    await until('load is running', () => load.acknowledged > 100);
    await load.settle();
    const kafka = createKafka({ brokers: stack.kafka!.brokers, clientId: 'intruder', log: silentLogger });
    const producer = kafka.producer();
    const records = await until('all records are on the topic', async () => {
      const all = await readTopic(stack.kafka!.brokers, ledger);
      return all.length >= load.acknowledged ? all : null;
    });
    const [first, sixth, last] = [records[0]!, records[5]!, records.at(-1)!];
    const forged = { ...(JSON.parse(last.text) as object), position: String(last.position + 5) };
    const messages = [...[sixth, first, last, last].map((record) => record.text), JSON.stringify(forged), 'not JSON at all'];
    await producer.sendBatch(
      RECORDS_TOPIC,
      messages.map((value) => ({ partition: first.partition, key: ledger, value, headers: first.headers })),
    );
    await producer.close();
    await expectBalances(ledger, load);
    await expectEntriesOnce(ledger);
  }, 120_000);

  it('records that Kafka lost before they were read are fetched from the log', async () => {
    for (const builder of stack.builders) await builder.stop();
    const { ledger, load } = await workload();
    load.start(4);
    await until('load is running', () => load.acknowledged > 200);
    await load.settle();
    const records = await until('all records are on the topic', async () => {
      const all = await readTopic(stack.kafka!.brokers, ledger);
      return all.length >= load.acknowledged ? all : null;
    });
    // Retention passed in the middle of what nobody has read yet.
    await trimTopic(stack.kafka!.brokers, records[0]!.partition, records[Math.floor(records.length / 2)]!.offset);
    for (const builder of stack.builders) await builder.start();
    await expectBalances(ledger, load);
    await expectEntriesOnce(ledger);
  }, 120_000);

  /** The statement has every version of every account once. */
  async function expectEntriesOnce(ledger: string): Promise<void> {
    const read = createPool({ url: stack.urls.readGateway, max: 1, applicationName: 'witness', log: silentLogger });
    try {
      const { rows } = await read.query<{ rows: string; versions: string; top: string }>(
        `select count(*)::text as rows, count(distinct (account, version))::text as versions, (select sum(top)::text from (select max(version) as top from read.account_statement
           where generation = p.generation group by account) t) as top
           from read.checkpoints c join read.projections p on p.ledger = c.ledger and p.projection = 'account_statement'
             join read.account_statement s on s.generation = p.generation where c.id = $1 group by p.generation`,
        [ledger],
      );
      expect(rows[0]!.versions).toBe(rows[0]!.rows);
      expect(rows[0]!.top).toBe(rows[0]!.rows);
    } finally {
      await read.end();
    }
  }
});
