import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addDigest, digestToHex } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { BLOCK_LEVEL_MAX, PROJECTIONS, rowDigest } from '@ledgerflow/read-model/projections';
import { createPool, runStatement, StreamClient, type Pool } from '@ledgerflow/platform/postgres';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';
import { SESSION_SETTINGS } from '../verify/connections.ts';
import type { Facts, Side } from '../verify/fixtures/corruption.ts';
import { CORRUPTIONS } from '../verify/fixtures/corruptions.ts';
import { findFacts, history, scatterGenerations } from '../verify/fixtures/history.ts';
import { verify, type VerifyTarget } from '../verify/index.ts';
import type { ProjectionName } from '../verify/live.ts';
import { ACCOUNT_NAMES } from '../verify/passes.ts';
import * as readRows from '../verify/read-rows.ts';
import * as rows from '../verify/rows.ts';

const LEDGER_QUERIES = [
  rows.recordsQuery,
  rows.eventsQuery,
  rows.detailsQuery,
  rows.accountEventsQuery,
  rows.accountsQuery,
  rows.keysQuery,
  rows.refusalsQuery,
  rows.externalIdsQuery,
];
const READ_QUERIES = [
  readRows.transactionsQuery,
  readRows.logTimesQuery,
  readRows.summaryQuery,
  readRows.statementQuery,
  readRows.correctionsQuery,
  readRows.blocksQuery,
  readRows.daysQuery,
  readRows.activityQuery,
  readRows.searchQuery,
];

/** A row of a projection, or of what belongs to it, that is wrong, and what verify has to say of it. */
const WRONG_ROWS: readonly { table: string; projection: ProjectionName; change: (f: Facts) => string; check: string; says: string }[] = [
  ...[
    'posted = posted + 1',
    'held = held + 1',
    'version = version + 1',
    'entries = entries + 1',
    'debits = debits + 1, credits = credits + 1',
  ].map((set) => ({
    table: `daily_balances, ${set}`,
    projection: 'daily_balances' as const,
    change: ({ bob, generations }: Facts) =>
      `update read.daily_balances set ${set} where generation = ${generations.daily_balances} and account = ${bob}`,
    check: 'read days',
    says: 'balance of account bob on ',
  })),
  {
    table: 'daily_balances',
    projection: 'daily_balances',
    change: ({ bob, generations: { daily_balances: of } }) =>
      `insert into read.daily_balances select generation, account, day - 1, posted, held, version, position, entries, credits, debits from read.daily_balances where generation = ${of} and account = ${bob}`,
    check: 'read days',
    says: 'the log has nothing of that day',
  },
  ...[0, 1, 2].flatMap((bucket) =>
    ['transactions = a.transactions + 1', 'entries = a.entries + 1', 'volume = a.volume + 1'].map((set) => ({
      table: `ledger_activity, kind ${bucket}, ${set}`,
      projection: 'ledger_activity' as const,
      change: ({ generations: { ledger_activity: of } }: Facts) =>
        `update read.ledger_activity a set ${set} from (select * from read.ledger_activity where generation = ${of} and bucket = ${bucket} and currency = 'USD' and type = 6 limit 1) k
         where a.generation = k.generation and a.bucket = k.bucket and a.starts_at = k.starts_at and a.currency = k.currency and a.type = k.type`,
      check: 'read activity',
      says: `activity in the ${['minute', 'hour', 'day'][bucket]} of 20`,
    })),
  ),
  {
    table: 'ledger_activity',
    projection: 'ledger_activity',
    change: ({ generations: { ledger_activity: of } }) =>
      `insert into read.ledger_activity select generation, bucket, starts_at, 'POINTS', type, transactions, entries, volume from read.ledger_activity where generation = ${of} and currency = 'EUR'`,
    check: 'read activity',
    says: 'of POINTS',
  },
  ...[`name = 'Mallory'`, `metadata = 'gold'`, `status = 'closed'`, `owner_id = 'mallory'`, `naming = 'mallory'`, 'level = level + 1'].map(
    (set) => ({
      table: `account_search, ${set}`,
      projection: 'account_search' as const,
      change: ({ bob, generations: { account_search: of } }: Facts) =>
        `update read.account_search set ${set} where generation = ${of} and account = ${bob}`,
      check: 'read search',
      says: 'document of account bob',
    }),
  ),
  {
    table: 'account_search',
    projection: 'account_search',
    change: ({ bob, generations: { account_search: of } }) =>
      `update read.account_search set lexemes = lexemes || '''1.mallory'':99A'::tsvector where generation = ${of} and account = ${bob}`,
    check: 'read search',
    says: "document of account bob in the read model's search has other words",
  },
  {
    table: 'account_search',
    projection: 'account_search',
    change: ({ bob, generations: { account_search: of } }) =>
      `delete from read.account_search where generation = ${of} and account = ${bob}`,
    check: 'read search',
    says: "document of account bob in the read model's search is missing",
  },
  ...[`accounts = accounts + 1`, `word = 'mallory', spelling = 'mallory'`, `spelling = 'mallory'`].map((set) => ({
    table: `account_words, ${set}`,
    projection: 'account_search' as const,
    change: ({ generations: { account_search: of } }: Facts) =>
      `update read.account_words set ${set} where generation = ${of} and word = 'carol'`,
    check: 'read words',
    says: set.startsWith('word') ? 'of the word ' : 'of the word carol',
  })),
];

describe('verify', () => {
  let stack: Stack;
  let facts: Facts;
  let template: VerifyTarget;
  let admin: Pool;
  let copies = 0;
  const restoring: Record<Side, string> = { ledger: '', read: '' };

  beforeAll(async () => {
    stack = await Stack.start();
    const api = await stack.client({ roles: ['admin'], subject: 'first' });
    await history(api, await stack.client({ roles: ['admin'], subject: 'second' }));
    template = { ledgerUrl: stack.urls.ledgerVerifier, readUrl: stack.urls.readVerifier };
    await until('the read model has all of it', async () => {
      const { ledgers } = await verify({ target: template });
      return ledgers.every(({ head: end, readModel }) => end === readModel);
    });
    admin = createPool({ url: stack.postgres.superuserUrl(), max: 1, applicationName: 'test', log: silentLogger });
  }, 120_000);
  afterAll(async () => {
    await admin?.end();
    await stack?.stop();
  });

  const workOn = async <T>(side: Side, name: string, sql: string, work: (target: VerifyTarget) => Promise<T>): Promise<T> => {
    await runStatement(stack.postgres.superuserUrl(name), `set session_replication_role = replica; ${sql}`);
    const url = new URL(side === 'ledger' ? template.ledgerUrl : (template.readUrl as string));
    url.pathname = `/${name}`;
    return work({ ...template, [side === 'ledger' ? 'ledgerUrl' : 'readUrl']: url.href });
  };

  /** A change in a database of its own, read beside the other one as it is. */
  const withCopy = async <T>(side: Side, sql: string, work: (target: VerifyTarget) => Promise<T>): Promise<T> => {
    const name = `copy_${++copies}`;
    await admin.query(`create database ${name} template ledgerflow_${side} strategy wal_log`);
    try {
      return await workOn(side, name, sql, work);
    } finally {
      await admin.query(`drop database ${name} with (force)`);
    }
  };

  /** The same in the side's one copy, whose rows are put back afterwards: that takes a tenth of the time of a database. */
  const withChange = async <T>(side: Side, sql: string, work: (target: VerifyTarget) => Promise<T>): Promise<T> => {
    try {
      return await workOn(side, `frozen_${side}`, sql, work);
    } finally {
      await runStatement(stack.postgres.superuserUrl(`frozen_${side}`), `set session_replication_role = replica; ${restoring[side]}`);
    }
  };

  /** Makes the copy of a side, keeps its rows beside it; the statements that put them back. */
  const freeze = async (side: Side): Promise<string> => {
    await admin.query(`create database frozen_${side} template ledgerflow_${side} strategy wal_log`);
    const pool = createPool({ url: stack.postgres.superuserUrl(`frozen_${side}`), max: 1, applicationName: 'test', log: silentLogger });
    try {
      const { rows: tables } = await pool.query<{ name: string; kept: string }>(
        `select format('%I.%I', n.nspname, c.relname) as name, format('kept.%I', n.nspname || '_' || c.relname) as kept
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('ledger', 'directory', 'read') and c.relkind in ('r', 'p') and not c.relispartition`,
      );
      await pool.query(`create schema kept; ${tables.map(({ name, kept }) => `create table ${kept} as table ${name}`).join('; ')}`);
      return tables.map(({ name, kept }) => `delete from ${name}; insert into ${name} overriding system value table ${kept}`).join('; ');
    } finally {
      await pool.end();
    }
  };

  it('passes on a running stack, while it writes', async () => {
    const api = await stack.client({ roles: ['admin'], subject: 'first' });
    const running = { on: true };
    const writers = Array.from({ length: 4 }, async () => {
      while (running.on) await api.mustPost('/ledgers/other/accounts/x/deposits', { amount: '0.01', currency: 'USD' });
    });
    for (let round = 0; round < 5; round++)
      expect(await verify({ target: template, threads: round % 2 })).toMatchObject({ ok: true, difference: null });
    running.on = false;
    await Promise.all(writers);
  });

  it('passes on a stopped one, and every check had something to check', async () => {
    await stack.gateway.stop();
    await Promise.all([...stack.builders, ...stack.writers].map((service) => service.stop()));
    const report = await verify({ target: template, threads: 2 });
    expect(report).toMatchObject({ ok: true, proven: true, difference: null, notes: [] });
    // Nobody has discarded anything (verify-parked.e2e.test.ts).
    expect(report.checks.filter(({ count }) => count === 0).map(({ name }) => name)).toEqual(['read divergences']);
    expect(report.ledgers.map(({ ledger }) => ledger)).toEqual(['book', 'other']);
    await scatterGenerations(stack);
    expect(await verify({ target: template })).toMatchObject({ ok: true, proven: true, notes: [] });
    facts = await findFacts(stack);
    restoring.ledger = await freeze('ledger');
    restoring.read = await freeze('read');
  });

  const plansOf = async (url: string, statements: readonly string[]): Promise<string[]> => {
    const client = await StreamClient.connect({ url, applicationName: 'test', settings: SESSION_SETTINGS });
    try {
      const plans: string[] = [];
      for (const sql of statements) {
        const lines = await client.query(`explain (costs off) ${sql}`);
        plans.push(lines.map((row) => row['QUERY PLAN']).join('\n'));
      }
      return plans;
    } finally {
      await client.close();
    }
  };

  /** Every stream goes by an index that has its order, and a probe by all of its index: what a filter passes over would be read for every row. */
  const expectIndexes = async (url: string, queries: typeof LEDGER_QUERIES, number: number): Promise<void> => {
    const plans = await plansOf(
      url,
      queries.map((query) => query(number).sql),
    );
    for (const plan of plans) {
      expect(plan).toMatch(/Index (Only )?Scan using/);
      expect(plan).not.toMatch(/Sort|Seq Scan|Bitmap|Hash Join|Merge Join|Materialize|Filter/);
    }
  };

  it('reads by indexes in their order, never by a sort of a ledger', async () => {
    await expectIndexes(template.ledgerUrl, LEDGER_QUERIES, facts.ledger);
    await expectIndexes(template.readUrl as string, READ_QUERIES, facts.generations.account_statement);
  });

  it('reads the same way a ledger that statistics know nothing of, beside one that they know', async () => {
    // As a bulk write leaves it before the next analyze: in the partitions of a ledger of thousands of records, the planner takes the new one for a single row.
    const sql = `insert into ledger.records (position, recorded_at, effective_at, ledger, epoch, actor, bytes, correlation, causation, key, fingerprint, type, leaf)
        select p, now(), now(), ${facts.ledger}, 1, 1, 1, k, k, k, k, 1, '' from (select p, gen_random_uuid() as k from generate_series(1000001, 1005000) p) made;
      insert into ledger.events (position, version, ledger, index, account, type) select p, p, ${facts.ledger}, 0, 1, 1 from generate_series(1000001, 1005000) p;
      insert into ledger.external_ids (position, ledger, index, external_id) select p, ${facts.ledger}, 0, p::text from generate_series(1000001, 1005000) p;
      analyze`;
    await withCopy('ledger', sql, async ({ ledgerUrl }) => {
      const pool = createPool({ url: ledgerUrl, max: 1, applicationName: 'test', log: silentLogger });
      const { rows: neighbours } = await pool
        .query<{ number: number }>(
          `with place as (select k from generate_series(0, 15) k where satisfies_hash_partition('ledger.records'::regclass, 16, k, $1::int))
           select number from place, generate_series($1::int + 1, $1::int + 1000) number
           where satisfies_hash_partition('ledger.records'::regclass, 16, k, number) limit 1`,
          [facts.ledger],
        )
        .finally(() => pool.end());
      const { number } = neighbours[0]!;
      await expectIndexes(ledgerUrl, LEDGER_QUERIES, number);
      const [names] = await plansOf(ledgerUrl, [ACCOUNT_NAMES.replaceAll('$1', String(number)).replaceAll('$2', "'{1,2,3}'")]);
      expect(names).toMatch(/Index Cond: .*account = .*version >= 1/);
    });
  });

  it('reads corrections the same way of a ledger that statistics know nothing of', async () => {
    const { account_statement: statement, log_times: times } = facts.generations;
    const sql = `insert into read.corrections select ${statement}, -1, i, i, 0, i, i, i from generate_series(1, 5000) i;
      insert into read.correction_blocks select ${statement}, -1, 0, i / 16, i, i, i from generate_series(0, 4999) i;
      insert into read.log_times select ${times}, i, i, array[i] from generate_series(1, 5000) i; analyze`;
    await withCopy('read', sql, ({ readUrl }) => expectIndexes(readUrl as string, READ_QUERIES, statement + 1_000));
  });

  it('says nothing of blocks above the highest level: an earlier version made them', () =>
    withChange(
      'read',
      `insert into read.correction_blocks select generation, account, ${BLOCK_LEVEL_MAX} + 1 + level, block, effective_at, 0, sum_after from read.correction_blocks on conflict do nothing`,
      async (target) => expect(await verify({ target })).toMatchObject({ ok: true, difference: null }),
    ));

  it('takes a ledger that is older than log_times as it is', async () => {
    const { log_times: times } = facts.generations;
    const pool = createPool({ url: template.readUrl as string, max: 1, applicationName: 'test', log: silentLogger });
    const { rows: runs } = await pool
      .query<{ position: string; times: string[] }>('select position, times from read.log_times where generation = $1 and position >= $2', [
        times,
        facts.run,
      ])
      .finally(() => pool.end());
    const digest = runs.map(({ position, times }) => rowDigest(['times', position, ...times])).reduce(addDigest, 0n);
    const later = `delete from read.log_times where generation = ${times} and position < ${facts.run};
      update read.projections set row_count = ${runs.length}, digest = '\\x${digestToHex(digest)}' where ledger = ${facts.ledger} and projection = 'log_times'`;
    await withChange('read', later, async (target) => {
      expect(await verify({ target })).toMatchObject({ ok: true, difference: null });
    });
  });

  it('says which projections are not where the checkpoint is, and proves them where they are', async () => {
    const { generations, ledger } = facts;
    const of = (projection: string): string => `where ledger = ${ledger} and projection = '${projection}'`;
    const missing = `delete from read.log_times where generation = ${generations.log_times}; delete from read.projections ${of('log_times')};
      update read.projections set held_reason = 'too slow' ${of('trial_balance')}`;
    await withChange('read', missing, async (target) => {
      const { ok, proven, ledgers } = await verify({ target });
      expect([ok, proven]).toEqual([true, false]);
      expect(ledgers[0]).toMatchObject({
        ledger: 'book',
        state: 'behind',
        parked: null,
        behind: [
          { projection: 'trial_balance', position: String(facts.last), heldReason: 'too slow' },
          { projection: 'log_times', position: '0', heldReason: null },
        ],
      });
      expect(ledgers[1]).toMatchObject({ ledger: 'other', state: 'proven' });
    });
    const behind = `update read.projections set position = position - 1, recorded_at = 0 ${of('ledgers')}`;
    await withChange('read', behind, async (target) =>
      expect((await verify({ target })).ledgers[0]).toMatchObject({
        state: 'behind',
        behind: [{ projection: 'ledgers', heldReason: null }],
      }),
    );
  });

  it('notes rows of generations that nobody reads', async () => {
    const orphan = `insert into read.trial_balance select 4711, currency, debits, credits from read.trial_balance where generation = ${facts.generations.trial_balance}`;
    await withChange('read', orphan, async (target) => {
      const { proven, notes } = await verify({ target });
      expect(proven).toBe(true);
      expect(notes).toEqual([expect.stringMatching(/read\.trial_balance.* 4711/)]);
    });
    const known = `${orphan}; insert into read.retired_generations (projection, generation) values ('trial_balance', 4711)`;
    await withChange('read', known, async (target) => expect((await verify({ target })).notes).toEqual([]));
  });

  it('accepts an epoch that was raised and is in no record yet', async () => {
    const raised = `update ledger.heads set epoch = epoch + 1 where ledger = ${facts.ledger}; update directory.ledgers set epoch = epoch + 1 where number = ${facts.ledger}`;
    await withChange('ledger', raised, async (target) => expect(await verify({ target })).toMatchObject({ ok: true, difference: null }));
  });

  it.each(CORRUPTIONS)('names it: $what', async (corruption) => {
    const { side, sql, check, position, account: of } = corruption;
    const change = sql(facts);
    // What changes a table's shape is not undone by its rows.
    const report = await (change.includes('alter table') ? withCopy : withChange)(side, change, (target) => verify({ target }));
    const { difference } = report;
    expect(report.ok).toBe(false);
    expect(difference?.ledger).toBe('book');
    expect(typeof check === 'string' ? [check] : check).toContain(difference?.check);
    if (position !== undefined) expect(difference?.position).toBe(String(position(facts)));
    if (of !== undefined) expect(difference?.account).toBe(of);
    expect(difference?.message.length).toBeGreaterThan(20);
  });

  it.each(WRONG_ROWS)('names a row of $table that is wrong together with its digest', async ({ projection: name, change, check, says }) => {
    await withChange('read', change(facts), async (target) => {
      const pool = createPool({ url: stack.postgres.superuserUrl('frozen_read'), max: 1, applicationName: 'test', log: silentLogger });
      try {
        const projection = PROJECTIONS.find((one) => one.name === name)!;
        const { rows: count, digest } = await projection.recompute(pool, facts.generations[name], () => '');
        await pool.query('update read.projections set row_count = $3, digest = $4 where ledger = $1 and projection = $2', [
          facts.ledger,
          name,
          count,
          Buffer.from(digestToHex(digest), 'hex'),
        ]);
      } finally {
        await pool.end();
      }
      const { difference } = await verify({ target });
      expect(difference).toMatchObject({ ledger: 'book', check, message: expect.stringContaining(says) });
    });
  });

  it('sees what is kept of a ledger that the read model does not have', () =>
    withChange('read', `insert into read.dead_letters (ledger, position, accounts, record) values (4711, 1, '{}', '{}')`, async (target) =>
      expect((await verify({ target })).difference).toMatchObject({
        check: 'checkpoint',
        ledger: null,
        message: expect.stringContaining('ledger number 4711'),
      }),
    ));

  it('goes on to further differences when asked to', async () => {
    const sql = `update ledger.accounts set posted = posted + 1 where ledger = ${facts.ledger}; update ledger.records set bytes = 1 where ledger = ${facts.ledger} and position in (2, 3)`;
    const report = await withCopy('ledger', sql, (target) => verify({ target, differencesMax: 4 }));
    expect(report.differences.map(({ check, position }) => [check, position]).slice(0, 2)).toEqual([
      ['records', '2'],
      ['records', '3'],
    ]);
    expect(report.differences.length).toBe(4);
  });

  it('passes again when all of that was put back', async () => {
    const frozen = (url: string, side: Side): string => Object.assign(new URL(url), { pathname: `/frozen_${side}` }).href;
    const target = { ledgerUrl: frozen(template.ledgerUrl, 'ledger'), readUrl: frozen(template.readUrl as string, 'read') };
    expect(await verify({ target })).toMatchObject({ ok: true, difference: null });
  });

  it('has a role that can change nothing', async () => {
    for (const [url, table] of [
      [template.ledgerUrl, 'ledger.heads'],
      [template.readUrl as string, 'read.checkpoints'],
    ] as const)
      await expect(runStatement(url, `update ${table} set epoch = 2`)).rejects.toThrow(/permission denied/);
  });
});
