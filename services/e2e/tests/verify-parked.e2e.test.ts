import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { readTls } from '@ledgerflow/platform/grpc';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, runStatement, type Pool } from '@ledgerflow/platform/postgres';
import { BUILDER_SESSION_SETTINGS, PROJECTIONS, type Projection } from '@ledgerflow/read-model/projections';
import { startTestBuilder, type TestBuilder } from '@ledgerflow/read-model-builder/testing';
import type { ApiClient } from '../stack/client.ts';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';
import { summary } from '../verify/text.ts';
import { verify, type VerifyReport, type VerifyTarget } from '../verify/index.ts';

const TABLES = ['checkpoints', 'projections', 'dead_letters', 'parked_accounts', 'divergences', 'account_statement', 'account_summary'];
const OF_LEDGER = ['ledger_activity', 'ledgers', 'log_times', 'transactions', 'trial_balance'];

describe('verify, when records are parked', () => {
  let stack: Stack;
  let api: ApiClient;
  let pool: Pool;
  let target: VerifyTarget;
  let builder: TestBuilder | null = null;
  let number: number;
  /** `projection position` → the projection refuses the record there. */
  const poison = new Set<string>();
  /** Positions of the record that is refused, and of one that queues behind it. */
  let bad: number;
  let queued: number;

  const head = async (): Promise<number> => Number((await verify({ target, ledgers: ['book'] })).ledgers[0]?.head);
  const book = async (): Promise<VerifyReport['ledgers'][number]> => (await verify({ target, ledgers: ['book'] })).ledgers[0]!;
  const transfer = async (from: string, to: string, more: object = {}): Promise<number> => {
    await api.mustPost('/ledgers/book/transfers', { from, to, amount: '1.00', currency: 'USD', ...more });
    return head();
  };

  /** The registry, of which each may refuse records. */
  const poisoned = (): Projection[] =>
    PROJECTIONS.map((projection): Projection => {
      const project = (record: LedgerRecord): unknown => {
        if (poison.has(`${projection.name} ${record.position}`)) throw new Error('poison');
        return projection.project(record);
      };
      return { ...projection, project };
    });

  /** A builder in this process, until it has come to the end of the log. */
  const build = async (): Promise<void> => {
    const name = 'read-model-builder';
    const { certificates: made } = stack;
    const tls = readTls({ TLS_CA_FILE: made.caFile, TLS_CERT_FILE: made.certFile(name), TLS_KEY_FILE: made.keyFile(name) });
    const read = createPool({
      url: stack.urls.read,
      max: 10,
      applicationName: name,
      log: silentLogger,
      settings: BUILDER_SESSION_SETTINGS,
      pipeline: true,
    });
    const over = { slots: 8, projections: poisoned(), catchUpIntervalMs: 50, repairsIntervalMs: 50 };
    const started = await startTestBuilder({ builder: read }, stack.writerAddresses[0]!, tls, over);
    builder = {
      ...started,
      stop: async () => {
        await started.stop();
        await read.end();
      },
    };
    await until('the read model is at the end', async () => {
      const { head: end, readModel } = await book();
      return end === readModel;
    });
  };
  const stopBuilding = async (): Promise<void> => {
    await builder?.stop();
    builder = null;
  };

  /** Asks for a repair as the gateway does, and waits until a builder has done it. */
  const repair = async (kind: 'retry' | 'discard', letter: string | null): Promise<unknown> => {
    const { rows } = await pool.query<{ id: string }>(`select read.request_repair($1, $2, null, 'was a mistake', 'ann') as id`, [
      kind,
      letter,
    ]);
    return until('the repair is done', async () => {
      const done = await pool.query<{ outcome: unknown }>('select outcome from read.repairs where id = $1 and finished_at is not null', [
        rows[0]?.id,
      ]);
      return done.rows[0] ?? null;
    });
  };

  /** With a change that is undone afterwards; no builder runs meanwhile. */
  const withChange = async (sql: string, check: (report: VerifyReport) => void): Promise<void> => {
    const url = stack.postgres.superuserUrl('ledgerflow_read');
    const copies = TABLES.map((table) => `create table kept.${table} as table read.${table}`).join('; ');
    const back = TABLES.map((table) => `delete from read.${table}; insert into read.${table} overriding system value table kept.${table}`);
    await runStatement(url, `create schema kept; ${copies}`);
    try {
      await runStatement(url, sql);
      check(await verify({ target, ledgers: ['book'] }));
    } finally {
      await runStatement(url, `${back.join('; ')}; drop schema kept cascade`);
    }
  };
  const generationOf = (projection: string): string =>
    `(select generation from read.projections where ledger = ${number} and projection = '${projection}')`;
  const BOB = `account = (select account from read.parked_accounts where id = 'bob')`;

  beforeAll(async () => {
    stack = await Stack.start();
    target = { ledgerUrl: stack.urls.ledgerVerifier, readUrl: stack.urls.readVerifier };
    pool = createPool({ url: stack.postgres.superuserUrl('ledgerflow_read'), max: 1, applicationName: 'test', log: silentLogger });
    api = await stack.client({ roles: ['admin'], subject: 'first' });
    await api.seed('book', { alice: '500.00', bob: '20.00', carol: '0.00' });
    await transfer('alice', 'bob', { effectiveAt: new Date(Date.now() - 3_600_000).toISOString() });
    await until(
      'the read model has it',
      async () => (await book()).state === 'proven' && (await book()).readModel === String(await head()),
    );
    await Promise.all(stack.builders.map((one) => one.stop()));
    const { rows } = await pool.query<{ ledger: number }>(`select ledger from read.checkpoints where id = 'book'`);
    number = rows[0]!.ledger;
    await api.request(
      'PATCH',
      '/ledgers/book/accounts/bob',
      { name: 'Bob', maxBalance: '900.00', metadata: { tier: 'iron' } },
      { key: 'patch' },
    );
    bad = await head();
    await transfer('alice', 'carol');
    queued = await transfer('bob', 'alice', { effectiveAt: new Date(Date.now() - 7_200_000).toISOString() });
    await transfer('carol', 'bob');
    await transfer('alice', 'carol');
    poison.add(`account_summary ${bad}`);
    await build();
    await stopBuilding();
  }, 120_000);
  afterAll(async () => {
    await stopBuilding();
    await pool?.end();
    await stack?.stop();
  });

  it('proves everything up to the first parked record, says what is parked, and does not call it proven', async () => {
    const report = await verify({ target, threads: 2 });
    expect(report).toMatchObject({ ok: true, proven: false, difference: null });
    const heldReason = expect.stringContaining(`record ${bad} is parked: account_summary: poison`);
    expect(report.ledgers).toEqual([
      expect.objectContaining({
        ledger: 'book',
        state: 'parked',
        readModel: String(await head()),
        parked: { records: 3, refused: 1, since: String(bad), accounts: 1, accountIds: ['bob'] },
        behind: OF_LEDGER.map((projection) => ({ projection, position: String(bad - 1), heldReason })),
        divergences: [],
      }),
    ]);
    const text = summary(report);
    expect(text).toContain(`PARKED      ledger book  3 records from position ${bad} on, of which 1 were refused; rows of bob are proven`);
    expect(text).toContain(`BEHIND      ledger book  trial_balance was compared at position ${bad - 1}`);
    expect(text).toContain('Nothing differs, but not everything is proven');
  });

  it.each<[what: string, sql: () => string, check: string, account: string | null]>([
    ['a letter deleted', () => `delete from read.dead_letters where position = ${queued}`, 'read parked', 'bob'],
    [
      'a letter deleted, and all that counts it put right',
      () =>
        `delete from read.dead_letters where position = ${queued}; update read.parked_accounts set pending = 2; update read.checkpoints set dead_letters = 2 where ledger = ${number}`,
      'read parked',
      'bob',
    ],
    [
      'the first letter deleted, and all that counts it put right',
      () =>
        `delete from read.dead_letters where position = ${bad}; update read.parked_accounts set pending = 2, since = ${queued}; update read.checkpoints set dead_letters = 2 where ledger = ${number}`,
      'read statement',
      'bob',
    ],
    ['all letters deleted', () => 'delete from read.dead_letters', 'read parked', 'bob'],
    ['a letter of another record', () => `update read.dead_letters set position = 2 where position = ${queued}`, 'read parked', 'bob'],
    [
      'a letter with a changed record',
      () => `update read.dead_letters set record = replace(record, '"hash":"', '"hash":"0') where position = ${queued}`,
      'read parked',
      null,
    ],
    ['a letter that is no JSON', () => `update read.dead_letters set record = 'x' where position = ${queued}`, 'read parked', null],
    [
      'a letter of one more account',
      () => `update read.dead_letters set accounts = accounts || 4711 where position = ${queued}`,
      'read parked',
      null,
    ],
    ['the parked account deleted', () => 'delete from read.parked_accounts', 'read parked', null],
    ['a parked account with another id', () => `update read.parked_accounts set id = 'eve'`, 'read parked', 'bob'],
    ['a later start', () => 'update read.parked_accounts set since = since + 1', 'read parked', 'bob'],
    ['one pending more', () => 'update read.parked_accounts set pending = pending + 1', 'read parked', 'bob'],
    ['a counter of letters', () => `update read.checkpoints set dead_letters = 2 where ledger = ${number}`, 'read parked', null],
    ['a counter of accounts', () => `update read.checkpoints set parked_accounts = 0 where ledger = ${number}`, 'read parked', null],
    [
      'the summary of the parked account',
      () => `update read.account_summary set posted = posted + 1 where generation = ${generationOf('account_summary')} and ${BOB}`,
      'read accounts',
      'bob',
    ],
    [
      'a row of the parked account',
      () => `delete from read.account_statement where generation = ${generationOf('account_statement')} and ${BOB} and version = 2`,
      'read statement',
      'bob',
    ],
    [
      'a row of a parked record',
      () =>
        `insert into read.account_statement select (jsonb_populate_record(s, jsonb_build_object('position', ${queued}, 'version', 99))).* from read.account_statement s
         where generation = ${generationOf('account_statement')} and ${BOB} and version = 2`,
      'read statement',
      'bob',
    ],
    [
      'a projection that goes on',
      () => `update read.projections set position = ${bad} where ledger = ${number} and projection = 'transactions'`,
      'read projections',
      null,
    ],
  ])('names it: %s', async (_what, sql, check, account) => {
    await withChange(sql(), ({ ok, difference, ledgers }) => {
      expect(ok).toBe(false);
      expect(difference).toMatchObject({ check, ledger: 'book' });
      if (account !== null) expect(difference?.account).toBe(account);
      expect(ledgers[0]?.state).toBe('different');
    });
    expect(await book()).toMatchObject({ state: 'parked' });
  });

  it('lists what somebody discarded, and proves everything else', async () => {
    await build();
    const { rows } = await pool.query<{ id: string }>('select id from read.dead_letters where error is not null');
    await repair('discard', rows[0]!.id);
    await until('nothing is behind', async () => (await book()).behind.length === 0);
    await stopBuilding();
    const report = await verify({ target });
    expect(report).toMatchObject({ ok: true, proven: false });
    const discarded = {
      position: String(bad),
      accounts: ['bob'],
      reason: 'was a mistake',
      actor: 'ann',
      projections: expect.arrayContaining([...OF_LEDGER, 'account_statement', 'account_summary']),
    };
    expect(report.ledgers[0]).toMatchObject({ state: 'diverged', parked: null, behind: [], divergences: [discarded] });
    expect(report.checks.find(({ name }) => name === 'read divergences')).toMatchObject({ ok: true, count: 1 });
    expect(summary(report)).toMatch(
      new RegExp(`DIVERGED    ledger book  position ${bad}  account bob\\n.*account_summary.*ann discarded it: was a mistake`),
    );
  });

  it.each<[what: string, sql: () => string, check: string]>([
    ['the divergence deleted', () => 'delete from read.divergences', 'read log times'],
    [
      'one projection taken out',
      () => `update read.divergences set projections = array_remove(projections, 'log_times')`,
      'read log times',
    ],
    [
      'what was discarded applied by hand',
      () => `update read.account_summary set name = 'Bob' where generation = ${generationOf('account_summary')} and id = 'bob'`,
      'read accounts',
    ],
    [
      'limits that were discarded',
      () => `update read.account_summary set max_balance = 90000 where generation = ${generationOf('account_summary')} and id = 'bob'`,
      'read accounts',
    ],
  ])('names it beside a discarded record: %s', (_what, sql, check) =>
    withChange(sql(), ({ ok, difference }) => {
      expect(ok).toBe(false);
      expect(difference).toMatchObject({ check, ledger: 'book' });
    }),
  );

  it('proves a projection that holds alone where it is, and all again after a retry', async () => {
    const refused = await transfer('alice', 'bob');
    await transfer('bob', 'carol');
    poison.clear();
    poison.add(`transactions ${refused}`);
    await build();
    expect(await book()).toMatchObject({
      state: 'parked',
      parked: { records: 1, refused: 1, since: String(refused), accounts: 0, accountIds: [] },
      behind: [{ projection: 'transactions', position: String(refused - 1) }],
    });
    poison.clear();
    await repair('retry', null);
    await until('nothing is behind', async () => (await book()).behind.length === 0);
    const report = await verify({ target });
    expect(report).toMatchObject({ ok: true, proven: false });
    expect(report.ledgers[0]).toMatchObject({ state: 'diverged', parked: null, behind: [] });
  });
});
