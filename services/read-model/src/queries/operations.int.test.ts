import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import type { Page } from '../types.ts';
import { RepairOutcomes } from '../waiter/repair-outcomes.ts';
import { type DeadLetterFilter, type DeadLetterKey, type DeadLetterRow, getDeadLetter, listDeadLetters } from './dead-letters.ts';
import { getLedgerNumber, listProjectionStates, PROJECTION_SCOPES } from './projection-states.ts';
import {
  askRebuild,
  cancelRebuild,
  getRebuild,
  listRebuildParts,
  listRebuilds,
  type RebuildKey,
  type RebuildRefusedError,
  type RebuildRequest,
  requestRebuild,
} from './rebuilds.ts';
import { getRepair, requestRepair } from './repairs.ts';

const LETTERS = 100_000;
/** A page of 100 rows: an index page or two, a row's page each, its ledger and its account. A walk of all is thousands. */
const BLOCKS_MAX = 900;
const REBUILD = { ledger: null, account: null, maxRate: null, isProveOnly: false, actor: 'ann' };
const REPAIR = { deadLetter: null, ledger: null, reason: null, actor: 'ann' };

let server: ReadServer;
let db: ReadDatabase;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
  for (const [number, id] of [
    [7, 'large'],
    [8, 'small'],
    [9, 'clean'],
  ] as const)
    await load(db.builder, new TestLedger(id, number).records);
  // All but every thousandth wait behind one that was refused; every ten-thousandth is also of a rare account.
  await db.builder.query(
    `insert into read.dead_letters (ledger, position, accounts, projections, error, record, attempts)
     select 7, n + 1, case when n % 10000 = 0 then '{1, 2}'::int[] else '{1}' end, case when n % 1000 = 1 then '{account_summary}'::text[] else '{}' end,
       case when n % 1000 = 1 then 'refused' end, '{"n":' || n || '}', 0 from generate_series(1, ${LETTERS}) n`,
  );
  await db.builder.query(
    `insert into read.dead_letters (ledger, position, accounts, error, record) select 8, n + 1, '{}', 'refused', 'no JSON' from generate_series(1, 3) n`,
  );
  await db.builder.query(
    `insert into read.parked_accounts values (7, 1, '@world:USD', 2, ${LETTERS}), (7, 2, 'rare', 10001, ${LETTERS / 10_000})`,
  );
}, 120_000);
afterAll(() => server.stop());

async function everyPage<K, T>(list: (after: K | null) => Promise<Page<T, K>>): Promise<{ rows: T[]; pages: number }> {
  const rows: T[] = [];
  for (let after: K | null = null, pages = 1; ; pages++) {
    const page = await list(after);
    rows.push(...page.rows);
    if (page.next === null || pages > 2_000) return { rows, pages };
    after = page.next;
  }
}

const letters = (filter: DeadLetterFilter, limit = 1_000): Promise<{ rows: DeadLetterRow[]; pages: number }> =>
  everyPage<DeadLetterKey, DeadLetterRow>((after) => listDeadLetters(db.gateway, filter, { after, limit }));

interface Plan {
  'Node Type': string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** The plan of what a page asks for. */
async function planOf(filter: DeadLetterFilter, after: DeadLetterKey | null): Promise<Plan> {
  let plan: Plan | null = null;
  const query = async (sql: string, values: unknown[]): Promise<{ rows: unknown[] }> => {
    const { rows } = await db.gateway.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(`explain (analyze, buffers, format json) ${sql}`, values);
    plan = rows[0]!['QUERY PLAN'][0]!.Plan;
    return { rows: [] };
  };
  await listDeadLetters({ query } as unknown as Queryable, filter, { after, limit: 100 });
  return plan!;
}

const nodes = (plan: Plan): string[] => [plan['Node Type'], ...(plan.Plans ?? []).flatMap(nodes)];

describe('dead letters', () => {
  it('are listed by ledger and position, each once, with what is known of them', async () => {
    const { rows } = await letters({ ledgers: null });
    expect(rows).toHaveLength(LETTERS + 3);
    expect(rows.slice(0, 2)).toMatchObject([
      { ledger: 'large', position: 2n, state: 'refused', error: 'refused', projections: ['account_summary'], accounts: ['@world:USD'] },
      { ledger: 'large', position: 3n, state: 'queued', error: null, projections: [], accountCount: 1, recordBytes: 7 },
    ]);
    expect(rows.slice(-3).map(({ ledger, position }) => [ledger, position])).toEqual([2n, 3n, 4n].map((position) => ['small', position]));
    expect(rows[9_999]?.accounts.toSorted()).toEqual(['@world:USD', 'rare']);
  });

  it('are filtered by ledgers, state and account', async () => {
    expect((await letters({ ledgers: ['small', 'clean', 'nowhere'] })).rows).toHaveLength(3);
    expect((await letters({ ledgers: [] })).rows).toEqual([]);
    expect((await letters({ ledgers: ['large'], state: 'refused' }, 30)).rows).toHaveLength(LETTERS / 1_000);
    const queued = await letters({ ledgers: null, state: 'queued' });
    expect(queued.rows).toHaveLength(LETTERS - LETTERS / 1_000);
    const rare = await letters({ ledgers: ['large'], account: 'rare' });
    expect(rare.rows.map(({ position }) => position)).toEqual(
      Array.from({ length: LETTERS / 10_000 }, (_, i) => BigInt(i + 1) * 10_000n + 1n),
    );
    // Each page looked at as much as it may.
    expect(rare.pages).toBeGreaterThan(LETTERS / 10_000);
    expect((await letters({ ledgers: ['large'], account: 'rare' }, 1)).rows).toHaveLength(LETTERS / 10_000);
    expect((await letters({ ledgers: ['large'], account: 'nobody' })).rows).toEqual([]);
    expect((await letters({ ledgers: ['large'], account: 'rare', state: 'refused' })).rows).toEqual([]);
  });

  it.each<[string, DeadLetterFilter]>([
    ['of all', { ledgers: null }],
    ['of one ledger', { ledgers: ['large'] }],
    ['of some ledgers', { ledgers: ['clean', 'large', 'small'] }],
    ['that were refused', { ledgers: ['large'], state: 'refused' }],
    ['of an account', { ledgers: ['large'], account: '@world:USD' }],
    ['that wait', { ledgers: null, state: 'queued' }],
  ])('a page %s is a walk of an index, wherever it begins', async (_, filter) => {
    for (const after of [null, { ledger: 7, position: BigInt(LETTERS / 2) }, { ledger: 7, position: BigInt(LETTERS - 10) }]) {
      const plan = await planOf(filter, after);
      expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(
        filter.account !== undefined || filter.state === 'queued' ? BLOCKS_MAX * 2 : BLOCKS_MAX,
      );
      // Those with a bounded walk order what they found of it.
      if (filter.account === undefined && filter.state !== 'queued') expect(nodes(plan)).not.toContain('Sort');
    }
  });

  it('one has its record as it came', async () => {
    const [row] = (await letters({ ledgers: ['small'] })).rows;
    expect(await getDeadLetter(db.gateway, row!.id)).toMatchObject({ ledger: 'small', position: 2n, record: 'no JSON', accountCount: 0 });
    expect(await getDeadLetter(db.gateway, 0n)).toBeNull();
  });
});

describe('repairs', () => {
  const finish = (id: string, outcome: object): Promise<unknown> =>
    db.builder.query('update read.repairs set finished_at = clock_timestamp(), outcome = $2 where id = $1', [id, JSON.stringify(outcome)]);
  const tell = (id: string): Promise<unknown> => db.builder.query(`select pg_notify('repaired', $1)`, [id]);

  it('are asked for by a session that otherwise only reads', async () => {
    const id = await requestRepair(db.gateway, { ...REPAIR, kind: 'discard', deadLetter: 5n, ledger: 8, reason: 'test' });
    const { rows } = await db.builder.query(
      'select kind, dead_letter, ledger, reason, actor, finished_at from read.repairs where id = $1',
      [id],
    );
    expect(rows).toEqual([{ kind: 'discard', dead_letter: '5', ledger: 8, reason: 'test', actor: 'ann', finished_at: null }]);
    expect(await getRepair(db.gateway, id)).toEqual({ id, kind: 'discard', deadLetter: 5n, ledger: 'small', outcome: null });
    await finish(id, { applied: 1, left: 0, code: null, detail: null });
    expect((await getRepair(db.gateway, id))?.outcome).toEqual({ applied: 1, left: 0, code: null, detail: null });
    await expect(db.gateway.query(`insert into read.repairs (kind, actor) values ('retry', 'x')`)).rejects.toThrow('read-only');
    expect(await getRepair(db.gateway, '0190c1a0-0000-7000-8000-0000000000dd')).toBeNull();
  });

  it('are waited for without a statement each: told by a notification, else by the sweep', async () => {
    let statements = 0;
    const counting = {
      query: (...parameters: unknown[]) => {
        statements += 1;
        return (db.gateway.query as (...all: unknown[]) => unknown)(...parameters);
      },
    } as Queryable;
    const outcomes = new RepairOutcomes({ url: db.gatewayUrl, db: counting, log: silentLogger, waitersMax: 50 });
    await outcomes.start();
    try {
      const ids = await Promise.all(Array.from({ length: 50 }, () => requestRepair(db.gateway, { ...REPAIR, kind: 'retry' })));
      const waits = ids.map((id, i) => outcomes.wait(id, i < 48 ? 10_000 : 400));
      expect(await outcomes.wait('0190c1a0-0000-7000-8000-0000000000dd', 10_000)).toBeNull();
      for (const id of ids.slice(0, 47)) {
        await finish(id, { applied: 1, left: 0, code: null, detail: null });
        await tell(id);
      }
      // Its notification is lost.
      await finish(ids[47]!, { applied: 0, left: 2, code: 'still_refused', detail: 'again' });
      expect(await Promise.all(waits)).toEqual([
        ...ids.slice(0, 47).map(() => ({ applied: 1, left: 0, code: null, detail: null })),
        { applied: 0, left: 2, code: 'still_refused', detail: 'again' },
        null,
        null,
      ]);
      expect(outcomes.count).toBe(0);
      expect(statements).toBeLessThan(60);
      const last = outcomes.wait(ids[49]!, 10_000);
      await outcomes.stop();
      expect(await last).toBeNull();
    } finally {
      await outcomes.stop();
    }
  });
});

describe('rebuilds', () => {
  it('are asked for once, listed newest first by what they concern, cancelled', async () => {
    const first = await requestRebuild(db.gateway, { ...REBUILD, projection: 'transactions', ledger: 'large', maxRate: 500 });
    expect(await requestRebuild(db.gateway, { ...REBUILD, projection: null, ledger: 'large' })).toBeNull();
    expect(await requestRebuild(db.gateway, { ...REBUILD, projection: 'transactions' })).toBeNull();
    const second = await requestRebuild(db.gateway, { ...REBUILD, projection: 'account_summary', ledger: 'small', account: 'a' });
    expect(await getRebuild(db.gateway, second!)).toMatchObject({
      projection: 'account_summary',
      ledger: 'small',
      account: 'a',
      state: 'waiting',
      isProveOnly: false,
      isByIdOnly: false,
      finishedAt: null,
      recordsDone: 0n,
      rate: null,
      difference: null,
    });
    expect(await cancelRebuild(db.gateway, first!)).toBe('cancelling');
    await db.builder.query(
      `update read.rebuilds set state = 'refused', finished_at = clock_timestamp(), rate = 12.5, difference = '{"row": 1}' where id = $1`,
      [first],
    );
    expect(await cancelRebuild(db.gateway, first!)).toBe('refused');
    expect(await cancelRebuild(db.gateway, '0190c1a0-0000-7000-8000-0000000000dd')).toBeNull();
    await db.builder.query(
      `insert into read.rebuild_parts (rebuild, ledger, projection, generation, record_hash, digest, position, row_count) values ($1, 7, 'transactions', 40, '', '\\x0a0b', 12, 5)`,
      [first],
    );
    expect(await listRebuildParts(db.gateway, first!)).toEqual([
      { ledger: 'large', projection: 'transactions', generation: 40, state: 'filling', position: 12n, rows: 5n, digest: '0a0b' },
    ]);
    const third = await requestRebuild(db.gateway, { ...REBUILD, projection: null, ledger: 'large' });
    const ids = async (projection: string | null, ledgers: string[] | null): Promise<string[]> =>
      (await everyPage<RebuildKey, { id: string }>((after) => listRebuilds(db.gateway, projection, ledgers, { after, limit: 1 }))).rows.map(
        ({ id }) => id,
      );
    expect(await ids(null, null)).toEqual([third, second, first]);
    expect(await ids('transactions', null)).toEqual([third, first]);
    expect(await ids(null, ['small'])).toEqual([second]);
    expect(await getRebuild(db.gateway, first!)).toMatchObject({ state: 'refused', rate: 12.5, difference: { row: 1 } });
  });

  it('that only prove, and those of a job, say so; one without its job is listed, and is cancelled', async () => {
    await db.builder.query('update read.rebuilds set finished_at = clock_timestamp() where finished_at is null');
    const proving = await requestRebuild(db.gateway, { ...REBUILD, projection: 'trial_balance', isProveOnly: true });
    expect(await getRebuild(db.gateway, proving!)).toMatchObject({ isProveOnly: true, isByIdOnly: false });
    await expect(
      requestRebuild(db.gateway, { ...REBUILD, projection: 'account_summary', ledger: 'large', account: 'a', isProveOnly: true }),
    ).rejects.toThrow('rebuilds_prove_only_check');
    const { rows } = await db.builder.query<{ id: string }>(
      `select read.request_rebuild('transactions', null, null, null, 'job', '0190c1a0-0000-7000-8000-0000000000ee', '0190c1a0-0000-7000-8000-0000000000ff', by_id_only => true) as id`,
    );
    const { id } = rows[0]!;
    await db.builder.query(`update read.rebuilds set state = 'running', lease_until = clock_timestamp() - interval '1 day' where id = $1`, [
      id,
    ]);
    expect(await requestRebuild(db.gateway, { ...REBUILD, projection: 'transactions', ledger: 'large' })).toBeNull();
    const listed = await listRebuilds(db.gateway, 'transactions', null, { after: null, limit: 1 });
    expect(listed.rows).toMatchObject([{ id, state: 'running', isByIdOnly: true, isProveOnly: false }]);
    expect(await cancelRebuild(db.gateway, id)).toBe('cancelling');
    await db.builder.query('update read.rebuilds set finished_at = clock_timestamp() where finished_at is null');
  });

  describe('that can not be', () => {
    const id = '0190c1a0-0000-7000-8000-000000000101';
    const work = { id, worker: '0190c1a0-0000-7000-8000-000000000102', isByIdOnly: false };
    const before = async () => (await db.builder.query<{ count: string }>('select count(*) from read.rebuilds')).rows[0]?.count;
    const refusal = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: RebuildRefusedError) => error.refusal);
    const account = { ...REBUILD, projection: 'account_summary', ledger: 'clean', account: 'a' };
    const discard = (accounts: string) =>
      db.builder.query(
        `insert into read.divergences (ledger, position, projections, accounts, reason, actor) values (9, 1, '{account_summary}', $1, 'test', 'ann')`,
        [accounts],
      );
    afterEach(async () => {
      await db.builder.query('update read.rebuilds set finished_at = clock_timestamp() where finished_at is null');
      await db.builder.query('delete from read.divergences where ledger = 9');
    });

    it('of a ledger that is not there, and of an account of which a record is parked or was discarded, leave no row', async () => {
      await discard('{1}');
      await db.builder.query('update read.checkpoints set parked_accounts = 2 where ledger = 7');
      const count = await before();
      expect(await refusal(requestRebuild(db.gateway, { ...REBUILD, projection: null, ledger: 'nowhere' }))).toBe('ledger_not_found');
      expect(await refusal(requestRebuild(db.gateway, { ...account, ledger: 'large' }))).toBe('records_parked');
      expect(await refusal(requestRebuild(db.gateway, account))).toBe('ledger_diverged');
      await expect(requestRebuild(db.gateway, account)).rejects.toThrow('rebuild all projections of the ledger, that heals it');
      expect(await before()).toBe(count);
    });

    it('does not mean whole projections there, nor an account where only projections of the ledger lack a record', async () => {
      await discard('{1}');
      expect(await requestRebuild(db.gateway, { ...REBUILD, projection: null, ledger: 'clean' })).not.toBeNull();
      // A rebuild that goes on is told first: it may be the one that heals.
      expect(await requestRebuild(db.gateway, account)).toBeNull();
      await db.builder.query('update read.rebuilds set finished_at = clock_timestamp() where finished_at is null');
      await db.builder.query(`update read.divergences set accounts = '{}' where ledger = 9`);
      expect(await requestRebuild(db.gateway, account)).not.toBeNull();
    });

    it.each<[string, Partial<RebuildRequest & { isByIdOnly: boolean }>]>([
      ['projection', { projection: 'transactions' }],
      ['ledger', { ledger: null }],
      ['account', { account: 'a' }],
      ['rate', { maxRate: null }],
      ['end', { isProveOnly: true }],
      ['way to go on', { isByIdOnly: true }],
    ])('are those of an id that was asked for with another %s, also when it has ended; with the same it is the same', async (_, other) => {
      const asked = { ...REBUILD, projection: 'account_summary', ledger: 'clean', maxRate: 7 };
      const { isByIdOnly = false, ...request } = { ...asked, ...other };
      expect(await askRebuild(db.builder, asked, work)).toBe(id);
      for (const end of ['', 'finished_at = clock_timestamp(),']) {
        await db.builder.query(`update read.rebuilds set ${end} updated_at = clock_timestamp() where id = $1`, [id]);
        expect(await askRebuild(db.builder, asked, work)).toBe(id);
        expect(await refusal(askRebuild(db.builder, request, { ...work, isByIdOnly }))).toBe('other_options');
      }
      await db.builder.query('delete from read.rebuilds where id = $1', [id]);
    });
  });

  it('that nobody works on say which other one is worked on', async () => {
    const [first, second] = [
      await requestRebuild(db.gateway, { ...REBUILD, projection: 'log_times' }),
      await requestRebuild(db.gateway, { ...REBUILD, projection: 'transactions', isProveOnly: true }),
    ];
    const waitsFor = async (id: string | null) => (await getRebuild(db.gateway, id!))?.waitsFor;
    expect([await waitsFor(first), await waitsFor(second)]).toEqual([null, null]);
    const worked = (until: string) =>
      db.builder.query(
        `update read.rebuilds set state = 'running', worker = gen_random_uuid(), worker_until = clock_timestamp() + $2::interval where id = $1`,
        [first, until],
      );
    await worked('1 minute');
    expect([await waitsFor(first), await waitsFor(second)]).toEqual([null, first]);
    await worked('-1 second');
    expect(await waitsFor(second)).toBeNull();
    await worked('1 minute');
    await db.builder.query('update read.rebuilds set finished_at = clock_timestamp() where finished_at is null');
    expect(await waitsFor(second)).toBeNull();
  });

  it('are asked for by two at once: one of them has it', async () => {
    await db.builder.query('update read.rebuilds set finished_at = clock_timestamp() where finished_at is null');
    const asked = await Promise.all([0, 1].map(() => requestRebuild(db.gateway, { ...REBUILD, projection: 'log_times' })));
    expect(asked.filter((id) => id === null)).toHaveLength(1);
    await db.builder.query('update read.rebuilds set finished_at = clock_timestamp() where finished_at is null');
  });
});

describe('projections', () => {
  it('are listed by ledger and name with their positions, in pages, also those that a ledger does not have yet', async () => {
    const names = [...PROJECTION_SCOPES.keys()].sort();
    await db.builder.query(
      `update read.projections set position = 0, held_reason = 'held', held_at = clock_timestamp() where ledger = 8 and projection = 'transactions'`,
    );
    await db.builder.query(`delete from read.projections where ledger = 9 and projection = 'log_times'`);
    await db.builder.query(
      `insert into read.divergences (ledger, position, projections, accounts, reason, actor) select 8, n, '{transactions}', '{}', 'test', 'ann' from generate_series(1, 2) n`,
    );
    const rebuild = await requestRebuild(db.gateway, { ...REBUILD, projection: 'transactions', ledger: 'small' });
    const list = (filter: { ledger?: string; projection?: string }, limit = 4) =>
      everyPage<{ ledger: string; projection: string }, { ledger: string; projection: string }>((after) =>
        listProjectionStates(db.gateway, { ledger: filter.ledger ?? null, projection: filter.projection ?? null }, { after, limit }),
      );
    const keys = (await list({})).rows.map(({ ledger, projection }) => [ledger, projection]);
    expect(keys).toEqual(['clean', 'large', 'small'].flatMap((ledger) => names.map((name) => [ledger, name])));
    expect((await list({ ledger: 'small', projection: 'transactions' })).rows).toMatchObject([
      {
        position: 0n,
        divergences: 2,
        appliedPosition: 1n,
        heldReason: 'held',
        scope: 'ledger',
        generation: 8,
        rebuild: { id: rebuild, state: 'waiting' },
      },
    ]);
    expect((await list({ projection: 'log_times' })).rows).toMatchObject([
      { ledger: 'clean', position: 0n, generation: null, heldReason: null, rebuild: null },
      { ledger: 'large', position: 1n, generation: 7, divergences: 0 },
      { ledger: 'small' },
    ]);
    expect(await getLedgerNumber(db.gateway, 'small')).toBe(8);
    expect(await getLedgerNumber(db.gateway, 'nowhere')).toBeNull();
  });
});
