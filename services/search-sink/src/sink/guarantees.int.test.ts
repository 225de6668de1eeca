import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { recordToJson } from '@ledgerflow/contracts';
import { forged, type TestLedger } from '@ledgerflow/read-model/testing';
import { transactionDocuments } from '../documents/transaction.ts';
import { addTransfers, balancesOf, sampleLedger } from '../testing/ledgers.ts';
import { startOpenSearch, type RunningNode } from '../testing/opensearch/node.ts';
import { TestBench, until, type TestSink } from '../testing/sink.ts';
import { testCertificates, type TestCertificates } from '../testing/fake-writer.ts';

/** A start of the node is 5 s of a processor; other tests may have it. */
jest.setTimeout(180_000);

let node: RunningNode;
let certificates: TestCertificates;
let bench: TestBench;

beforeAll(async () => {
  [node, certificates] = await Promise.all([startOpenSearch(), testCertificates()]);
});
afterAll(async () => {
  await node?.stop();
  await certificates?.remove();
});
beforeEach(async () => {
  bench = await TestBench.start(node.url, certificates);
});
afterEach(() => bench.stop());

function add(id: string, number: number, transferCount = 60): TestLedger {
  const ledger = sampleLedger(id, number, transferCount);
  bench.writer.ledgers.set(id, ledger);
  return ledger;
}

/** Every document is what the ledger says, and there is no other one. */
async function expectExact(...ledgers: TestLedger[]): Promise<void> {
  for (const ledger of ledgers) await bench.untilWhole(ledger);
  for (const ledger of ledgers) {
    const accounts = await bench.accounts(ledger.id);
    expect(accounts.map(({ id, posted, version, status }) => ({ id, posted, version, status }))).toEqual(balancesOf(ledger));
    expect(await bench.transactions(ledger.id)).toEqual(ledger.records.flatMap(transactionDocuments));
  }
}

const isStopped = (sink: TestSink) => sink.reasons().includes('1 ledger is stopped');

describe('what is indexed', () => {
  it('is what the logs say, with details, limits and batches, and goes on as they grow', async () => {
    const [a, b] = [add('a', 1), add('b', 2, 3)];
    const sink = bench.sink();
    await expectExact(a, b);
    const [world, alice, bob] = await bench.accounts('a');
    expect(world).toMatchObject({ id: '@world:USD', name: null });
    expect(alice).toMatchObject({
      name: 'Alice Liddell',
      namePosition: '2',
      metadata: { team: 'red' },
      ownerId: 'o-1',
      held: '0.00',
      scale: 2,
    });
    expect(bob).toMatchObject({ status: 'open', minBalance: '-123.45', maxBalance: '10000000000000000000000000000.00' });
    a.transfer('alice', 'bob', 1n);
    bench.writer.publish();
    await expectExact(a, b);
    await until('ready', () => sink.health.ready);
    expect(await sink.metric('ledgerflow_search_lag_records')).toBe(0);
    expect(await sink.metric('ledgerflow_search_circuit_open')).toBe(0);
  });

  it('is found by name, text, reference and metadata', async () => {
    const a = add('a', 1, 0);
    bench.sink();
    await expectExact(a);
    const search = async (kind: 'accounts' | 'transactions', query: object): Promise<string[]> => {
      const path = `/${bench.generations.publicAlias(kind)}/_search`;
      const answer = await bench.node.call<{ hits: { hits: { _source: { id: string } }[] } }>('search', {
        method: 'POST',
        path,
        body: { query },
      });
      return answer.hits.hits.map(({ _source }) => _source.id);
    };
    expect(await search('accounts', { match: { name: 'liddell' } })).toEqual(['alice']);
    expect(await search('accounts', { term: { 'metadata.team': 'red' } })).toEqual(['alice']);
    expect(await search('transactions', { match: { reference: 'money' } })).toEqual(['5']);
    expect(await search('transactions', { term: { externalId: 'order-1' } })).toEqual(['5']);
  });

  it('is the same after everything came again', async () => {
    const a = add('a', 1);
    const first = bench.sink();
    await expectExact(a);
    await first.stop();
    // The checkpoint is lost: every record comes again, onto documents that have it.
    const generation = (await bench.generations.live())!;
    await bench.node.call('delete', { method: 'DELETE', path: `/${generation.index('checkpoints')}/_doc/a` });
    const before = await versions();
    const second = bench.sink();
    await expectExact(a);
    expect(await versions()).toEqual(before);
    expect(await second.metric('ledgerflow_search_documents_total')).toBeGreaterThan(60);
    // And by a feed that sends everything twice.
    bench.writer.onTail = (text) => text;
    addTransfers(a, 20);
    bench.writer.cut();
    await expectExact(a);
  });

  /** By id: sequence numbers tell whether a document was written again. */
  async function versions(): Promise<unknown[]> {
    await bench.accounts();
    const path = `/${bench.generations.publicAlias('accounts')},${bench.generations.publicAlias('transactions')}/_search`;
    const body = { size: 1_000, seq_no_primary_term: true, version: true, _source: false, sort: [{ _index: 'asc' }, { _seq_no: 'asc' }] };
    const answer = await bench.node.call<{ hits: { hits: unknown[] } }>('search', { method: 'POST', path, body });
    return answer.hits.hits;
  }

  it('misses nothing that the feed loses', async () => {
    const a = add('a', 1);
    bench.writer.onTail = (text, _, position) => (position === 40n || position === 41n ? null : text);
    bench.sink();
    await expectExact(a);
    expect(bench.writer.readLogs).toBeGreaterThan(0);
  });

  it('is the same when two sinks do it at once', async () => {
    const ledgers = [add('a', 1), add('b', 2), add('c', 3)];
    const sinks = [bench.sink(), bench.sink()];
    for (let i = 0; i < 10; i++) {
      for (const ledger of ledgers) addTransfers(ledger, 5);
      bench.writer.publish();
    }
    await expectExact(...ledgers);
    await until('both are ready', () => sinks.every(({ health }) => health.ready));
  });
});

describe('a node that is killed', () => {
  it('in the middle, again and again, loses and doubles nothing, and nobody has to do anything', async () => {
    const ledgers = [add('a', 1, 200), add('b', 2, 200)];
    const sink = bench.sink({ batchCountMax: 20 });
    for (let kill = 0; kill < 2; kill++) {
      const from = BigInt((await bench.checkpoint('a').catch(() => null))?.position ?? '0');
      await until('it moves', async () => BigInt((await bench.checkpoint('a').catch(() => null))?.position ?? '0') > from);
      await node.kill();
      for (const ledger of ledgers) addTransfers(ledger, 100);
      bench.writer.publish();
      await until('it is not ready', () => sink.reasons().some((reason) => reason.startsWith('the search node does not answer')));
      await until('the circuit opens', async () => (await sink.metric('ledgerflow_search_circuit_open')) === 1);
      await node.restart();
    }
    await expectExact(...ledgers);
    await until('it is ready', () => sink.health.ready);
    expect(await sink.metric('ledgerflow_search_circuit_open')).toBe(0);
  });

  it('holds the feed, whose queue stays bounded', async () => {
    const a = add('a', 1, 10);
    const sink = bench.sink({ batchCountMax: 10 });
    await bench.untilWhole(a);
    await node.kill('SIGSTOP');
    for (let i = 0; i < 20; i++) {
      addTransfers(a, 50);
      bench.writer.publish();
    }
    await until('the queue is full', async () => (await sink.metric('ledgerflow_search_waiting_records')) >= 40);
    await until('it tells', () => sink.reasons().length > 0);
    // What a stream brought at once may be above the bound; the stream is held then.
    expect(await sink.metric('ledgerflow_search_waiting_records')).toBeLessThan(400);
    await node.kill('SIGCONT');
    await expectExact(a);
  });
});

describe('a ledger that does not fit stops, says why, and lets the others go on', () => {
  async function expectStopped(sink: TestSink, reason: RegExp, other: TestLedger): Promise<void> {
    await until('a ledger is stopped', () => isStopped(sink));
    await until('its checkpoint tells', async () => reason.test((await bench.checkpoint('a'))?.stoppedReason ?? ''));
    expect(await sink.metric('ledgerflow_search_stopped_ledgers')).toBe(1);
    expect(sink.health.ready).toBe(false);
    const { position } = (await bench.checkpoint('a'))!;
    addTransfers(other, 10);
    addTransfers(bench.writer.ledgers.get('a') as TestLedger, 10);
    bench.writer.publish();
    await bench.untilWhole(other);
    expect((await bench.checkpoint('a'))?.position).toBe(position);
  }

  async function tamper(change: object): Promise<void> {
    const path = `/${(await bench.generations.live())!.index('checkpoints')}/_doc/a`;
    const document = await bench.checkpoint('a');
    await bench.node.call('index', { method: 'PUT', path, body: { ...document, ...change } });
  }

  it.each<[string, object, RegExp]>([
    ['a hash that is not that of its record', { recordHash: 'ab'.repeat(32) }, /not the one that was indexed|another hash|does not follow/],
    ['an epoch that the log is not in', { epoch: 2 }, /epoch/],
    ['a position beyond the log', { position: '1000' }, /ends at|not the one/],
    ['the uuid of another ledger', { uuid: '00000000-0000-4000-8000-000000000000' }, /uuid/],
  ])('a checkpoint with %s', async (_, change, reason) => {
    const [a, b] = [add('a', 1, 20), add('b', 2, 20)];
    const first = bench.sink();
    await expectExact(a, b);
    await first.stop();
    await tamper(change);
    await expectStopped(bench.sink(), reason, b);
  });

  it('a log whose epoch was raised', async () => {
    const [a, b] = [add('a', 1, 20), add('b', 2, 20)];
    const sink = bench.sink();
    await expectExact(a, b);
    a.epoch = 2;
    addTransfers(a, 1);
    bench.writer.publish();
    await expectStopped(sink, /epoch 2/, b);
  });

  it('a record that does not follow the one before, and one that was changed under its hash', async () => {
    const [a, b] = [add('a', 1, 20), add('b', 2, 20)];
    bench.writer.onTail = bench.writer.onRead = (text, ledger, position) => {
      if (ledger !== 'a' || position !== 15n) return text;
      return recordToJson(forged(a.records[14]!, { previousHash: '12'.repeat(32) }));
    };
    const first = bench.sink();
    await expectStopped(first, /does not follow/, b);
    await first.stop();
    bench.writer.onTail = bench.writer.onRead = (text, ledger, position) =>
      ledger === 'a' && position === 15n ? text.replace('"amount":"-', '"amount":"-9') : text;
    const second = bench.sink();
    await expectStopped(second, /poison: record 15 does not have the hash/, b);
    await second.stop();
    // What stopped it is gone: the next process goes on from where it was.
    bench.writer.onTail = bench.writer.onRead = (text) => text;
    const third = bench.sink();
    await expectExact(a, b);
    await until('it is ready', () => third.health.ready);
    expect((await bench.checkpoint('a'))?.stoppedReason).toBeNull();
  });

  it('an account whose document is gone', async () => {
    const [a, b] = [add('a', 1, 20), add('b', 2, 20)];
    const sink = bench.sink();
    await expectExact(a, b);
    const index = (await bench.generations.live())!.index('accounts');
    await bench.node.call('delete', { method: 'DELETE', path: `/${index}/_doc/a%2Falice` });
    a.transfer('alice', 'bob', 1n);
    bench.writer.publish();
    await expectStopped(sink, /has version \d+ of account alice, the index has version 0/, b);
  });
});
