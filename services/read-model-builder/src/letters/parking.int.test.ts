import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { createPool } from '@ledgerflow/platform/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { getBalances, listTransactions } from '@ledgerflow/read-model';
import {
  ProjectionError,
  PROJECTIONS,
  readProjections,
  recomputeDigest,
  type LiveProjection,
  type Projection,
} from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { startTestBuilder, until, type TestBuilder } from '../testing/builder.ts';
import { FakeWriter, testCertificates } from '../testing/fake-writer.ts';
import type { RepairOutcome } from './repairs.ts';

const PAGE = { after: null, limit: 100 };

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let db: ReadDatabase;
let writer: FakeWriter;
let builders: TestBuilder[];
/** `projection position` → the projection refuses the record there. With `rows ` before it: only when it is to be written. */
let poison: Set<string>;
let ledger: TestLedger;

beforeAll(async () => {
  server = await startReadServer();
  tls = await testCertificates();
});
afterAll(async () => {
  await server.stop();
  await tls.remove();
});
beforeEach(async () => {
  db = await server.create();
  writer = new FakeWriter();
  await writer.start(tls.writer);
  builders = [];
  poison = new Set();
  ledger = new TestLedger('books', 1);
  for (const id of ['@world:USD', 'alice', 'bob', 'carol', 'dave']) ledger.open(id);
  for (const id of ['alice', 'bob', 'carol', 'dave']) ledger.transfer('@world:USD', id, 1_000n);
  writer.ledgers.set(ledger.id, ledger);
});
afterEach(async () => {
  await Promise.all(builders.map((builder) => builder.stop()));
  await writer.stop();
});

/** The registry, of which each may refuse records. */
const poisoned = (): Projection[] =>
  PROJECTIONS.map((projection): Projection => {
    const positions = new WeakMap<object, bigint>();
    const project = (record: LedgerRecord): unknown => {
      if (poison.has(`${projection.name} ${record.position}`)) throw new Error('poison');
      const change = projection.project(record);
      if (typeof change === 'object' && change !== null) positions.set(change, record.position);
      return change;
    };
    const apply: Projection['apply'] = (db, batch) => {
      for (const { generation, changes } of batch)
        for (const change of changes)
          if (poison.has(`rows ${projection.name} ${positions.get(change as object)}`))
            throw new ProjectionError(projection.name, generation, 'the rows say otherwise');
      return projection.apply(db, batch);
    };
    return { ...projection, project, apply };
  });

async function start(): Promise<void> {
  const over = { projections: poisoned(), catchUpIntervalMs: 50, repairsIntervalMs: 50 };
  builders.push(await startTestBuilder(db, `127.0.0.1:${writer.port}`, tls.builder, over));
}

const live = async (): Promise<ReadonlyMap<string, LiveProjection>> =>
  (await readProjections(db.builder, [ledger.number])).get(ledger.number) ?? new Map();
const checkpoint = async () =>
  (
    await db.builder.query<{ position: string; parked_accounts: number; dead_letters: number; stopped_reason: string | null }>(
      'select position, parked_accounts, dead_letters, stopped_reason from read.checkpoints where ledger = $1',
      [ledger.number],
    )
  ).rows[0];
const letters = async () =>
  (
    await db.builder.query<{ id: string; position: string; accounts: number[]; error: string | null; projections: string[] }>(
      'select id, position, accounts, error, projections from read.dead_letters where ledger = $1 order by position',
      [ledger.number],
    )
  ).rows;
const numberOf = (id: string): number => ledger.accounts.get(id)?.number ?? 0;

const appliedTo = (position: bigint) =>
  until(`the feed is at ${position}`, async () => BigInt((await checkpoint())?.position ?? 0) === position);

/** The balance and whether it is said to be parked, as the gateway sees it. */
async function seen(id: string): Promise<{ posted: bigint | undefined; parkedSince: bigint | null | undefined }> {
  const [answer] = await getBalances(db.gateway, [{ ledger: ledger.id, account: id }]);
  return { posted: answer?.value?.posted, parkedSince: answer?.checkpoint.parkedSince };
}
const balanceOf = (id: string): bigint | undefined => ledger.accounts.get(id)?.posted;

async function repair(kind: 'retry' | 'discard', letter: string | null, reason = 'a reason'): Promise<RepairOutcome> {
  const { rows } = await db.builder.query<{ id: string }>(`select read.request_repair($1, $2, null, $3, 'tester') as id`, [
    kind,
    letter,
    reason,
  ]);
  let outcome: RepairOutcome | null = null;
  await until('the repair is done', async () => {
    const done = await db.builder.query<{ outcome: RepairOutcome | null }>('select outcome from read.repairs where id = $1', [rows[0]?.id]);
    outcome = done.rows[0]?.outcome ?? null;
    return outcome !== null;
  });
  return outcome as unknown as RepairOutcome;
}

/** Nothing is parked, all projections are at the end, and what they hold is what the log says. */
async function expectWhole(): Promise<void> {
  await until('all projections are at the end', async () =>
    [...(await live()).values()].every(({ position, heldReason }) => position === ledger.position && heldReason === null),
  );
  expect(await letters()).toEqual([]);
  expect(await checkpoint()).toMatchObject({ parked_accounts: 0, dead_letters: 0, stopped_reason: null });
  const checks = await recomputeDigest(db.builder, ledger.number);
  for (const { kept, recomputed } of checks) expect(kept).toEqual(recomputed);
  expect(checks.find(({ projection }) => projection === 'account_statement')?.kept.digest).toBe(ledger.entryDigest);
  expect(checks.find(({ projection }) => projection === 'account_summary')?.kept.digest).toBe(ledger.accountDigest);
  expect(checks.find(({ projection }) => projection === 'transactions')?.kept.digest).toBe(ledger.entryDigest);
}

describe('a record that a projection of accounts refuses', () => {
  it('is parked with its accounts; what touches them queues, everything else flows, and projections of the ledger hold and say so', async () => {
    const bad = ledger.transfer('alice', 'bob', 1n);
    poison.add(`account_summary ${bad.position}`);
    const before = { alice: 1_000n, bob: 1_000n };
    ledger.transfer('carol', 'dave', 5n);
    ledger.transfer('alice', 'carol', 7n);
    ledger.transfer('bob', 'alice', 2n);
    await start();
    await appliedTo(ledger.position);
    expect((await letters()).map(({ position, accounts, error }) => [position, accounts, error === null])).toEqual([
      [`${bad.position}`, [numberOf('alice'), numberOf('bob')], false],
      [`${bad.position + 2n}`, [numberOf('alice')], true],
      [`${bad.position + 3n}`, [numberOf('bob'), numberOf('alice')], true],
    ]);
    expect(await checkpoint()).toMatchObject({ parked_accounts: 2, dead_letters: 3, stopped_reason: null });
    expect(await seen('alice')).toEqual({ posted: before.alice, parkedSince: bad.position });
    expect(await seen('bob')).toEqual({ posted: before.bob, parkedSince: bad.position });
    expect(await seen('carol')).toEqual({ posted: balanceOf('carol'), parkedSince: null });
    expect(await seen('dave')).toEqual({ posted: balanceOf('dave'), parkedSince: null });
    const rows = await live();
    expect(rows.get('account_statement')?.position).toBe(ledger.position);
    for (const name of ['transactions', 'trial_balance', 'log_times', 'ledgers']) {
      expect(rows.get(name)?.position).toBe(bad.position - 1n);
      expect(rows.get(name)?.heldReason).toContain(`record ${bad.position} is parked: account_summary: poison`);
    }
    const list = await listTransactions(db.gateway, ledger.id, {}, PAGE);
    expect(list?.checkpoint).toMatchObject({ position: bad.position - 1n, appliedPosition: ledger.position });

    // The version that reads it is deployed; what comes before somebody retries goes on queueing.
    poison.clear();
    ledger.transfer('alice', 'dave', 3n);
    writer.publish();
    await appliedTo(ledger.position);
    expect(await letters()).toHaveLength(4);
    const [first] = await letters();
    expect(await repair('retry', first?.id ?? null)).toEqual({ applied: 4, left: 0, code: null, detail: null });
    expect(await repair('retry', null)).toEqual({ applied: 0, left: 0, code: null, detail: null });
    await expectWhole();
    expect(await seen('alice')).toEqual({ posted: balanceOf('alice'), parkedSince: null });
    ledger.transfer('alice', 'bob', 1n);
    writer.publish();
    await appliedTo(ledger.position);
    await expectWhole();
  });

  it('stays parked, with what waits behind it, while it is refused again', async () => {
    const bad = ledger.transfer('alice', 'bob', 1n);
    poison.add(`account_statement ${bad.position}`);
    ledger.transfer('alice', 'carol', 7n);
    await start();
    await appliedTo(ledger.position);
    const [first, second] = await letters();
    expect(await repair('retry', first?.id ?? null)).toMatchObject({ applied: 0, left: 2, code: 'still_refused' });
    expect(await repair('retry', second?.id ?? null)).toMatchObject({ applied: 0, left: 2, code: 'not_refused' });
    expect(await repair('discard', first?.id ?? null)).toMatchObject({ applied: 0, left: 2, code: 'balance_depends' });
    expect(await repair('retry', '999999')).toMatchObject({ code: 'not_found' });
    expect(await seen('alice')).toMatchObject({ posted: 1_000n, parkedSince: bad.position });
    poison.clear();
    expect(await repair('retry', null)).toMatchObject({ applied: 2, left: 0 });
    await expectWhole();
  });

  it('goes on where a repair broke off that had applied the record and not yet what waited behind it', async () => {
    const bad = ledger.transfer('alice', 'bob', 1n);
    poison.add(`account_summary ${bad.position}`);
    ledger.transfer('alice', 'carol', 7n);
    await start();
    await appliedTo(ledger.position);
    poison.clear();
    // Nothing is refused any more: all that is left only waits, for nobody.
    await db.builder.query('update read.dead_letters set error = null');
    expect(await repair('retry', '999999')).toMatchObject({ applied: 2, left: 0, code: null });
    await expectWhole();
  });

  it('is tried again only after those before it that touch the same account', async () => {
    const first = ledger.transfer('alice', 'bob', 1n);
    const second = ledger.transfer('carol', 'bob', 2n);
    const third = ledger.transfer('carol', 'dave', 4n);
    for (const { position } of [first, second]) poison.add(`account_summary ${position}`);
    await start();
    await appliedTo(ledger.position);
    poison.clear();
    const parked = await letters();
    // carol has nothing parked before the second: her part of it, and what waits behind that, is applied; bob's part waits for the first.
    expect(await repair('retry', parked[1]?.id ?? null)).toMatchObject({ code: 'earlier_record_parked' });
    expect((await letters()).map(({ position, accounts }) => [position, accounts])).toEqual([
      [`${first.position}`, [numberOf('alice'), numberOf('bob')]],
      [`${second.position}`, [numberOf('bob')]],
    ]);
    expect(await seen('carol')).toEqual({ posted: 994n, parkedSince: null });
    expect(await seen('dave')).toEqual({ posted: 1_004n, parkedSince: null });
    expect(await seen('bob')).toMatchObject({ posted: 1_000n, parkedSince: first.position });
    expect(third.position).toBe(ledger.position);
    expect(await repair('retry', parked[0]?.id ?? null)).toMatchObject({ applied: 2, left: 0, code: null });
    await expectWhole();
  });

  it('of an account’s queue of which a part was applied is parked since the earliest that is left', async () => {
    const [first, second] = [ledger.transfer('alice', 'bob', 1n), ledger.transfer('alice', 'carol', 2n)];
    const third = ledger.transfer('alice', 'dave', 4n);
    for (const { position } of [first, third]) poison.add(`account_summary ${position}`);
    ledger.transfer('carol', 'dave', 8n);
    await start();
    await appliedTo(ledger.position);
    expect(await seen('alice')).toEqual({ posted: 1_000n, parkedSince: first.position });
    expect(await seen('carol')).toEqual({ posted: 994n, parkedSince: null });
    poison.delete(`account_summary ${first.position}`);
    expect(await repair('retry', null)).toMatchObject({ applied: 2, left: 2 });
    expect(second.position).toBeLessThan(third.position);
    // What the row has is all before the third: a reader that needs no more than that need not be refused.
    expect(await seen('alice')).toEqual({ posted: 997n, parkedSince: third.position });
    expect(await seen('bob')).toEqual({ posted: 1_001n, parkedSince: null });
    poison.clear();
    await repair('retry', null);
    await expectWhole();
  });

  it('is given up with a reason when no balance depends on it, and what waits behind it fits on', async () => {
    const bad = ledger.setTerms('alice', 'MetadataChanged', {}, { name: 'Alice' });
    poison.add(`account_summary ${bad.position}`);
    ledger.transfer('alice', 'bob', 5n);
    await start();
    await appliedTo(ledger.position);
    const [first] = await letters();
    expect(await repair('discard', first?.id ?? null, 'not wanted')).toMatchObject({
      applied: 1,
      left: 0,
      code: null,
      detail: expect.stringContaining('missing from account_search, account_statement, account_summary'),
    });
    await until('all projections are at the end', async () =>
      [...(await live()).values()].every((row) => row.position === ledger.position),
    );
    expect(await seen('alice')).toEqual({ posted: 995n, parkedSince: null });
    const { rows } = await db.builder.query('select position, accounts, reason, actor from read.divergences where ledger = $1', [
      ledger.number,
    ]);
    expect(rows).toEqual([{ position: `${bad.position}`, accounts: [numberOf('alice')], reason: 'not wanted', actor: 'tester' }]);
    for (const { kept, recomputed } of await recomputeDigest(db.builder, ledger.number)) expect(kept).toEqual(recomputed);
  });

  it('is passed over too by a projection that was behind it when it was given up', async () => {
    await start();
    await appliedTo(ledger.position);
    await builders.pop()?.stop();
    await db.builder.query(`update read.projections set held_reason = 'too slow' where projection = 'account_summary'`);
    const bad = ledger.setTerms('alice', 'MetadataChanged', {}, { name: 'Alice' });
    poison.add(`account_statement ${bad.position}`);
    ledger.transfer('alice', 'bob', 5n);
    // It can not catch up: the log is not to be had but for its end.
    writer.hanging.add(ledger.id);
    await start();
    await appliedTo(ledger.position);
    const [first] = await letters();
    expect(await repair('discard', first?.id ?? null)).toMatchObject({ left: 0, code: null });
    await builders.pop()?.stop();
    expect((await live()).get('account_summary')?.position).toBe(bad.position - 1n);
    writer.hanging.clear();
    await start();
    await until('all projections are at the end', async () =>
      [...(await live()).values()].every((row) => row.position === ledger.position && row.heldReason === null),
    );
    expect(await letters()).toEqual([]);
    expect(await seen('alice')).toEqual({ posted: 995n, parkedSince: null });
    for (const { kept, recomputed } of await recomputeDigest(db.builder, ledger.number)) expect(kept).toEqual(recomputed);
  });
});

describe('a record of a kind that this version does not know', () => {
  it('is parked with the accounts that it names', async () => {
    const bad = ledger.transfer('alice', 'bob', 1n);
    ledger.transfer('carol', 'dave', 1n);
    writer.garble = (text, position) => (position === bad.position ? text.replaceAll('"EntryPosted"', '"EntryOfTomorrow"') : text);
    await start();
    await appliedTo(ledger.position);
    const [first, ...others] = await letters();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ position: `${bad.position}`, projections: [], error: expect.stringContaining('EntryOfTomorrow') });
    expect(await seen('alice')).toMatchObject({ parkedSince: bad.position });
    expect(await seen('carol')).toMatchObject({ posted: 999n, parkedSince: null });
  });
});

describe('a record that only a projection of the ledger refuses', () => {
  it('holds that projection alone, until it is tried again', async () => {
    const bad = ledger.transfer('alice', 'bob', 1n);
    poison.add(`trial_balance ${bad.position}`);
    poison.add(`trial_balance ${bad.position + 1n}`);
    ledger.transfer('alice', 'bob', 1n);
    await start();
    await appliedTo(ledger.position);
    expect(await letters()).toMatchObject([{ position: `${bad.position}`, accounts: [], projections: ['trial_balance'] }]);
    const rows = await live();
    for (const [name, row] of rows)
      expect([name, row.position]).toEqual([name, name === 'trial_balance' ? bad.position - 1n : ledger.position]);
    expect(await seen('alice')).toMatchObject({ posted: 998n, parkedSince: null });
    poison.clear();
    const [first] = await letters();
    expect(await repair('retry', first?.id ?? null)).toMatchObject({ applied: 1, left: 0 });
    await expectWhole();
  });
});

describe('a record whose rows a projection of the ledger refuses', () => {
  it('is applied when it is said to be, and stays where it is when it is refused again', async () => {
    const bad = ledger.transfer('alice', 'bob', 1n);
    poison.add(`rows trial_balance ${bad.position}`);
    ledger.transfer('alice', 'bob', 1n);
    await start();
    await appliedTo(ledger.position);
    const [first] = await letters();
    expect(first).toMatchObject({ position: `${bad.position}`, accounts: [], projections: ['trial_balance'] });
    expect(await repair('retry', first?.id ?? null)).toEqual({
      applied: 0,
      left: 1,
      code: 'still_refused',
      detail: expect.stringContaining('the rows say otherwise'),
    });
    expect(await repair('retry', null)).toMatchObject({ applied: 0, left: 1, detail: expect.stringContaining('the rows say otherwise') });
    expect(await letters()).toEqual([first]);
    expect((await live()).get('trial_balance')).toMatchObject({ position: bad.position - 1n, heldReason: expect.any(String) });
    poison.clear();
    // No catch-up by itself may be what takes the record: the log is not to be had.
    writer.hanging.add(ledger.id);
    expect(await repair('retry', first?.id ?? null)).toEqual({ applied: 1, left: 0, code: null, detail: null });
    expect((await live()).get('trial_balance')?.position).toBe(bad.position);
    await builders.pop()?.stop();
    writer.hanging.clear();
    await start();
    await expectWhole();
  });

  it('is not tried before the projection has come to it', async () => {
    const early = ledger.transfer('alice', 'bob', 1n);
    const late = ledger.transfer('carol', 'dave', 1n);
    poison.add(`rows trial_balance ${early.position}`);
    poison.add(`rows log_times ${late.position}`);
    await start();
    await appliedTo(ledger.position);
    // Refused by both: as when the second was parked by a version that knew one of them only.
    await db.builder.query(`update read.dead_letters set projections = '{log_times,trial_balance}' where position = $1`, [late.position]);
    poison.clear();
    const [first, second] = await letters();
    expect(await repair('retry', second?.id ?? null)).toEqual({
      applied: 0,
      left: 2,
      code: 'earlier_record_parked',
      detail: `trial_balance is at position ${early.position - 1n} and has to come to the record first`,
    });
    expect(await repair('retry', first?.id ?? null)).toMatchObject({ applied: 1, left: 1, code: null });
    await until('the projection has come to it', async () => (await live()).get('trial_balance')?.position === late.position - 1n);
    expect(await repair('retry', second?.id ?? null)).toMatchObject({ applied: 1, left: 0, code: null });
    await expectWhole();
  });
});

describe('a projection', () => {
  it('whose table somebody holds goes on apart and joins again; the others do not wait for it', async () => {
    await start();
    await appliedTo(ledger.position);
    const admin = createPool({ url: db.ownerUrl, max: 1, applicationName: 'admin', log: silentLogger });
    const client = await admin.connect();
    await client.query('begin');
    await client.query('lock table read.trial_balance in exclusive mode');
    ledger.transfer('alice', 'bob', 1n);
    writer.publish();
    await appliedTo(ledger.position);
    for (let i = 0; i < 20; i++) ledger.transfer('alice', 'bob', 1n);
    writer.publish();
    await appliedTo(ledger.position);
    expect((await live()).get('trial_balance')).toMatchObject({
      position: ledger.position - 21n,
      heldReason: expect.stringContaining('too slow'),
    });
    expect(await seen('alice')).toEqual({ posted: 979n, parkedSince: null });
    await client.query('rollback');
    client.release();
    await admin.end();
    await expectWhole();
  });

  it('that is new to a ledger is filled from its log', async () => {
    await start();
    await appliedTo(ledger.position);
    await builders.pop()?.stop();
    await db.builder.query(`delete from read.projections where projection in ('transactions', 'log_times')`);
    await db.builder.query('delete from read.transactions');
    await db.builder.query('delete from read.log_times');
    ledger.transfer('alice', 'bob', 1n);
    await start();
    await expectWhole();
  });
});
