import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordFromJson } from '@ledgerflow/contracts';
import type { GroupCommit } from '../application/group-commit.ts';
import type { LedgerLocation } from '../application/store.ts';
import { commandOf, say, submissionOf, submit, terms } from '../memory/fixtures.ts';
import { verifyLedger } from '../memory/verify.ts';
import { answered, ask, type LedgerPostgres, openCommitter, openWriter, startLedgerPostgres, type TestWriter } from './writer.fixture.ts';

/**
 * Two writers on one ledger: the head lock keeps them apart. These tests hold for its effect, not for the lock alone: without it, the check of the head's position
 * and the unique keys fail the later batch, and cutting it in halves and deciding again repairs it, only slower. That a batch waits for the lock is shown in the
 * tests of faults.
 */
describe('two writers', () => {
  let postgres: LedgerPostgres;
  let writers: TestWriter[];
  let committers: GroupCommit[];
  let ledgers = 0;

  beforeAll(async () => {
    postgres = await startLedgerPostgres();
    const { serviceUrl } = await postgres.database();
    writers = [openWriter({ clusters: { main: serviceUrl } }), openWriter({ clusters: { main: serviceUrl } })];
    committers = writers.map((writer) => openCommitter(writer.store));
  });
  afterAll(async () => {
    await Promise.all((writers ?? []).map((writer) => writer.close()));
    await postgres?.stop();
  });

  const committer = (index: number): GroupCommit => committers[index % committers.length] as GroupCommit;
  const store = (): TestWriter['store'] => (writers[0] as TestWriter).store;

  async function opened(...accounts: [string, string][]): Promise<LedgerLocation> {
    const location = await (writers[0] as TestWriter).directory.allocate(`race-${++ledgers}`);
    const commands = [say.openLedger('USD'), ...accounts.map(([id, initialBalance]) => say.open(id, 'USD', { initialBalance }))];
    const answers = await Promise.all(commands.map((body) => ask(committer(0), location, submit(body))));
    expect(answers.map(answered)).not.toContain('internal');
    return location;
  }

  const counts = (verdicts: string[]): Record<string, number> =>
    verdicts.reduce<Record<string, number>>((sums, verdict) => ({ ...sums, [verdict]: (sums[verdict] ?? 0) + 1 }), {});

  it('let exactly one of 64 racing withdrawals of a whole balance win, 50 times', async () => {
    const location = await opened(['alice', '0']);
    for (let round = 0; round < 50; round++) {
      await ask(committer(round), location, submit(say.deposit('alice', '10', 'USD')));
      const answers = await Promise.all(
        Array.from({ length: 64 }, (_, index) => ask(committer(index), location, submit(say.withdraw('alice', '10', 'USD')))),
      );
      expect(counts(answers.map(answered))).toEqual({ FundsWithdrawn: 1, insufficient_funds: 63 });
    }
    await verifyLedger(store(), location);
  });

  it('give one effect and equal answers to one key from 32 clients', async () => {
    const location = await opened(['alice', '0']);
    const before = await store().readHead(location);
    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, index) =>
        ask(committer(index), location, submissionOf(commandOf(say.deposit('alice', '1', 'USD')), 'same')),
      ),
    );
    const records = new Set(answers.map((answer) => (answer.kind === 'record' ? answer.record : answered(answer))));
    expect(records.size).toBe(1);
    expect(answers.filter((answer) => answer.kind === 'record' && !answer.replayed).length).toBe(1);
    expect((await store().readHead(location))?.position).toBe((before?.position ?? 0n) + 1n);
  });

  it('book one transaction for 32 keys with one externalId', async () => {
    const location = await opened(['alice', '0']);
    const one = terms({ externalId: 'order-1' });
    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, index) => ask(committer(index), location, submit(say.deposit('alice', '1', 'USD', one)))),
    );
    expect(counts(answers.map(answered))).toEqual({ FundsDeposited: 1, external_id_exists: 31 });
  });

  it('refuse the same key with another body, and harm no neighbour', async () => {
    const location = await opened(['alice', '0'], ['bob', '0']);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => [
        ask(committer(index), location, submissionOf(commandOf(say.deposit('alice', `${index + 1}`, 'USD')), 'contested')),
        ask(committer(index), location, submit(say.deposit('bob', '1', 'USD'))),
      ]).flat(),
    );
    const verdicts = answers.map(answered);
    expect(counts(verdicts.filter((_, index) => index % 2 === 0))).toEqual({ FundsDeposited: 1, idempotency_key_reused: 19 });
    expect(counts(verdicts.filter((_, index) => index % 2 === 1))).toEqual({ FundsDeposited: 20 });
    await verifyLedger(store(), location);
  });

  it('open one account once, and harm no neighbour', async () => {
    const location = await opened();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => [
        ask(committer(index), location, submit(say.open('twice', 'USD'))),
        ask(committer(index), location, submit(say.open(`own-${index}`, 'USD'))),
      ]).flat(),
    );
    const verdicts = answers.map(answered);
    expect(counts(verdicts.filter((_, index) => index % 2 === 0))).toEqual({ AccountOpened: 1, account_exists: 15 });
    expect(counts(verdicts.filter((_, index) => index % 2 === 1))).toEqual({ AccountOpened: 16 });
    await verifyLedger(store(), location);
  });

  it('open one ledger once', async () => {
    const location = await (writers[0] as TestWriter).directory.allocate('opened-twice');
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => ask(committer(index), location, submit(say.openLedger('USD')))),
    );
    expect(counts(answers.map(answered))).toEqual({ LedgerOpened: 1, ledger_exists: 15 });
  });

  it('give every record its own later time', async () => {
    const location = await opened(['alice', '0']);
    await Promise.all(Array.from({ length: 300 }, (_, index) => ask(committer(index), location, submit(say.deposit('alice', '1', 'USD')))));
    const times = (await store().readLog(location, 0n, null, 1_000, 1 << 26)).map((text) => recordFromJson(text).recordedAt);
    expect(times.length).toBe(302);
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] as bigint))).toBe(true);
  });
});

describe('one writer on two clusters', () => {
  it('keeps each ledger where the directory says', async () => {
    const postgres = await startLedgerPostgres();
    const [main, second] = [await postgres.database(), await postgres.database()];
    const writer = openWriter({ clusters: { main: main.serviceUrl, second: second.serviceUrl } });
    try {
      const committer = openCommitter(writer.store);
      const places = await Promise.all(Array.from({ length: 8 }, (_, index) => writer.directory.allocate(`tenant-${index}`)));
      expect(new Set(places.map((place) => place.cluster))).toEqual(new Set(['main', 'second']));
      for (const place of places) {
        const commands = [say.openLedger('USD'), say.open('alice', 'USD', { initialBalance: '5' })];
        await Promise.all(commands.map((body) => ask(committer, place, submit(body))));
        await verifyLedger(writer.store, place);
      }
      expect((await writer.directory.list()).map((place) => `${place.ledger} ${place.cluster}`).sort()).toEqual(
        places.map((place) => `${place.ledger} ${place.cluster}`).sort(),
      );
      const heads = await writer.clusters.get('second')?.read.query<{ id: string }>('select id from ledger.heads');
      expect(heads?.rows.map((row) => row.id).sort()).toEqual(
        places
          .filter((place) => place.cluster === 'second')
          .map((place) => place.ledger)
          .sort(),
      );
    } finally {
      await writer.close();
      await postgres.stop();
    }
  });
});
