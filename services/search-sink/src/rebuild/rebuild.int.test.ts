import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TestLedger } from '@ledgerflow/read-model/testing';
import { erase } from '../erase/erase.ts';
import { GenerationConflictError } from '../indices/generations.ts';
import { testCertificates, type TestCertificates } from '../testing/fake-writer.ts';
import { addTransfers, balancesOf, sampleLedger } from '../testing/ledgers.ts';
import { startOpenSearch, type RunningNode } from '../testing/opensearch/node.ts';
import { TestBench, until } from '../testing/sink.ts';
import { rebuild } from './rebuild.ts';

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

async function expectBalances(ledger: TestLedger): Promise<void> {
  await bench.untilWhole(ledger);
  const accounts = await bench.accounts(ledger.id);
  expect(accounts.map(({ id, posted, version, status }) => ({ id, posted, version, status }))).toEqual(balancesOf(ledger));
}

const live = async (): Promise<number> => (await bench.generations.live())?.number ?? 0;

describe('a rebuild', () => {
  it('fills new indices, proves them, shows them in one step, and the sink goes on in them', async () => {
    const ledgers = [add('a', 1), add('b', 2)];
    const sink = bench.sink();
    for (const ledger of ledgers) await bench.untilWhole(ledger);
    const { from, to } = await rebuild(bench.tools());
    expect([from?.number, to.number, await live()]).toEqual([1, 2, 2]);
    for (const ledger of ledgers) addTransfers(ledger, 20);
    bench.writer.publish();
    for (const ledger of ledgers) await expectBalances(ledger);
    await until('it is ready', () => sink.health.ready);
    const [first, second] = [bench.generations.generation(1), bench.generations.generation(2)];
    await expect(bench.generations.swap(first, second)).rejects.toBeInstanceOf(GenerationConflictError);
    // The next one removes what was kept of the one before.
    await rebuild(bench.tools());
    expect((await bench.generations.list()).map(({ number }) => number)).toEqual([2, 3]);
  });

  it('repairs what was lost: the sink that was stopped goes on', async () => {
    const a = add('a', 1);
    const sink = bench.sink();
    await bench.untilWhole(a);
    const index = (await bench.generations.live())!.index('accounts');
    await bench.node.call('delete', { method: 'DELETE', path: `/${index}/_doc/a%2Falice` });
    addTransfers(a, 4);
    bench.writer.publish();
    await until('it is stopped', () => sink.reasons().includes('1 ledger is stopped'));
    await rebuild(bench.tools());
    await expectBalances(a);
    await until('it is ready', () => sink.health.ready);
  });

  it.each<[string, RegExp, (index: (kind: 'accounts' | 'transactions') => string) => Promise<void>]>([
    [
      'a balance is another',
      /digest of the accounts/,
      async (index) => {
        const path = `/${index('accounts')}/_update/a%2Fbob`;
        await bench.node.call('update', { method: 'POST', path, body: { doc: { posted: '0.01' } } });
      },
    ],
    [
      'a transaction is missing',
      /there are \d+ transactions, the log has \d+\n.*digest of the entries/,
      async (index) => {
        await bench.node.call('delete', { method: 'DELETE', path: `/${index('transactions')}/_doc/a%2F12` });
      },
    ],
    [
      'an entry is another',
      /digest of the entries/,
      async (index) => {
        const path = `/${index('transactions')}/_doc/a%2F12`;
        const { _source } = await bench.node.call<{ _source: { entries: { amount: string }[] } }>('get', { method: 'GET', path });
        _source.entries[0]!.amount = '5.55';
        await bench.node.call('index', { method: 'PUT', path, body: _source });
      },
    ],
  ])('is refused when %s; the live indices stay', async (_, reason, change) => {
    const [a] = [add('a', 1, 20), add('b', 2, 5)];
    bench.sink();
    await bench.untilWhole(a);
    // Filled, spoilt, and then gone on with.
    const next = bench.generations.generation(2);
    const stop = new Error('stop here');
    const tools = bench.tools();
    const failing = Object.assign(Object.create(tools.generations) as typeof tools.generations, { swap: () => Promise.reject(stop) });
    await expect(rebuild({ ...tools, generations: failing })).rejects.toBe(stop);
    await change((kind) => next.index(kind));
    await expect(rebuild(tools)).rejects.toThrow(reason);
    expect(await live()).toBe(1);
    await expectBalances(a);
    // Thrown away, and made whole.
    await bench.generations.remove(next);
    await rebuild(tools);
    expect(await live()).toBe(2);
    await expectBalances(a);
  });

  it('that was interrupted goes on where it was, while the log grows', async () => {
    const a = add('a', 1, 200);
    bench.sink();
    await bench.untilWhole(a);
    const cut = new Error('cut');
    const tools = bench.tools();
    let batches = 0;
    const log = tools.writerLog;
    async function* readOnce(...call: Parameters<typeof log.read>) {
      for await (const batch of log.read(...call)) {
        if (++batches > 2) throw cut;
        yield batch;
      }
    }
    const writerLog = Object.assign(Object.create(log) as typeof log, { read: readOnce });
    const ending = rebuild({ ...tools, writerLog });
    // The reading fails again and again, as if the process did not live long enough; a second one goes on.
    await until('some of it is there', async () => {
      const path = `/${bench.generations.generation(2).index('checkpoints')}/_doc/a`;
      return (await bench.node.find('get', { method: 'GET', path }).catch(() => null)) !== null;
    });
    addTransfers(a, 30);
    const before = bench.writer.readLogs;
    await rebuild(tools);
    expect(bench.writer.readLogs).toBeGreaterThan(before);
    expect(await live()).toBe(2);
    // The first one, when it wakes, finds that its step was made.
    batches = -1_000;
    await expect(ending).rejects.toBeInstanceOf(GenerationConflictError);
    await expectBalances(a);
  });
});

describe('erasing the details of a record', () => {
  /** As the writer gives the record once its details are erased. */
  function eraseInLog(ledger: TestLedger, position: bigint): void {
    const record = ledger.records[Number(position) - 1]!;
    record.details = record.details.map(({ index, hash }) => ({ index, hash, salt: null, body: null }));
  }

  it('takes them out of all generations, and nothing that is late brings them back', async () => {
    const a = add('a', 1, 10);
    const secret = a.transfer('alice', 'bob', 1n, { details: { reference: 'Mallory', metadata: { x: 'y'.repeat(40_000) } } });
    const sink = bench.sink();
    await bench.untilWhole(a);
    const tools = bench.tools();
    await rebuild(tools);
    const alice = async (): Promise<unknown> => (await bench.accounts('a')).find(({ id }) => id === 'alice')?.name;
    expect(await alice()).toBe('Alice Liddell');
    await expect(erase(tools, 'a', 2n)).rejects.toThrow('still has its details in the log');
    const texts = new Map(a.records.map((record) => [record.position, structuredClone(record)]));
    for (const position of [2n, 5n, secret.position]) {
      eraseInLog(a, position);
      expect(await erase(tools, 'a', position)).toBeGreaterThan(0);
    }
    for (const generation of await bench.generations.list()) {
      const path = `/${generation.indices.join(',')}/_search`;
      await bench.node.call('refresh', { method: 'POST', path: `/${generation.indices.join(',')}/_refresh` });
      const all = JSON.stringify(await bench.node.call('search', { method: 'POST', path, body: { size: 1_000 } }));
      for (const word of ['Liddell', 'first money', 'Mallory', 'yyyy'])
        expect([generation.number, word, all.includes(word)]).toEqual([generation.number, word, false]);
      expect(all).toContain('one of two');
    }
    // A replay from the start with the details still in it, as a feed that is very late would have it.
    await sink.stop();
    const index = (await bench.generations.live())!.index('checkpoints');
    await bench.node.call('delete', { method: 'DELETE', path: `/${index}/_doc/a` });
    const erased = [...a.records];
    a.records.splice(0, a.records.length, ...texts.values());
    bench.sink();
    await bench.untilWhole(a);
    expect(await alice()).toBeNull();
    expect((await bench.transactions('a')).find(({ id }) => id === '5')).toMatchObject({
      reference: null,
      metadata: null,
      externalId: 'order-1',
    });
    a.records.splice(0, a.records.length, ...erased);
    a.transfer('alice', 'bob', 1n);
    bench.writer.publish();
    await expectBalances(a);
    expect(await alice()).toBeNull();
  });

  it('is not undone by a batch that read the account before and writes it after', async () => {
    const network = await bench.network();
    const a = add('a', 1, 10);
    bench.sink({ url: network.url });
    await bench.untilWhole(a);
    const tools = bench.tools();
    let erased = 0;
    network.fault = async (path, body) => {
      if (erased === 0 && path.startsWith('/_bulk') && body.includes('Liddell')) erased = await erase(tools, 'a', 2n);
      return { type: 'pass' };
    };
    eraseInLog(a, 2n);
    a.transfer('alice', 'bob', 1n);
    bench.writer.publish();
    await expectBalances(a);
    expect(erased).toBe(1);
    expect((await bench.accounts('a')).find(({ id }) => id === 'alice')).toMatchObject({ name: null, metadata: null });
  });
});
