import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { listEntries } from '@ledgerflow/read-model';
import { askRebuild, recomputeDigest, type LiveProjection } from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { testCertificates } from '../testing/fake-writer.ts';
import { startRebuilding, type Rebuilding } from '../testing/rebuilding.ts';
import { RebuildRun, type RunOptions, type RunOutcome } from './run.ts';
import { claimRebuild, type Difference, type Progress, type Rebuild } from './store.ts';

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let rebuilding: Rebuilding;
let db: ReadDatabase;
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
  ledger = new TestLedger('books', 1);
  for (const id of ['@world:USD', 'alice', 'bob']) ledger.open(id, { details: { name: id } });
  for (let i = 0; i < 100; i++) {
    const [from, to] = i % 2 === 0 ? (['@world:USD', 'alice'] as const) : (['alice', 'bob'] as const);
    ledger.transfer(from, to, BigInt(i + 1), { effectiveAfterMicros: i % 4 === 0 ? -BigInt(i) * 1_000_000n : 0n });
  }
  rebuilding = await startRebuilding(server, tls, [ledger]);
  ({ db } = rebuilding);
});
afterEach(() => rebuilding.stop());

const live = (): Promise<ReadonlyMap<string, LiveProjection>> => rebuilding.live(ledger);

interface Ask {
  account: string;
  projection?: string;
}

async function ask({ account, projection }: Ask): Promise<string> {
  const asked = { projection: projection ?? null, ledger: ledger.id, account, maxRate: null, isProveOnly: false, actor: 'tester' };
  return (await askRebuild(db.builder, asked)) as string;
}

async function run(id: string, over: Partial<RunOptions> = {}): Promise<RunOutcome> {
  const worker = randomUUID();
  const claimed = (await claimRebuild(db.builder, worker, id)) as Rebuild;
  const { channels, reader } = rebuilding;
  return new RebuildRun(claimed, { pool: db.builder, channels, reader, worker, log: silentLogger, ...over }).run();
}

async function rebuild(what: Ask, over: Partial<RunOptions> = {}): Promise<{ id: string; outcome: RunOutcome }> {
  const id = await ask(what);
  return { id, outcome: await run(id, over) };
}

const row = async (id: string) =>
  (
    await db.builder.query<{ error: string | null; difference: Difference | null; records_done: string; records_total: string }>(
      'select error, difference, records_done, records_total from read.rebuilds where id = $1',
      [id],
    )
  ).rows[0]!;

describe('the repair of one account', () => {
  it('makes its rows anew in place', async () => {
    const before = await live();
    const number = ledger.accounts.get('alice')?.number;
    await db.builder.query('update read.account_summary set posted = 0 where account = $1', [number]);
    await db.builder.query('delete from read.account_statement where account = $1 and position > 20', [number]);
    const told: Progress[] = [];
    const onProgress = (progress: Progress): unknown => told.push({ ...progress });
    const { id, outcome } = await rebuild({ account: 'alice' }, { onProgress });
    const { error, records_done: done, records_total: total } = await row(id);
    expect([outcome, error]).toEqual(['swapped', null]);
    expect(await live()).toEqual(before);
    const ofAlice = ledger.records.filter(({ events }) => events.some((event) => 'account' in event && event.account === 'alice')).length;
    expect([done, total]).toEqual([`${ofAlice}`, `${ofAlice}`]);
    expect(told[0]?.recordsTotal).toBe(BigInt(ofAlice));
    expect(told[0]?.recordsDone).toBeGreaterThan(0n);
    expect(told[0]?.recordsDone).toBeLessThan(BigInt(ofAlice));
    for (const { kept, recomputed } of await recomputeDigest(db.builder, ledger.number)) expect(kept).toEqual(recomputed);
    const entries = await listEntries(db.gateway, ledger.id, 'alice', {}, { after: null, limit: 1_000 });
    expect(entries?.value?.page.rows).toHaveLength(
      ledger.records.flatMap(({ events }) => events.filter((event) => event.type === 'EntryPosted' && event.account === 'alice')).length,
    );
  });

  it('is refused when rows of other accounts are wrong too', async () => {
    await db.builder.query('update read.account_summary set posted = posted + 1');
    const { id, outcome } = await rebuild({ projection: 'account_summary', account: 'alice' });
    expect(outcome).toBe('refused');
    expect((await row(id)).difference).toMatchObject({ account: 'alice', found: expect.stringContaining('other accounts') });
  });

  it.each([
    ['is parked', 'update read.checkpoints set parked_accounts = 1', 'parked'],
    [
      'is discarded',
      `insert into read.divergences (ledger, position, projections, accounts, reason, actor) values (1, 9, '{account_summary}', '{2}', 'test', 'ann')`,
      'discarded: rebuild all projections of the ledger',
    ],
  ])('fails when a record %s after it was asked for', async (_what, change, reason) => {
    const id = await ask({ projection: 'account_summary', account: 'alice' });
    await db.builder.query(change);
    expect(await run(id)).toBe('failed');
    expect((await row(id)).error).toContain(reason);
  });

  it.each([
    ['an account that is not there', { account: 'nobody' }, 'no such account'],
    ['a projection of the ledger', { account: 'alice', projection: 'transactions' }, 'no rows of single accounts'],
  ])('of %s fails with a reason', async (_name, what, reason) => {
    const { id, outcome } = await rebuild(what);
    expect(outcome).toBe('failed');
    expect((await row(id)).error).toContain(reason);
  });
});
