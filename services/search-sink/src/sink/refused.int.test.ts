import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TestLedger } from '@ledgerflow/read-model/testing';
import { addTransfers, balancesOf, sampleLedger } from '../testing/ledgers.ts';
import type { FaultyNetwork } from '../testing/faulty-network.ts';
import { startOpenSearch, type RunningNode } from '../testing/opensearch/node.ts';
import { TestBench, until } from '../testing/sink.ts';
import { testCertificates, type TestCertificates } from '../testing/fake-writer.ts';

jest.setTimeout(180_000);

/** Small, so that a bulk request of moderate size is too large for the node. */
const NODE_BYTES_MAX = 200_000;
/** Longer than a term of Lucene may be: the node refuses it with illegal_argument_exception. */
const IMMENSE = 'x'.repeat(40_000);

let node: RunningNode;
let certificates: TestCertificates;
let bench: TestBench;
let network: FaultyNetwork;
let url: string;

beforeAll(async () => {
  [node, certificates] = await Promise.all([startOpenSearch({ 'http.max_content_length': `${NODE_BYTES_MAX}b` }), testCertificates()]);
});
afterAll(async () => {
  await node?.stop();
  await certificates?.remove();
});
beforeEach(async () => {
  bench = await TestBench.start(node.url, certificates);
  network = await bench.network();
  url = network.url;
});
afterEach(() => bench.stop());

function add(id: string, number: number, transferCount: number): TestLedger {
  const ledger = sampleLedger(id, number, transferCount);
  bench.writer.ledgers.set(id, ledger);
  return ledger;
}

async function expectBalances(ledger: TestLedger): Promise<void> {
  await bench.untilWhole(ledger);
  const accounts = await bench.accounts(ledger.id);
  expect(accounts.map(({ id, posted, version, status }) => ({ id, posted, version, status }))).toEqual(balancesOf(ledger));
  expect(await bench.transactions(ledger.id)).toHaveLength(ledger.records.flatMap(({ transactions }) => transactions).length);
}

describe('a document that the node refuses', () => {
  it('is indexed without its details and parked with them; the ledger goes on', async () => {
    const a = add('a', 1, 10);
    a.transfer('alice', 'bob', 1n, { details: { reference: 'too much', metadata: { all: IMMENSE } } });
    a.open('carol', { details: { name: 'Carol', metadata: { all: IMMENSE } } });
    a.transfer('alice', 'carol', 7n);
    const sink = bench.sink();
    await expectBalances(a);
    const position = (a.position - 2n).toString();
    expect((await bench.transactions('a')).find((transaction) => transaction.position === position)).toMatchObject({
      reference: null,
      metadata: null,
      detailsRefused: true,
      accounts: ['alice', 'bob'],
    });
    expect((await bench.accounts('a')).find(({ id }) => id === 'carol')).toMatchObject({
      name: null,
      posted: '0.07',
      detailsRefused: true,
    });
    const letters = await bench.deadLetters();
    expect(letters.map(({ documentId, kind, isWhole }) => ({ documentId, kind, isWhole }))).toEqual([
      { documentId: `a/${position}`, kind: 'transactions', isWhole: false },
      { documentId: 'a/carol', kind: 'accounts', isWhole: false },
    ]);
    expect(letters.every(({ reason }) => reason.startsWith('illegal_argument_exception') && !reason.includes('120'))).toBe(true);
    expect(JSON.parse(letters[1]?.document ?? '')).toMatchObject({ name: 'Carol', metadata: { all: IMMENSE } });
    expect(await sink.metric('ledgerflow_search_dead_letters_total')).toBe(2);
    // Details that the node takes are shown again.
    a.setTerms('carol', 'MetadataChanged', {}, { name: 'Carola' });
    bench.writer.publish();
    await expectBalances(a);
    expect((await bench.accounts('a')).find(({ id }) => id === 'carol')).toMatchObject({ name: 'Carola', detailsRefused: false });
    expect(sink.health.ready).toBe(true);
  });

  const refuse = (which: string) => (path: string) =>
    path.startsWith('/_bulk')
      ? {
          type: 'turn away' as const,
          which: (line: { header: Record<string, { _id: string }> }) => Object.values(line.header)[0]?._id === which,
          status: 400,
          error: { type: 'mapper_parsing_exception', reason: 'of no reason' },
        }
      : { type: 'pass' as const };

  it('is parked whole when it is a transaction that has nothing to leave out', async () => {
    const a = add('a', 1, 10);
    network.fault = refuse('a/12');
    const sink = bench.sink({ url });
    await bench.untilWhole(a);
    expect((await bench.transactions('a')).map(({ id }) => id)).not.toContain('12');
    expect(await bench.deadLetters()).toMatchObject([
      { documentId: 'a/12', isWhole: true, reason: 'mapper_parsing_exception: of no reason' },
    ]);
    expect(sink.reasons()).toEqual([]);
  });

  it('stops its ledger when it is an account that has nothing to leave out: its balance would be wrong from now on', async () => {
    const [, b] = [add('a', 1, 10), add('b', 2, 10)];
    network.fault = refuse('a/@world:USD');
    const sink = bench.sink({ url });
    await bench.untilWhole(b);
    await until('it is stopped', () => sink.reasons().includes('1 ledger is stopped'));
    expect((await bench.checkpoint('a'))?.stoppedReason ?? 'no record is indexed').toMatch(/@world:USD was refused: mapper|no record/);
  });

  it('is parked without being kept when it is larger than the node takes, and large requests go in parts', async () => {
    const a = add('a', 1, 300);
    a.transfer('alice', 'bob', 1n, { details: { description: 'long '.repeat(60_000) } });
    addTransfers(a, 10);
    const sink = bench.sink({ batchCountMax: 400, batchBytesMax: 4_000_000, bulkBytesMax: 4_000_000 });
    await expectBalances(a);
    expect(await bench.deadLetters()).toMatchObject([{ reason: 'too_large: larger than the node takes', isWhole: false, document: null }]);
    expect(sink.health.ready).toBe(true);
  });
});

describe('a node that is overloaded or a network that breaks', () => {
  it('what is turned away with 429 is sent again alone, and nothing else is', async () => {
    const a = add('a', 1, 30);
    let turnedAway = 0;
    network.fault = (path) => {
      if (!path.startsWith('/_bulk') || turnedAway >= 15) return { type: 'pass' };
      const which = (_: unknown, at: number): boolean => at % 3 === 1 && ++turnedAway > 0;
      return { type: 'turn away', which, status: 429, error: { type: 'rejected_execution_exception', reason: 'full' } };
    };
    const sink = bench.sink({ url });
    await expectBalances(a);
    expect(turnedAway).toBeGreaterThanOrEqual(15);
    const sent = network.bulks.flat().length;
    const documents = (await bench.accounts()).length + (await bench.transactions()).length;
    expect(sent - turnedAway).toBeGreaterThanOrEqual(documents);
    const all = (await sink.metrics.metrics()).split('\n');
    const retried = all.find((line) => line.startsWith('ledgerflow_search_documents_total{outcome="retried"}'));
    expect(Number(retried?.split(' ')[1])).toBe(turnedAway);
  });

  it('a whole request that is answered 429 or 503 is tried again later, with the feed held', async () => {
    const a = add('a', 1, 80);
    let refusals = 0;
    network.fault = (path) => {
      if (!path.startsWith('/_bulk') || ++refusals % 2 === 0) return { type: 'pass' };
      return {
        type: 'answer',
        status: refusals % 4 === 1 ? 429 : 503,
        body: { error: { type: 'rejected_execution_exception', reason: 'full' } },
      };
    };
    bench.sink({ url });
    await expectBalances(a);
    expect(refusals).toBeGreaterThan(5);
  });

  it('answers that are lost on the way back double nothing', async () => {
    const a = add('a', 1, 80);
    let requests = 0;
    network.fault = (path) => (path.startsWith('/_bulk') && ++requests % 2 === 0 ? { type: 'lose answer' } : { type: 'pass' });
    bench.sink({ url });
    await expectBalances(a);
    expect(requests).toBeGreaterThan(6);
  });

  it('the checkpoint is written after its documents are acknowledged, in a request of its own', async () => {
    const a = add('a', 1, 100);
    bench.sink({ url });
    await expectBalances(a);
    const kinds = network.bulks.map(
      (lines) => new Set(lines.map(({ header }) => Object.values(header)[0]?._index.replace(bench.prefix, ''))),
    );
    const checkpoints = kinds.filter((indices) => [...indices].some((index) => index?.startsWith('-checkpoints')));
    expect(checkpoints.length).toBeGreaterThan(0);
    expect(checkpoints.every(({ size }) => size === 1)).toBe(true);
    // A document that is never acknowledged never has a checkpoint behind it.
    network.fault = (path, body) =>
      path.startsWith('/_bulk') && body.includes('-transactions-')
        ? { type: 'answer', status: 503, body: { error: { type: 'unavailable', reason: 'no' } } }
        : { type: 'pass' };
    const before = await bench.checkpoint('a');
    const sent = network.bulks.length;
    addTransfers(a, 5);
    bench.writer.publish();
    await until('it was tried several times', () => network.bulks.length > sent + 5);
    expect(await bench.checkpoint('a')).toEqual(before);
    network.fault = () => ({ type: 'pass' });
    await expectBalances(a);
  });

  it('indices that somebody removed are not made again by a write: it says so and waits for a rebuild', async () => {
    const a = add('a', 1, 10);
    const sink = bench.sink();
    await expectBalances(a);
    const index = (await bench.generations.live())!.index('transactions');
    await bench.node.call('delete', { method: 'DELETE', path: `/${index}` });
    addTransfers(a, 5);
    bench.writer.publish();
    await until('it is not ready', () => sink.reasons().length > 0);
    expect(await bench.node.find('get', { method: 'GET', path: `/${index}` })).toBeNull();
  });
});
