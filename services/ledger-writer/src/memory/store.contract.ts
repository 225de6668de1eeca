import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordFromJson, ZERO_HASH } from '@ledgerflow/contracts';
import fc from 'fast-check';
import type { LedgerDirectory, LedgerLocation, LedgerStore } from '../application/store.ts';
import { decideBatch } from '../domain/batch.ts';
import { needsOf } from '../domain/needs.ts';
import type { BatchView, BatchWrites } from '../domain/state.ts';
import { cut, openingCommands, randomCommands } from './commands.arbitrary.ts';
import { commandOf, execute, say, submissionOf, submit, terms, verdict } from './fixtures.ts';
import { verifyLedger } from './verify.ts';

export interface StoreUnderTest {
  store: LedgerStore;
  directory: LedgerDirectory;
  close?: () => Promise<void>;
}

const NO_NEEDS = { accounts: [], keys: [], externalIds: [] };
const BYTES_MAX = 1_000_000;
const RESOLVE_DEADLINE_MS = 5_000;

/** What every LedgerStore and its directory must do. `makeStore` is called once; every test takes ledgers of its own in it. */
export function describeStoreContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`the store contract: ${name}`, () => {
    let store: LedgerStore;
    let directory: LedgerDirectory;
    let made: StoreUnderTest;
    let ledgers = 0;

    beforeAll(async () => {
      made = await makeStore();
      ({ store, directory } = made);
    });
    afterAll(async () => made?.close?.());

    const ledger = async (): Promise<LedgerLocation> => {
      ledgers += 1;
      return directory.allocate(`contract-${ledgers}`);
    };
    const opened = async (): Promise<LedgerLocation> => {
      const location = await ledger();
      await execute(store, location, [
        submit(say.openLedger('USD')),
        submit(say.open('alice', 'USD', { name: 'Alice', metadata: '{"b":1,"a":[true,null]}', initialBalance: '100' })),
        submit(say.open('bob', 'USD')),
      ]);
      return location;
    };
    const viewOf = (location: LedgerLocation, needs = NO_NEEDS as Parameters<LedgerStore['transact']>[1]): Promise<BatchView> =>
      store.transact(location, needs, (view) => ({ writes: null, result: view }));
    const log = (location: LedgerLocation): Promise<string[]> => store.readLog(location, 0n, null, BYTES_MAX, BYTES_MAX);

    it('gives every ledger one place', async () => {
      const location = await ledger();
      expect(await directory.allocate(location.ledger)).toEqual(location);
      expect(await directory.find(location.ledger)).toEqual(location);
      expect((await ledger()).number).not.toBe(location.number);
      expect(await directory.find('never-allocated')).toBeNull();
    });

    it('gives one place to racing allocations', async () => {
      const places = await Promise.all(Array.from({ length: 8 }, () => directory.allocate('raced')));
      expect(new Set(places.map((place) => `${place.uuid} ${place.number}`)).size).toBe(1);
    });

    it('knows nothing of a ledger before its first record', async () => {
      const location = await ledger();
      expect(await store.readHead(location)).toBeNull();
      expect(await store.readAccount(location, 'alice')).toBeNull();
      expect(await log(location)).toEqual([]);
      expect(await directory.list()).not.toContainEqual(location);
      const { head } = await viewOf(location);
      expect(head).toMatchObject({
        ledger: location.ledger,
        uuid: location.uuid,
        number: location.number,
        position: 0n,
        recordHash: ZERO_HASH,
        accountCount: 0,
      });
      expect(verdict((await execute(store, location, [submit(say.deposit('alice', '1', 'USD'))]))[0])).toBe('ledger_not_found');
      expect(await store.readHead(location)).toBeNull();
    });

    it('lists open ledgers, by slot too', async () => {
      const location = await opened();
      const places = async (slots?: number[]): Promise<string[]> => (await directory.list(slots)).map((place) => place.ledger);
      expect(await places()).toContain(location.ledger);
      expect(await places([location.slot])).toContain(location.ledger);
      expect(await places([location.slot === 0 ? 1 : 0])).not.toContain(location.ledger);
    });

    it('reads back what was written', async () => {
      const location = await opened();
      const alice = await store.readAccount(location, 'alice');
      expect(alice).toMatchObject({ name: 'Alice', metadata: { a: [true, null], b: 1 }, scale: 2 });
      expect(alice?.account).toEqual({
        account: 'alice',
        number: 1,
        currency: 'USD',
        version: 2n,
        posted: 10_000n,
        held: 0n,
        status: 'open',
        freezeScope: null,
        minBalance: 0n,
        maxBalance: null,
        ownerId: null,
      });
      expect(alice?.head).toEqual(await store.readHead(location));
      expect(await store.readAccount(location, 'nobody')).toBeNull();
      expect(await store.readAccount(location, 'bob')).toMatchObject({ name: null, metadata: null });
      await verifyLedger(store, location);
    });

    it('keeps the texts it was given, byte for byte', async () => {
      const location = await opened();
      const free = terms({
        reference: 'rëf "quoted" \\ 💶',
        description: 'line\nbreak',
        metadata: '{"z":1.5,"10":2,"9":{"é":"x","e":"y"}}',
        externalId: 'o-1',
      });
      const [outcome] = await execute(store, location, [submit(say.transfer('alice', 'bob', '1.50', 'USD', free))]);
      expect(outcome?.kind === 'record' && outcome.record).toBe((await log(location)).at(-1));
    });

    it('changes name and metadata each on its own', async () => {
      const location = await opened();
      await execute(store, location, [submit(say.update('alice', { name: 'A.' }))]);
      expect(await store.readAccount(location, 'alice')).toMatchObject({ name: 'A.', metadata: { a: [true, null], b: 1 } });
      await execute(store, location, [submit(say.update('alice', { metadata: '{}' }))]);
      expect(await store.readAccount(location, 'alice')).toMatchObject({ name: 'A.', metadata: {} });
    });

    it('shows a batch exactly what it asked for', async () => {
      const location = await opened();
      const paid = submit(
        say.batch(say.post([['alice', 'bob', '1', 'USD']]), say.post([['alice', 'bob', '2', 'USD']], terms({ externalId: 'order-9' }))),
      );
      const refusedOne = submit(say.withdraw('bob', '1000', 'USD'));
      const outcomes = await execute(store, location, [paid, refusedOne]);
      const view = await viewOf(location, {
        accounts: ['alice', 'nobody'],
        keys: [paid.key, refusedOne.key, '0'.repeat(32)],
        externalIds: ['order-9', 'order-10'],
      });
      expect([...view.accounts.keys()]).toEqual(['alice']);
      expect(view.accounts.get('alice')?.posted).toBe(9_700n);
      expect(view.externalIds).toEqual(new Map([['order-9', '4-1']]));
      expect(view.currencies).toEqual(new Map([['USD', 2]]));
      expect(view.outcomes.size).toBe(2);
      expect(view.outcomes.get(paid.key)).toEqual({
        kind: 'record',
        fingerprint: paid.fingerprint,
        position: 4n,
        record: outcomes[0]?.kind === 'record' ? outcomes[0].record : '',
      });
      expect(view.outcomes.get(refusedOne.key)).toEqual({
        kind: 'refusal',
        fingerprint: refusedOne.fingerprint,
        refusal: outcomes[1]?.kind === 'refusal' ? outcomes[1].refusal : null,
      });
      expect(view.now > view.head.recordedAt).toBe(true);
      expect(view.head).toEqual(await store.readHead(location));
    });

    it('replays a record and a refusal in a later batch', async () => {
      const location = await opened();
      const list = [submit(say.transfer('alice', 'bob', '1', 'USD')), submit(say.transfer('bob', 'alice', '500', 'USD'))];
      const first = await execute(store, location, list);
      expect(first.map(verdict)).toEqual(['FundsTransferred', 'insufficient_funds']);
      expect(await execute(store, location, list)).toEqual(first.map((outcome) => ({ ...outcome, replayed: true })));
      expect((await log(location)).length).toBe(4);
    });

    it('changes nothing when the decision throws, and lets the next one in', async () => {
      const location = await opened();
      const before = await store.readHead(location);
      const boom = new Error('boom');
      const thrown = store.transact(location, NO_NEEDS, () => {
        throw boom;
      });
      await expect(thrown).rejects.toBe(boom);
      expect(await store.readHead(location)).toEqual(before);
      expect(verdict((await execute(store, location, [submit(say.deposit('bob', '1', 'USD'))]))[0])).toBe('FundsDeposited');
    });

    it('throws what sealing throws, and nothing of the batch is left though a half of it was on its way', async () => {
      const location = await opened();
      const before = await store.readHead(location);
      const list = [submit(say.deposit('bob', '1', 'USD')), submit(say.open('late', 'USD', { name: 'Late' }))];
      const boom = new Error('boom');
      const thrown = store.transact(location, needsOf(list), (view) => {
        const { writes } = decideBatch(list, view);
        const seal = (): never => {
          throw boom;
        };
        return { writes: { ...(writes as BatchWrites), seal }, result: null };
      });
      await expect(thrown).rejects.toBe(boom);
      expect(await store.readHead(location)).toEqual(before);
      expect(await store.readAccount(location, 'late')).toBeNull();
      expect((await execute(store, location, list)).map(verdict)).toEqual(['FundsDeposited', 'AccountOpened']);
      await verifyLedger(store, location);
    });

    it('writes nothing for null writes', async () => {
      const location = await opened();
      const before = await store.readHead(location);
      const dry = submit(say.deposit('bob', '1', 'USD'), { dryRun: true });
      const result = await store.transact(location, needsOf([dry]), (view) => ({
        writes: decideBatch([dry], view).writes,
        result: 'kept',
      }));
      expect(result).toBe('kept');
      expect(await store.readHead(location)).toEqual(before);
    });

    it('lets one of many racing withdrawals win, and leaves no gap', async () => {
      const location = await opened();
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, () => execute(store, location, [submit(say.withdraw('alice', '100', 'USD'))])),
      );
      const verdicts = outcomes.flat().map(verdict);
      expect(verdicts.filter((one) => one === 'FundsWithdrawn').length).toBe(1);
      expect(verdicts.filter((one) => one === 'insufficient_funds').length).toBe(15);
      await verifyLedger(store, location);
    });

    it('gives one effect to one key from many at once', async () => {
      const location = await opened();
      const one = submissionOf(commandOf(say.deposit('bob', '1', 'USD')), 'raced');
      const outcomes = (await Promise.all(Array.from({ length: 16 }, () => execute(store, location, [one])))).flat();
      expect(new Set(outcomes.map((outcome) => (outcome.kind === 'record' ? outcome.record : verdict(outcome)))).size).toBe(1);
      expect(outcomes.filter((outcome) => !outcome.replayed).length).toBe(1);
    });

    it('reads the log in pieces', async () => {
      const location = await opened();
      await execute(
        store,
        location,
        Array.from({ length: 7 }, () => submit(say.deposit('bob', '1', 'USD'))),
      );
      const all = await log(location);
      expect(all.map((text) => recordFromJson(text).position)).toEqual(Array.from({ length: 10 }, (_, index) => BigInt(index + 1)));
      expect(await store.readLog(location, 3n, null, 2, BYTES_MAX)).toEqual(all.slice(3, 5));
      expect(await store.readLog(location, 3n, 6n, 100, BYTES_MAX)).toEqual(all.slice(3, 6));
      expect(await store.readLog(location, 10n, null, 100, BYTES_MAX)).toEqual([]);
      expect(await store.readLog(location, 0n, 99n, 100, BYTES_MAX)).toEqual(all);
      const one = await store.readLog(location, 3n, null, 100, 1);
      expect(one.length).toBeGreaterThan(0);
      expect(one).toEqual(all.slice(3, 3 + one.length));
    });

    it('reads the records of one account', async () => {
      const location = await opened();
      await execute(store, location, [
        submit(say.deposit('bob', '5', 'USD')),
        submit(say.withdraw('alice', '1', 'USD')),
        submit(say.transfer('bob', 'alice', '2', 'USD')),
      ]);
      const positions = async (after: bigint, limit = 100): Promise<bigint[]> =>
        (await store.readStream(location, 'bob', after, limit, BYTES_MAX)).map((text) => recordFromJson(text).position);
      expect(await positions(0n)).toEqual([3n, 4n, 6n]);
      expect(await positions(1n)).toEqual([4n, 6n]);
      expect(await positions(0n, 2)).toEqual([3n, 4n]);
      expect(await positions(3n)).toEqual([]);
      const [first = '', second = ''] = await store.readStream(location, 'bob', 0n, 2, BYTES_MAX);
      expect(await store.readStream(location, 'bob', 0n, 100, 1)).toEqual([first]);
      expect(await store.readStream(location, 'bob', 0n, 100, Buffer.byteLength(first) + Buffer.byteLength(second))).toEqual([
        first,
        second,
      ]);
    });

    it('resolves a time to a position, for good', async () => {
      const location = await opened();
      const times = (await log(location)).map((text) => recordFromJson(text).recordedAt);
      const last = times.at(-1) as bigint;
      const deadline = Date.now() + RESOLVE_DEADLINE_MS;
      let resolved = await store.resolveTime(location, last);
      while (resolved === null && Date.now() < deadline) resolved = await store.resolveTime(location, last);
      expect(resolved?.position).toBe(3n);
      expect((await store.resolveTime(location, times[1] as bigint))?.position).toBe(2n);
      expect((await store.resolveTime(location, (times[1] as bigint) - 1n))?.position).toBe(1n);
      expect((await store.resolveTime(location, (times[0] as bigint) - 1n))?.position).toBe(0n);
      expect(await store.resolveTime(location, last + 86_400_000_000n)).toBeNull();
      await execute(store, location, [submit(say.deposit('bob', '1', 'USD'))]);
      expect((await store.resolveTime(location, last))?.position).toBe(3n);
    });

    it('holds together under random commands', async () => {
      const now = BigInt(Date.now()) * 1000n;
      await fc.assert(
        fc.asyncProperty(randomCommands({ now, lengthMax: 40 }), fc.integer({ min: 1, max: 20 }), async (commands, size) => {
          const location = await ledger();
          for (const batch of cut([...openingCommands(location.ledger), ...commands], size)) await execute(store, location, batch);
          await verifyLedger(store, location);
        }),
        { numRuns: 25, verbose: 1 },
      );
    });
  });
}
