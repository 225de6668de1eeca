import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Health } from '@ledgerflow/platform/health';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import { createPool, Listener } from '@ledgerflow/platform/postgres';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { bootstrapAudit } from '../../audit/bootstrap.ts';
import { openAudit } from '../../audit/open.ts';
import { openReadDatabase } from '../../reads/open.ts';
import { TestGateway } from '../../test/gateway.ts';

const LETTERS = 250;
const MAIN = { roles: ['admin'], ledgers: ['main'] };

/** The routes on a real read database and a real audit store; what a builder would do with a repair the test does. */
describe('repairing over HTTP, on the databases', () => {
  let server: ReadServer;
  let db: ReadDatabase;
  let test: TestGateway;
  const parts = new Stoppable();
  /** What the builder makes of a repair; null: nothing. */
  let outcome: object | null = null;
  let builder: Listener;

  beforeAll(async () => {
    server = await startReadServer();
    db = await server.create();
    const auditUrl = (user: string): string => `postgres://${user}:test@127.0.0.1:${server.postgres.port}/audit`;
    const [ownerUrl, gatewayUrl] = [auditUrl('ledgerflow_audit_owner'), auditUrl('ledgerflow_audit_gateway')];
    await bootstrapAudit({ adminUrl: server.postgres.superuserUrl(), ownerUrl, gatewayUrl, log: silentLogger });
    const common = { parts, health: new Health(), log: silentLogger, metrics: new Registry() };
    const read = await openReadDatabase({ ...common, url: db.gatewayUrl, poolMax: 4, scanPoolMax: 2 });
    const audit = openAudit({ ...common, url: gatewayUrl });
    test = await TestGateway.start({ ...read, audit, repairWaitMs: 1_500 });
    for (const [number, id] of [
      [7, 'main'],
      [8, 'other'],
    ] as const)
      await load(db.builder, new TestLedger(id, number).records);
    await db.builder.query(
      `insert into read.dead_letters (ledger, position, accounts, error, record) select 7 + n % 2, n + 1, '{}', case when n % 5 = 0 then 'refused' end, '{"n": ' || n || '}'
       from generate_series(1, ${LETTERS}) n`,
    );
    const finish = async (repair: string): Promise<void> => {
      if (outcome === null) return;
      await db.builder.query('update read.repairs set finished_at = clock_timestamp(), outcome = $2 where id = $1', [
        repair,
        JSON.stringify(outcome),
      ]);
      await db.builder.query(`select pg_notify('repaired', $1)`, [repair]);
    };
    builder = new Listener({
      url: db.builderUrl,
      channel: 'repairs',
      log: silentLogger,
      onNotification: (repair) => void finish(repair),
      onGap: () => undefined,
    });
    await builder.start();
  }, 120_000);
  afterAll(async () => {
    await builder.stop();
    await test.stop();
    await parts.stop(silentLogger);
    await server.stop();
  });

  async function all(path: string, claims = {}): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = [];
    let cursor = '';
    for (let pages = 0; pages < 50; pages++) {
      const page = await test.get(`${path}${path.includes('?') ? '&' : '?'}limit=40${cursor}`, {}, claims);
      if (page.status !== 200) throw new Error(page.text);
      rows.push(...(page.body['data'] as Record<string, unknown>[]));
      if (page.body['nextCursor'] === null) return rows;
      cursor = `&cursor=${page.body['nextCursor'] as string}`;
    }
    throw new Error('the list has no end');
  }

  it('pages through the dead letters that the caller may see', async () => {
    const rows = await all('/admin/dlq');
    expect(rows).toHaveLength(LETTERS);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(LETTERS);
    const mine = await all('/admin/dlq', MAIN);
    expect(mine).toHaveLength(LETTERS / 2);
    expect(new Set(mine.map(({ ledger }) => ledger))).toEqual(new Set(['main']));
    expect(await all('/admin/dlq?state=refused')).toHaveLength(LETTERS / 5);
    const first = await test.get('/admin/dlq?limit=40');
    const stolen = await test.get(`/admin/dlq?limit=40&cursor=${first.body['nextCursor'] as string}`, {}, MAIN);
    expect(stolen.body['code']).toBe('invalid_cursor');
  });

  it('hears from the builder what came of a repair, or answers 202 and tells later', async () => {
    const [letter] = await all('/admin/dlq', MAIN);
    const retry = `/admin/dlq/${letter!['id'] as string}/retry`;
    outcome = { applied: 3, left: 0, code: null, detail: null };
    const since = performance.now();
    const done = await test.post(retry, undefined, {}, MAIN);
    expect([done.status, done.body['applied']]).toEqual([200, 3]);
    // By the notification.
    expect(performance.now() - since).toBeLessThan(1_000);
    outcome = { applied: 0, left: 1, code: 'still_refused', detail: 'it can not be' };
    expect((await test.post(retry, undefined, {}, MAIN)).body).toMatchObject({
      status: 409,
      code: 'still_refused',
      detail: 'it can not be',
    });
    outcome = null;
    const accepted = await test.post(retry, undefined, {}, MAIN);
    expect(accepted.status).toBe(202);
    const location = accepted.headers.get('location')!.replace('/api/v1', '');
    expect((await test.get(location, {}, MAIN)).body['state']).toBe('running');
    await db.builder.query(`update read.repairs set finished_at = clock_timestamp(), outcome = '{"applied": 1, "left": 0}' where id = $1`, [
      accepted.body['id'],
    ]);
    expect((await test.get(location, {}, MAIN)).body).toMatchObject({ state: 'finished', applied: 1, code: null });
    const trail = await all('/admin/audit?action=dlq.retry', { roles: ['auditor'], ledgers: ['main'] });
    expect(trail.map((entry) => (entry['outcome'] as { outcome: string }).outcome)).toEqual(['accepted', 'still_refused', 'done']);
  });

  it('requests, shows and cancels rebuilds, and says of each projection how far it is', async () => {
    const path = '/admin/projections/transactions/rebuilds';
    const made = await test.post(path, { ledger: 'main' }, {}, MAIN);
    expect([made.status, made.body['state'], made.body['secondsLeft']]).toEqual([202, 'waiting', null]);
    expect((await test.post('/admin/projections/all/rebuilds', { ledger: 'main' }, {}, MAIN)).body['code']).toBe('rebuild_in_progress');
    const projections = await all('/admin/projections?ledger=main');
    expect(projections.find(({ projection }) => projection === 'transactions')).toMatchObject({
      isLive: true,
      position: '1',
      rebuild: { id: made.body['id'], state: 'waiting' },
    });
    const one = `${path}/${made.body['id'] as string}`;
    expect((await test.call('DELETE', one, undefined, {}, MAIN)).body['state']).toBe('cancelling');
    expect((await test.get(one, {}, MAIN)).body).toMatchObject({ state: 'cancelling', proveOnly: false, parts: [] });
    expect(await all(path, MAIN)).toHaveLength(1);
    await db.builder.query(`update read.rebuilds set finished_at = clock_timestamp()`);
    const proof = await test.post('/admin/projections/log_times/rebuilds', { ledger: 'main', proveOnly: true }, {}, MAIN);
    await db.builder.query(
      `insert into read.rebuild_parts (rebuild, ledger, projection, generation, position, row_count, digest) values ($1, 7, 'log_times', 40, 1, 5, '\\x0a0b')`,
      [proof.body['id']],
    );
    expect((await test.get(`/admin/projections/log_times/rebuilds/${proof.body['id'] as string}`, {}, MAIN)).body).toMatchObject({
      proveOnly: true,
      byIdOnly: false,
      parts: [{ ledger: 'main', position: '1', rows: '5', digest: '0a0b' }],
    });
  });

  it('refuses the repair of an account while records are parked or were discarded, and shows how many were', async () => {
    await test.seed('main', { alice: '1.00' });
    const rebuilds = async (): Promise<unknown> => (await db.builder.query('select count(*) from read.rebuilds')).rows;
    const before = await rebuilds();
    const refusal = async (projection: string): Promise<unknown> => {
      const reply = await test.post(`/admin/projections/${projection}/rebuilds`, { ledger: 'main', account: 'alice' }, {}, MAIN);
      expect(reply.body['detail']).toContain('rebuild all projections of the ledger');
      return [reply.status, reply.body['code']];
    };
    await db.builder.query('update read.rebuilds set finished_at = clock_timestamp()');
    await db.builder.query('update read.checkpoints set parked_accounts = 1 where ledger = 7');
    expect(await refusal('all')).toEqual([409, 'records_parked']);
    await db.builder.query('update read.checkpoints set parked_accounts = 0 where ledger = 7');
    await db.builder.query(
      `insert into read.divergences (ledger, position, projections, accounts, reason, actor) values (7, 2, '{account_summary}', '{2}', 'test', 'ann')`,
    );
    for (const projection of ['all', 'account_summary']) expect(await refusal(projection)).toEqual([409, 'ledger_diverged']);
    expect(await rebuilds()).toEqual(before);
    const shown = await all('/admin/projections?projection=account_summary');
    expect(shown.map(({ ledger, divergences }) => [ledger, divergences])).toEqual([
      ['main', 1],
      ['other', 0],
    ]);
    await db.builder.query('delete from read.divergences');
    expect((await test.post('/admin/projections/all/rebuilds', { ledger: 'main', account: 'alice' }, {}, MAIN)).status).toBe(202);
    await db.builder.query('update read.rebuilds set finished_at = clock_timestamp()');
  });

  it('asks for nothing while the audit store is gone', async () => {
    const [letter] = await all('/admin/dlq', MAIN);
    const counts = () =>
      db.builder.query('select (select count(*) from read.repairs) as repairs, (select count(*) from read.rebuilds) as rebuilds');
    const before = (await counts()).rows;
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'audit'`;
    const pool = createPool({ url: server.postgres.superuserUrl(), max: 1, applicationName: 'test', log: silentLogger });
    try {
      await pool.query('alter database audit allow_connections false');
      await pool.query(cut);
      for (const [method, path, body] of [
        ['POST', `/admin/dlq/${letter!['id'] as string}/retry`, undefined],
        ['POST', '/admin/projections/ledgers/rebuilds', { ledger: 'main' }],
      ] as const) {
        const reply = await test.call(method, path, body, {}, MAIN);
        expect([reply.status, reply.body['code']]).toEqual([503, 'audit_unavailable']);
      }
      expect((await counts()).rows).toEqual(before);
      expect((await test.get('/admin/audit')).body['code']).toBe('audit_unavailable');
    } finally {
      await pool.query('alter database audit allow_connections true');
      await pool.end();
    }
    outcome = { applied: 1, left: 0, code: null, detail: null };
    expect((await test.post(`/admin/dlq/${letter!['id'] as string}/retry`, undefined, {}, MAIN)).status).toBe(200);
  });
});
