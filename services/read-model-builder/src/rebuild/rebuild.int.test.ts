import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { clientCredentials, WriterChannels } from '@ledgerflow/platform/grpc';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { getBalances } from '@ledgerflow/read-model';
import {
  PROJECTIONS,
  readProjections,
  REBUILD_SESSION_SETTINGS,
  recomputeDigest,
  type LiveProjection,
  type Projection,
} from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { LogReader } from '../feed/log-reader.ts';
import { startTestBuilder, until, type TestBuilder } from '../testing/builder.ts';
import { FakeWriter, testCertificates } from '../testing/fake-writer.ts';
import { Cleaner } from './cleaner.ts';
import { RebuildRun, type RunOptions, type RunOutcome } from './run.ts';
import { claimRebuild, openParts, type Difference, type Rebuild } from './store.ts';

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let db: ReadDatabase;
let writer: FakeWriter;
let builders: TestBuilder[];
let pool: Pool;
let channels: WriterChannels;
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
  pool = createPool({
    url: db.builderUrl,
    max: 4,
    applicationName: 'rebuild',
    log: silentLogger,
    settings: REBUILD_SESSION_SETTINGS,
    pipeline: true,
  });
  channels = new WriterChannels({ addresses: `127.0.0.1:${writer.port}`, credentials: clientCredentials(tls.builder) });
  ledger = new TestLedger('books', 1);
  for (const id of ['@world:USD', 'alice', 'bob', 'carol']) ledger.open(id, { details: { name: id } });
  for (let i = 0; i < 300; i++) move(i);
  writer.ledgers.set(ledger.id, ledger);
});
afterEach(async () => {
  await Promise.all(builders.map((builder) => builder.stop()));
  channels.close();
  await pool.end();
  await writer.stop();
});

function move(i: number): void {
  const [from, to] = [['@world:USD', 'alice'] as const, ['alice', 'bob'] as const, ['bob', 'carol'] as const][i % 3]!;
  ledger.transfer(from, to, BigInt(i + 1), { effectiveAfterMicros: i % 4 === 0 ? -BigInt(i) * 1_000_000n : 0n });
}

async function start(projections?: readonly Projection[]): Promise<void> {
  builders.push(
    await startTestBuilder(db, `127.0.0.1:${writer.port}`, tls.builder, { projections, catchUpIntervalMs: 50, repairsIntervalMs: 50 }),
  );
}

const live = async (): Promise<ReadonlyMap<string, LiveProjection>> =>
  (await readProjections(db.builder, [ledger.number])).get(ledger.number) ?? new Map();
const atEnd = () =>
  until('all projections are at the end', async () => {
    const rows = [...(await live()).values()];
    return (
      rows.length === PROJECTIONS.length && rows.every(({ position, heldReason }) => position === ledger.position && heldReason === null)
    );
  });

interface Ask {
  projection?: string;
  ledger?: string;
  account?: string;
  maxRate?: number;
}

async function ask({ projection, ledger: of, account, maxRate }: Ask = {}): Promise<string | null> {
  const { rows } = await pool.query<{ id: string | null }>(`select read.request_rebuild($1, $2, $3, $4, 'tester') as id`, [
    projection ?? null,
    of ?? null,
    account ?? null,
    maxRate ?? null,
  ]);
  return rows[0]?.id ?? null;
}

function runOf(rebuild: Rebuild, worker: string, over: Partial<RunOptions> = {}): RebuildRun {
  return new RebuildRun(rebuild, {
    pool,
    channels,
    reader: new LogReader({ channels }),
    worker,
    log: silentLogger,
    batchCountMax: 50,
    ...over,
  });
}

async function rebuild(what: Ask = {}, over: Partial<RunOptions> = {}): Promise<{ id: string; outcome: RunOutcome }> {
  const id = (await ask(what)) as string;
  const worker = randomUUID();
  const claimed = await claimRebuild(pool, worker, id);
  return { id, outcome: await runOf(claimed as Rebuild, worker, over).run() };
}

const row = async (id: string) =>
  (
    await pool.query<{ state: string; error: string | null; difference: Difference | null; records_done: string; records_total: string }>(
      'select state, error, difference, records_done, records_total from read.rebuilds where id = $1',
      [id],
    )
  ).rows[0]!;

async function expectWhole(): Promise<void> {
  await atEnd();
  const checks = await recomputeDigest(db.builder, ledger.number);
  for (const { kept, recomputed } of checks) expect(kept).toEqual(recomputed);
  const digest = (name: string) => checks.find(({ projection }) => projection === name)?.kept.digest;
  expect(digest('account_statement')).toBe(ledger.entryDigest);
  expect(digest('transactions')).toBe(ledger.entryDigest);
  expect(digest('account_summary')).toBe(ledger.accountDigest);
}

/** A registry in which one projection makes another thing of one record. */
const wrong = (name: string, position: bigint, twist: (record: LedgerRecord) => LedgerRecord): Projection[] =>
  PROJECTIONS.map((projection): Projection => {
    if (projection.name !== name) return projection;
    const project = (record: LedgerRecord): unknown => projection.project(record.position === position ? twist(record) : record);
    return { ...projection, project };
  });

describe('a rebuild', () => {
  it.each([undefined, ...PROJECTIONS.map(({ name }) => name)])(
    'of %s puts proven generations in the place of the live ones',
    async (projection) => {
      await start();
      await atEnd();
      const before = await live();
      // Records that come while it is under way.
      const moves = setInterval(() => {
        move(Number(ledger.position));
        writer.publish();
      }, 5);
      const { id, outcome } = await rebuild({ projection });
      clearInterval(moves);
      expect([outcome, (await row(id)).error]).toEqual(['swapped', null]);
      await expectWhole();
      const after = await live();
      for (const [name, { generation }] of after) {
        const isSame = generation === before.get(name)?.generation;
        expect([name, isSame]).toEqual([name, projection !== undefined && projection !== name]);
      }
      const cleaner = new Cleaner({ pool, log: silentLogger, intervalMs: 20 });
      cleaner.start();
      await until('the old rows are gone', async () => (await pool.query('select 1 from read.retired_generations')).rows.length === 0);
      await cleaner.stop();
      const { rows } = await pool.query<{ generations: string }>(
        'select count(distinct generation) as generations from read.account_statement',
      );
      expect(rows[0]?.generations).toBe('1');
      await expectWhole();
    },
  );

  it('heals rows that somebody changed, and is seen by readers as one change', async () => {
    await start();
    await atEnd();
    const right = await getBalances(db.gateway, [{ ledger: ledger.id, account: 'alice' }]);
    const generation = (await live()).get('account_summary')?.generation;
    await db.builder.query('update read.account_summary set posted = posted + 1 where generation = $1', [generation]);
    const { outcome } = await rebuild({ projection: 'account_summary', ledger: ledger.id });
    expect(outcome).toBe('swapped');
    expect(await getBalances(db.gateway, [{ ledger: ledger.id, account: 'alice' }])).toEqual(right);
    await expectWhole();
  });

  const twists: [string, string, (record: LedgerRecord) => LedgerRecord, Record<string, unknown>][] = [
    [
      'account_summary',
      'a balance',
      (record) => ({
        ...record,
        events: record.events.map((event) => ('postedAfter' in event ? { ...event, postedAfter: event.postedAfter + 1n } : event)),
      }),
      { expected: expect.stringContaining('posted'), found: expect.stringContaining('posted') },
    ],
    [
      'account_statement',
      'a balance after an entry',
      (record) => ({
        ...record,
        events: record.events.map((event) => (event.type === 'EntryPosted' ? { ...event, postedAfter: event.postedAfter + 1n } : event)),
      }),
      { expected: expect.stringContaining('posted after'), found: expect.stringContaining('posted after') },
    ],
    [
      'transactions',
      'an amount',
      (record) => ({
        ...record,
        events: record.events.map((event) => (event.type === 'EntryPosted' ? { ...event, amount: event.amount * 2n } : event)),
      }),
      { found: expect.stringContaining('alice') },
    ],
    [
      'log_times',
      'a time',
      (record) => ({ ...record, recordedAt: record.recordedAt + 1n }),
      { expected: expect.stringContaining('in sum') },
    ],
  ];
  it.each(twists)('of a %s that gets %s wrong is refused, with the row; the live one stays', async (name, _what, twist, expected) => {
    await start();
    await atEnd();
    const before = await live();
    const last = ledger.records.findLast(({ events }) =>
      events.some((event) => event.type === 'EntryPosted' && event.account === 'alice'),
    )!;
    const { id, outcome } = await rebuild({ projection: name }, { projections: wrong(name, last.position, twist) });
    expect(outcome).toBe('refused');
    const { state, difference } = await row(id);
    expect(state).toBe('refused');
    expect(difference).toMatchObject({ projection: name, ledger: ledger.id, ...expected });
    if (name === 'account_statement' || name === 'transactions') expect(difference?.position).toBe(`${last.position}`);
    expect(await live()).toEqual(before);
    move(1);
    writer.publish();
    await expectWhole();
  });

  it('goes on after it broke off, from where it was, at any of its batches', async () => {
    await start();
    await atEnd();
    const id = (await ask()) as string;
    let outcome: RunOutcome = 'stopped';
    const positions: bigint[] = [];
    for (let stops = 0; outcome === 'stopped'; stops++) {
      expect(stops).toBeLessThan(50);
      const worker = randomUUID();
      // As after kill -9: nobody tells that the worker before is gone, its time runs out.
      await pool.query(`update read.rebuilds set worker_until = clock_timestamp() - interval '1 second' where id = $1`, [id]);
      const claimed = (await claimRebuild(pool, worker, id)) as Rebuild;
      const { rows } = await pool.query<{ position: string }>(
        'select min(position) as position from read.rebuild_parts where rebuild = $1',
        [id],
      );
      positions.push(BigInt(rows[0]?.position ?? 0));
      const run = runOf(claimed, worker, { batchCountMax: 60 });
      // A little later each time, so that it breaks off at another place and comes to its end.
      const timer = setTimeout(() => run.stop(), 10 + stops * 15);
      outcome = await run.run();
      clearTimeout(timer);
    }
    expect(outcome).toBe('swapped');
    expect([...positions].sort((a, b) => (a < b ? -1 : 1))).toEqual(positions);
    await expectWhole();
  });

  it('that a later version goes on with makes what it was begun with', async () => {
    await start();
    await atEnd();
    const before = await live();
    const id = (await ask()) as string;
    const [first, second] = [randomUUID(), randomUUID()];
    const known = PROJECTIONS.filter(({ name }) => name !== 'transactions');
    // Some batches, and told to end.
    const run = runOf((await claimRebuild(pool, first, id)) as Rebuild, first, { projections: known, onProgress: () => run.stop() });
    expect(await run.run()).toBe('stopped');
    const { rows } = await pool.query<{ position: string }>('select position from read.rebuild_parts where rebuild = $1 limit 1', [id]);
    expect(Number(rows[0]?.position)).toBeGreaterThan(0);
    expect(await runOf((await claimRebuild(pool, second, id)) as Rebuild, second).run()).toBe('swapped');
    await expectWhole();
    const kept = [...(await live())].filter(([name, { generation }]) => before.get(name)?.generation === generation).map(([name]) => name);
    expect(kept).toEqual(['transactions']);
  });

  it('does not go on with parts that are not at one position', async () => {
    await start();
    await atEnd();
    const before = await live();
    const id = (await ask()) as string;
    const worker = randomUUID();
    const claimed = (await claimRebuild(pool, worker, id)) as Rebuild;
    await openParts(pool, claimed, PROJECTIONS);
    await pool.query(`update read.rebuild_parts set position = 7 where rebuild = $1 and projection = 'transactions'`, [id]);
    expect(await runOf(claimed, worker).run()).toBe('failed');
    expect((await row(id)).error).toMatch(/^\w+ is at \d+, the rebuild's other parts at \d+$/);
    expect(await live()).toEqual(before);
  });

  it('of the same rows as one that is going on is refused, also by two at once; other rows are fine', async () => {
    await start();
    await atEnd();
    const asked = await Promise.all([ask({ projection: 'transactions' }), ask({ projection: 'transactions', ledger: ledger.id }), ask()]);
    expect(asked.filter((id) => id !== null)).toHaveLength(1);
    expect(await ask({ projection: asked[2] === null ? 'trial_balance' : 'transactions' })).toEqual(
      asked[2] === null ? expect.any(String) : null,
    );
  });

  it('is cancelled between two batches, and leaves nothing behind', async () => {
    await start();
    await atEnd();
    const before = await live();
    const id = (await ask({ maxRate: 200 })) as string;
    const worker = randomUUID();
    const run = runOf((await claimRebuild(pool, worker, id)) as Rebuild, worker);
    const running = run.run();
    await until('it has begun', async () => {
      const { rows } = await pool.query('select 1 from read.rebuild_parts where rebuild = $1 and position > 0', [id]);
      return rows.length > 0;
    });
    await pool.query('select read.cancel_rebuild($1)', [id]);
    await run.look();
    expect(await running).toBe('cancelled');
    expect((await row(id)).state).toBe('cancelled');
    expect(await live()).toEqual(before);
    const { rows } = await pool.query('select 1 from read.retired_generations');
    expect(rows).toHaveLength(PROJECTIONS.length);
  });

  it('whose swap was committed and not answered is swapped once, and nothing that is live is deleted', async () => {
    await start();
    await atEnd();
    let lost = 0;
    const connect = async () => {
      const client = await pool.connect();
      let isSwap = false;
      const query = async (...args: Parameters<typeof client.query>): Promise<unknown> => {
        const [text] = args as unknown as [unknown];
        if (String(text).startsWith('set local transaction_timeout')) isSwap = true;
        const answer = await (client.query as (...all: unknown[]) => Promise<unknown>)(...args);
        if (text !== 'commit' || !isSwap || lost > 0) return answer;
        lost += 1;
        throw new Error('Connection terminated unexpectedly');
      };
      return new Proxy(client, { get: (of, name) => (name === 'query' ? query : Reflect.get(of, name, of)) });
    };
    // The pool's own `query` takes connections by a callback: it stays the pool's.
    const lossy = new Proxy(pool, {
      get: (of, name) => (name === 'connect' ? connect : name === 'query' ? of.query.bind(of) : Reflect.get(of, name, of)),
    });
    const { outcome } = await rebuild({}, { pool: lossy });
    expect([outcome, lost]).toEqual(['swapped', 1]);
    const cleaner = new Cleaner({ pool, log: silentLogger, intervalMs: 20 });
    cleaner.start();
    await until('the old rows are gone', async () => (await pool.query('select 1 from read.retired_generations')).rows.length === 0);
    await cleaner.stop();
    await expectWhole();
  });

  it('makes whole what is parked', async () => {
    const bad = ledger.position - 5n;
    const poisoned = PROJECTIONS.map((projection): Projection => {
      if (projection.name !== 'account_summary') return projection;
      const project = (record: LedgerRecord): unknown => {
        if (record.position === bad) throw new Error('poison');
        return projection.project(record);
      };
      return { ...projection, project };
    });
    await start(poisoned);
    await until('it is parked', async () => (await pool.query('select 1 from read.dead_letters')).rows.length > 0);
    await until('the feed is at the end', async () => (await live()).get('account_summary')?.position === ledger.position);
    expect((await rebuild()).outcome).toBe('swapped');
    expect((await pool.query('select 1 from read.dead_letters')).rows).toEqual([]);
    expect((await pool.query('select 1 from read.parked_accounts')).rows).toEqual([]);
    await expectWhole();
  });
});
