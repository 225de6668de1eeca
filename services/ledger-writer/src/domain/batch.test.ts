import { beforeEach, describe, expect, it } from '@jest/globals';
import { recordFromJson } from '@ledgerflow/contracts';
import type { LedgerLocation } from '../application/store.ts';
import { commandOf, execute, say, submissionOf, submit, terms, verdict } from '../memory/fixtures.ts';
import type { MemoryLedgerStore } from '../memory/store.ts';
import { makeMemoryStore } from '../memory/store.ts';
import { verifyLedger } from '../memory/verify.ts';
import { BATCH_OPTIONS_DEFAULT, decideBatch } from './batch.ts';
import { BrokenPromiseError } from './decision.ts';
import { needsOf } from './needs.ts';
import type { BatchView, Submission } from './state.ts';

let store: MemoryLedgerStore;
let location: LedgerLocation;
let clock: bigint;

beforeEach(async () => {
  clock = 1_800_000_000_000_000n;
  const made = makeMemoryStore({ clock: () => clock });
  store = made.store;
  location = await made.directory.allocate('test');
  await execute(store, location, [
    submit(say.openLedger('USD')),
    submit(say.open('alice', 'USD', { initialBalance: '100' })),
    submit(say.open('bob', 'USD')),
  ]);
});

const viewFor = (submissions: Submission[]): Promise<BatchView> =>
  store.transact(location, needsOf(submissions), (view) => ({ writes: null, result: view }));
const keyed = (key: string, ...args: Parameters<typeof commandOf>): Submission => submissionOf(commandOf(...args), key);
const GIVE = say.transfer('alice', 'bob', '60', 'USD');

describe('keys', () => {
  it('replays a record, within the batch and after it', async () => {
    const [first, second] = await execute(store, location, [keyed('k', GIVE), keyed('k', GIVE)]);
    expect(first).toMatchObject({ kind: 'record', replayed: false });
    expect(second).toEqual({ ...first, replayed: true });
    expect(await execute(store, location, [keyed('k', GIVE)])).toEqual([second]);
    expect((await store.readHead(location))?.position).toBe(4n);
  });

  it('replays a refusal, though it would be accepted now', async () => {
    const big = say.withdraw('bob', '10', 'USD');
    const [first, , second] = await execute(store, location, [keyed('k', big), submit(GIVE), keyed('k', big)]);
    expect(verdict(first)).toBe('insufficient_funds');
    expect(second).toEqual({ ...first, replayed: true });
    expect(await execute(store, location, [keyed('k', big)])).toEqual([second]);
  });

  it('refuses another body under the key, and does not keep that', async () => {
    const other = say.transfer('alice', 'bob', '61', 'USD');
    expect((await execute(store, location, [keyed('k', GIVE), keyed('k', other)])).map(verdict)).toEqual([
      'FundsTransferred',
      'idempotency_key_reused',
    ]);
    const { writes, outcomes } = decideBatch([keyed('k', other)], await viewFor([keyed('k', other)]));
    expect([writes, verdict(outcomes()[0]), outcomes()[0]?.replayed]).toEqual([null, 'idempotency_key_reused', false]);
    expect((await execute(store, location, [keyed('k', GIVE)]))[0]).toMatchObject({ kind: 'record', replayed: true });
  });

  it('keeps the keys of two principals apart', async () => {
    const mine = submissionOf(commandOf(say.deposit('bob', '1', 'USD')), 'k', 'me');
    const yours = submissionOf(commandOf(say.deposit('bob', '2', 'USD')), 'k', 'you');
    expect((await execute(store, location, [mine, yours])).map(verdict)).toEqual(['FundsDeposited', 'FundsDeposited']);
  });
});

describe('neighbours', () => {
  it('sees what the ones before left: money, accounts, currencies, externalIds', async () => {
    const outcomes = await execute(store, location, [
      submit(GIVE),
      submit(GIVE),
      submit(say.withdraw('bob', '60', 'USD', terms({ externalId: 'o' }))),
      submit(say.deposit('bob', '1', 'USD', terms({ externalId: 'o' }))),
      submit(say.open('yen', 'JPY')),
      submit(say.addCurrency('JPY')),
      submit(say.deposit('yen', '7', 'JPY')),
    ]);
    expect(outcomes.map(verdict)).toEqual([
      'FundsTransferred',
      'insufficient_funds',
      'FundsWithdrawn',
      'external_id_exists',
      'AccountOpened',
      'currency_exists',
      'FundsDeposited',
    ]);
    expect(outcomes[3]).toMatchObject({ refusal: { parameters: { transactionId: '5' } } });
    await verifyLedger(store, location);
  });

  it('opens a ledger and goes on, in one batch', async () => {
    const { store: fresh, directory } = makeMemoryStore();
    const place = await directory.allocate('fresh');
    const list = [
      submit(say.open('a', 'USD')),
      submit(say.openLedger('NOPE')),
      submit(say.openLedger('USD')),
      submit(say.open('a', 'USD')),
      submit(say.openLedger('USD')),
    ];
    const outcomes = await fresh.transact(place, needsOf(list), (view) => {
      const { writes, outcomes: answers } = decideBatch(list, view);
      expect(writes?.refusals.map(({ refusal }) => refusal.code)).toEqual(['ledger_exists']);
      return { writes, result: answers };
    });
    expect(outcomes().map(verdict)).toEqual(['ledger_not_found', 'unknown_currency', 'LedgerOpened', 'AccountOpened', 'ledger_exists']);
    await verifyLedger(fresh, place);
  });

  it('gives each record the next microsecond, and refusals none', async () => {
    clock += 1000n;
    const outcomes = await execute(store, location, [
      submit(say.deposit('bob', '1', 'USD')),
      submit(say.withdraw('bob', '5', 'USD')),
      submit(say.deposit('bob', '1', 'USD')),
    ]);
    expect(outcomes.flatMap((outcome) => (outcome.kind === 'record' ? [recordFromJson(outcome.record).recordedAt] : []))).toEqual([
      clock,
      clock + 1n,
    ]);
    expect((await store.readHead(location))?.recordedAt).toBe(clock + 1n);
  });
});

describe('what is written', () => {
  it('is nothing for dry runs, which leave no trace for later commands either', async () => {
    const list = [
      keyed('dry', GIVE, { dryRun: true }),
      submit(GIVE),
      keyed('poor', GIVE, { dryRun: true }),
      keyed('dry', GIVE, { dryRun: true }),
    ];
    const view = await viewFor(list);
    const decided = decideBatch(list, view);
    const [writes, outcomes] = [decided.writes, decided.outcomes()];
    expect(outcomes.map(verdict)).toEqual(['FundsTransferred', 'FundsTransferred', 'insufficient_funds', 'insufficient_funds']);
    expect(writes?.records.length).toBe(1);
    expect(writes?.refusals).toEqual([]);
    expect(outcomes[0]).toMatchObject({ replayed: false });
    expect(decideBatch([list[0] as Submission], view).writes).toBeNull();
  });

  it('answers a dry run under a used key as that key would be answered', async () => {
    await execute(store, location, [keyed('k', GIVE)]);
    expect((await execute(store, location, [keyed('k', GIVE, { dryRun: true })]))[0]).toMatchObject({ kind: 'record', replayed: true });
  });

  it('keeps refusals alone without moving the head', async () => {
    const list = [submit(say.withdraw('bob', '1', 'USD')), submit(say.deposit('nobody', '1', 'USD'))];
    const view = await viewFor(list);
    const { writes } = decideBatch(list, view);
    expect(writes?.seal().head).toEqual(view.head);
    expect(writes?.refusals.map(({ refusal, recordedAt }) => [refusal.code, recordedAt])).toEqual([
      ['insufficient_funds', view.now],
      ['account_not_found', view.now],
    ]);
  });

  it('refuses a record that is too large, and keeps that refusal', async () => {
    const wordy = submit(say.deposit('bob', '1', 'USD', terms({ description: 'é'.repeat(2000) })));
    const outcomes = await execute(store, location, [wordy, submit(say.deposit('bob', '1', 'USD'))], {
      ...BATCH_OPTIONS_DEFAULT,
      recordBytesMax: 4000,
    });
    expect(outcomes.map(verdict)).toEqual(['record_too_large', 'FundsDeposited']);
    expect((await execute(store, location, [wordy]))[0]).toMatchObject({ kind: 'refusal', replayed: true });
  });

  it('accepts a record of exactly as many bytes as there may be, and not one more', async () => {
    const wordy = (): Submission => submit(say.deposit('bob', '1', 'USD', terms({ description: 'é"'.repeat(1500), externalId: 'order' })));
    const view = await viewFor([wordy()]);
    const [free] = decideBatch([wordy()], view).outcomes();
    const bytes = Buffer.byteLength(free?.kind === 'record' ? free.record : '');
    const within = (recordBytesMax: number): string =>
      verdict(decideBatch([wordy()], view, { ...BATCH_OPTIONS_DEFAULT, recordBytesMax }).outcomes()[0]);
    expect([within(bytes), within(bytes - 1)]).toEqual(['FundsDeposited', 'record_too_large']);
  });

  it("answers the second of two equal commands in a batch with the first one's record, dry runs between them or not", async () => {
    const list = [keyed('first', GIVE), keyed('look', say.deposit('bob', '1', 'USD'), { dryRun: true }), keyed('first', GIVE)];
    const outcomes = decideBatch(list, await viewFor(list)).outcomes();
    expect(outcomes[2]).toEqual({ ...outcomes[0], replayed: true });
    const [first, look] = outcomes.map((outcome) => recordFromJson(outcome.kind === 'record' ? outcome.record : ''));
    expect(look?.previousHash).toBe(first?.hash);
  });

  it('refuses more events than the encoding can count', async () => {
    const hundred = say.post(Array.from({ length: 100 }, () => ['alice', 'bob', '0.01', 'USD']));
    const [outcome] = await execute(store, location, [
      submit(say.update('alice', { minBalance: { value: { $case: 'none', value: true } } })),
      submit(say.batch(...Array.from({ length: 328 }, () => hundred))),
    ]).then((outcomes) => outcomes.slice(1));
    expect(outcome).toMatchObject({ kind: 'refusal', refusal: { code: 'record_too_large', parameters: { events: '65600' } } });
  });

  it('keeps details apart from the hash: salted, one a transaction', async () => {
    const list = [
      submit(
        say.batch(
          say.post([['alice', 'bob', '1', 'USD']]),
          say.post([['alice', 'bob', '1', 'USD']], terms({ reference: 'r', metadata: '{"a":1}' })),
        ),
      ),
    ];
    const [outcome] = await execute(store, location, list);
    const record = recordFromJson(outcome?.kind === 'record' ? outcome.record : '');
    expect(record.details).toEqual([
      { index: 1, hash: record.details[0]?.hash, salt: list[0]?.salts[1], body: { metadata: { a: 1 }, reference: 'r' } },
    ]);
    await verifyLedger(store, location);
  });

  it('throws when the edge let nonsense through', async () => {
    const nonsense = ['-1', '0', '1e5', 'x'].map((amount) => submit(say.deposit('bob', amount, 'USD')));
    nonsense.push(
      submit(say.post([])),
      submit(say.batch()),
      submit(say.update('bob', {})),
      submit(say.open('x', 'USD', { initialBalance: '-1' })),
    );
    for (const one of nonsense) {
      const view = await viewFor([one]);
      expect(() => decideBatch([one], view)).toThrow(BrokenPromiseError);
    }
  });
});
