import { describe, expect, it } from '@jest/globals';
import { BATCH_OPTIONS_DEFAULT } from '../domain/batch.ts';
import { say, submit } from '../memory/fixtures.ts';
import { makeMemoryStore } from '../memory/store.ts';
import { BatchTooSlowError, OutcomeUnknownError, ReplaysTooLargeError, StoreUnavailableError } from './errors.ts';
import { type Answer, GroupCommit, type GroupCommitOptions } from './group-commit.ts';
import { silentObserver } from './observer.ts';
import type { LedgerLocation, LedgerStore } from './store.ts';

const patient = { deadlineMs: Number.MAX_SAFE_INTEGER, isGone: () => false };

/** A memory store whose transactions wait for a gate and can be made to fail. */
async function setUp(over: Partial<GroupCommitOptions> = {}) {
  const { store, directory } = makeMemoryStore();
  const location = await directory.allocate('books');
  const batches: number[] = [];
  const failures: Error[] = [];
  let gate: Promise<void> = Promise.resolve();
  const gated: Pick<LedgerStore, 'transact'> = {
    async transact(place, needs, decide) {
      await gate;
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      batches.push(needs.keys.length);
      return store.transact(place, needs, decide);
    },
  };
  const groupCommit = new GroupCommit({
    store: Object.assign(Object.create(store) as LedgerStore, gated),
    committed: () => undefined,
    observer: silentObserver,
    batchOptions: BATCH_OPTIONS_DEFAULT,
    batchCountMax: 10,
    batchBytesMax: 10_000,
    queueCountMax: 100,
    queueBytesMax: 100_000,
    batchesInFlightMax: 2,
    ...over,
  });
  const ask = (body: Parameters<typeof submit>[0], bytes = 10, caller = patient, place: LedgerLocation = location): Promise<Answer> =>
    groupCommit.submit(place, submit(body), bytes, caller);
  await ask(say.openLedger('USD'));
  await ask(say.open('alice', 'USD'));
  batches.length = 0;
  const close = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return () => {
      gate = Promise.resolve();
      resolve();
    };
  };
  return { groupCommit, ask, batches, failures, close, directory };
}

const kinds = (answers: Answer[]): string[] => answers.map((answer) => (answer.kind === 'failure' ? answer.code : answer.kind));

describe('group commit', () => {
  it('collects while a batch commits, bounded by count', async () => {
    const { ask, batches, close } = await setUp();
    const open = close();
    const first = ask(say.deposit('alice', '1', 'USD'));
    await new Promise(setImmediate);
    const rest = Array.from({ length: 25 }, () => ask(say.deposit('alice', '1', 'USD')));
    open();
    expect(kinds(await Promise.all([first, ...rest]))).toEqual(Array.from({ length: 26 }, () => 'record'));
    expect(batches).toEqual([1, 10, 10, 5]);
  });

  it('bounds a batch by bytes, but lets a large command pass alone', async () => {
    const { ask, batches } = await setUp();
    await Promise.all([4_000, 4_000, 4_000, 50_000, 4_000].map((bytes) => ask(say.deposit('alice', '1', 'USD'), bytes)));
    expect(batches).toEqual([2, 1, 1, 1]);
  });

  it('weighs what postings become, however short the request', async () => {
    const { ask, batches } = await setUp();
    const long = say.post(Array.from({ length: 7 }, () => ['alice', '@world:USD', '1', 'USD']));
    const bodies = [long, long, say.batch(long, long, long), say.deposit('alice', '1', 'USD')];
    await Promise.all(bodies.map((body) => ask(body)));
    expect(batches).toEqual([2, 1, 1]);
  });

  it('makes a batch smaller that is too slow, and larger again once full ones are quick', async () => {
    const retried: unknown[] = [];
    const { ask, batches, failures } = await setUp({ observer: { ...silentObserver, retried: (_, error) => retried.push(error) } });
    const round = async (): Promise<string[]> =>
      kinds(await Promise.all(Array.from({ length: 20 }, () => ask(say.deposit('alice', '1', 'USD')))));
    const slow = (): Error => new BatchTooSlowError('slow');
    failures.push(slow(), slow());
    expect(await round()).toEqual(Array.from({ length: 20 }, () => 'record'));
    // 10 fails, its first half of 5 fails, then 2, 3 and 5 go; those that are full double the next: 4, 8.
    expect(retried.length).toBe(2);
    expect(batches).toEqual([2, 3, 5, 8, 2]);
    batches.length = 0;
    failures.push(slow(), slow(), slow());
    expect(kinds(await Promise.all([1, 2, 3, 4].map(() => ask(say.deposit('alice', '1', 'USD')))))).toEqual(Array(4).fill('record'));
    expect(batches).toEqual([1, 1, 2]);
  });

  it('tells all of a batch that stays too slow, after a bounded number of attempts', async () => {
    const { ask, failures } = await setUp();
    let thrown = 0;
    Object.defineProperty(failures, 'shift', { value: () => (++thrown, new BatchTooSlowError('slow')) });
    const soon = { ...patient, deadlineMs: Date.now() + 200 };
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(say.deposit('alice', '1', 'USD'), 10, soon)));
    expect(kinds(answers)).toEqual(Array(4).fill('unavailable'));
    expect(thrown).toBeGreaterThan(2);
  });

  it('cuts a batch whose replays are too large', async () => {
    const { ask, batches, failures } = await setUp();
    failures.push(new ReplaysTooLargeError('large'));
    expect(kinds(await Promise.all([1, 2, 3, 4].map(() => ask(say.deposit('alice', '1', 'USD')))))).toEqual(Array(4).fill('record'));
    expect(batches).toEqual([2, 2]);
  });

  it('decides in the order of asking', async () => {
    const { ask } = await setUp();
    const answers = await Promise.all(
      [say.withdraw('alice', '1', 'USD'), say.deposit('alice', '1', 'USD'), say.withdraw('alice', '1', 'USD')].map((body) => ask(body)),
    );
    expect(kinds(answers)).toEqual(['refusal', 'record', 'record']);
  });

  it('answers overloaded at once when a queue is full', async () => {
    const { ask, close } = await setUp({ queueCountMax: 3 });
    const open = close();
    const first = ask(say.deposit('alice', '1', 'USD'));
    await new Promise(setImmediate);
    const waiting = Array.from({ length: 3 }, () => ask(say.deposit('alice', '1', 'USD')));
    expect(kinds([await ask(say.deposit('alice', '1', 'USD'))])).toEqual(['overloaded']);
    open();
    expect(kinds(await Promise.all([first, ...waiting]))).toEqual(['record', 'record', 'record', 'record']);
  });

  it('bounds the bytes of all queues together', async () => {
    const { ask, close } = await setUp({ queueBytesMax: 100 });
    const open = close();
    const first = ask(say.deposit('alice', '1', 'USD'), 90);
    await new Promise(setImmediate);
    const second = ask(say.deposit('alice', '1', 'USD'), 90);
    expect(kinds([await ask(say.deposit('alice', '1', 'USD'), 20)])).toEqual(['overloaded']);
    open();
    expect(kinds(await Promise.all([first, second]))).toEqual(['record', 'record']);
  });

  it('does not decide what nobody waits for', async () => {
    const { ask, batches, close } = await setUp();
    const open = close();
    const first = ask(say.deposit('alice', '1', 'USD'));
    await new Promise(setImmediate);
    const late = ask(say.deposit('alice', '1', 'USD'), 10, { ...patient, deadlineMs: Date.now() - 1 });
    const gone = ask(say.deposit('alice', '1', 'USD'), 10, { ...patient, isGone: () => true });
    open();
    expect(kinds(await Promise.all([first, late, gone]))).toEqual(['record', 'unavailable', 'unavailable']);
    expect(batches).toEqual([1]);
  });

  it('tries again when nothing happened or nobody knows, within the deadline', async () => {
    const { ask, failures } = await setUp();
    failures.push(new StoreUnavailableError('no lock'), new OutcomeUnknownError('lost'), new StoreUnavailableError('no lock'));
    expect(kinds([await ask(say.deposit('alice', '1', 'USD'))])).toEqual(['record']);
    failures.push(...Array.from({ length: 50 }, () => new StoreUnavailableError('down')));
    expect(kinds([await ask(say.deposit('alice', '1', 'USD'), 10, { ...patient, deadlineMs: Date.now() + 60 })])).toEqual(['unavailable']);
  });

  it('isolates a command that breaks the domain, and tells of it', async () => {
    const poisoned: string[] = [];
    const { ask } = await setUp({
      observer: { ...silentObserver, poisoned: (_, { command }) => poisoned.push(command.body?.$case ?? '') },
    });
    const bodies = Array.from({ length: 9 }, (_, index) => (index === 4 ? say.post([]) : say.deposit('alice', '1', 'USD')));
    const answers = kinds(await Promise.all(bodies.map((body) => ask(body))));
    expect(answers).toEqual(bodies.map((_, index) => (index === 4 ? 'internal' : 'record')));
    expect(poisoned).toEqual(['postTransaction']);
  });

  it('commits ledgers beside each other, as many as there are connections', async () => {
    const { ask, batches, close, directory } = await setUp();
    const places = await Promise.all(['a', 'b', 'c'].map((id) => directory.allocate(id)));
    const open = close();
    const answers = places.map((place) => ask(say.openLedger('USD'), 10, patient, place));
    await new Promise(setImmediate);
    open();
    expect(kinds(await Promise.all(answers))).toEqual(['record', 'record', 'record']);
    expect(batches).toEqual([1, 1, 1]);
  });

  it('drains: answers what is queued and takes nothing more', async () => {
    const { ask, groupCommit } = await setUp();
    const queued = Array.from({ length: 25 }, () => ask(say.deposit('alice', '1', 'USD')));
    const drained = groupCommit.drain();
    expect(kinds([await ask(say.deposit('alice', '1', 'USD'))])).toEqual(['unavailable']);
    await drained;
    expect(kinds(await Promise.all(queued))).toEqual(Array.from({ length: 25 }, () => 'record'));
    expect(groupCommit.queueDepth).toBe(0);
  });
});
