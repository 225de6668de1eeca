import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Micros } from '@ledgerflow/contracts';
import { createTestPostgres, type TestPostgres } from '@ledgerflow/local/postgres';
import { loggerTo, silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { bootstrapAudit } from './bootstrap.ts';
import { AUDIT_SESSION_SETTINGS } from './schema.ts';
import { expireAudit } from './expire.ts';
import { type Access, type AuditAction, type AuditKind, AuditStore } from './store.ts';

const TIMEOUT_MS = 500;
const REQUEST = '0190c1a0-0000-7000-8000-0000000000cc';

let postgres: TestPostgres;
let pool: Pool;
let owner: Pool;
let store: AuditStore;
let metrics: Registry;

const url = (user: string): string => `postgres://${user}:test@127.0.0.1:${postgres.port}/ledgerflow_audit`;
const open = (user: string): Pool =>
  createPool({
    url: url(user),
    max: 2,
    applicationName: 'test',
    settings: AUDIT_SESSION_SETTINGS,
    queryTimeoutMs: TIMEOUT_MS,
    log: silentLogger,
  });

beforeAll(async () => {
  postgres = await createTestPostgres();
  const urls = { adminUrl: postgres.superuserUrl(), ownerUrl: url('ledgerflow_audit_owner'), gatewayUrl: url('ledgerflow_audit_gateway') };
  await bootstrapAudit({ ...urls, log: silentLogger });
  // Again, as every deployment does.
  await bootstrapAudit({ ...urls, log: silentLogger });
  pool = open('ledgerflow_audit_gateway');
  owner = open('ledgerflow_audit_owner');
  metrics = new Registry();
  store = new AuditStore({ db: pool, reads: pool, log: silentLogger, metrics });
});
afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await postgres.stop();
});

const action = (over: Partial<AuditAction> = {}): AuditAction => ({
  actor: 'ann',
  roles: ['admin'],
  action: 'dlq.retry',
  ledger: 'books',
  target: '7',
  parameters: { position: '41' },
  requestId: REQUEST,
  ...over,
});
const ALL = { ledgers: null };
const PAGE = { after: null, limit: 100 };

describe('the audit store', () => {
  it('has what was begun and how it ended, newest first, in pages, by who, what, where and when', async () => {
    const first = await store.begin(action());
    await store.conclude(first, { outcome: 'done', result: { applied: 1 } });
    await store.begin(action({ actor: 'ben', action: 'rebuild.request', ledger: null, target: 'all' }));
    const third = await store.begin(action({ ledger: 'other' }));
    await store.conclude(third, { outcome: 'still_refused', result: undefined });
    const all = await store.list('actions', ALL, PAGE);
    expect(all).toMatchObject({
      rows: [
        { id: third, ledger: 'other', outcome: { outcome: 'still_refused', result: null } },
        { actor: 'ben', action: 'rebuild.request', ledger: null, outcome: null },
        { ...action(), id: first, outcome: { outcome: 'done', result: { applied: 1 } } },
      ],
      next: null,
    });
    const ids = async (filter: Parameters<AuditStore['list']>[1]): Promise<bigint[]> =>
      (await store.list('actions', filter, PAGE)).rows.map(({ id }) => id);
    expect(await ids({ ledgers: ['books'] })).toEqual([first]);
    expect(await ids({ ledgers: ['books', 'other'] })).toEqual([third, first]);
    expect(await ids({ ledgers: [] })).toEqual([]);
    expect(await ids({ ...ALL, actor: 'ben' })).toEqual([first + 1n]);
    expect(await ids({ ...ALL, action: 'dlq.retry' })).toEqual([third, first]);
    const [last, , begun] = all.rows.map(({ recordedAt }) => recordedAt) as [Micros, Micros, Micros];
    expect(await ids({ ...ALL, from: last })).toEqual([third]);
    expect(await ids({ ...ALL, to: begun })).toEqual([first]);
    expect(await ids({ ...ALL, from: last + 1n })).toEqual([]);
    const paged: bigint[] = [];
    let page = await store.list('actions', ALL, { after: null, limit: 1 });
    for (let pages = 0; pages < 5 && page.next !== null; pages++) {
      paged.push(...page.rows.map(({ id }) => id));
      page = await store.list('actions', ALL, { after: page.next, limit: 1 });
    }
    expect([...paged, ...page.rows.map(({ id }) => id)]).toEqual([third, first + 1n, first]);
  });

  it('is append-only: for the service by its rights, for its owner by triggers', async () => {
    const id = await store.begin(action());
    for (const statement of [
      `update audit.actions set actor = 'nobody' where id = ${id}`,
      `delete from audit.actions where id = ${id}`,
      'truncate audit.outcomes',
      `update audit.outcomes set outcome = 'done'`,
    ]) {
      await expect(pool.query(statement)).rejects.toThrow('permission denied');
      await expect(owner.query(statement)).rejects.toThrow('append-only');
    }
    await store.conclude(id, { outcome: 'done', result: null });
    // An action ends once.
    await store.conclude(id, { outcome: 'still_refused', result: null });
    expect((await store.list('actions', ALL, { after: null, limit: 1 })).rows[0]?.outcome?.outcome).toBe('done');
    expect(await metrics.metrics()).toContain('ledgerflow_audit_outcomes_lost_total 1');
  });

  const access = (over: Partial<Access> = {}): Access => ({
    recordedAt: 1_790_000_000_123_456n,
    actor: null,
    roles: [],
    action: 'getLedger',
    ledger: 'books',
    target: '/api/v1/ledgers/books',
    parameters: { address: '127.0.0.1' },
    requestId: REQUEST,
    outcome: 'unauthenticated',
    ...over,
  });

  it('has refusals and reads as they were written, in batches', async () => {
    await store.append([]);
    await store.append([
      access(),
      access({ recordedAt: 1_790_000_000_123_457n, actor: 'ann', roles: ['admin', 'auditor'], outcome: 'done', ledger: null }),
    ]);
    const { rows } = await store.list('accesses', ALL, PAGE);
    expect(rows).toMatchObject([
      { actor: 'ann', roles: ['admin', 'auditor'], ledger: null, recordedAt: 1_790_000_000_123_457n, outcome: { outcome: 'done' } },
      {
        actor: null,
        roles: [],
        action: 'getLedger',
        ledger: 'books',
        target: '/api/v1/ledgers/books',
        parameters: { address: '127.0.0.1' },
        requestId: REQUEST,
        recordedAt: 1_790_000_000_123_456n,
        outcome: { outcome: 'unauthenticated', recordedAt: 1_790_000_000_123_456n },
      },
    ]);
    const count = async (kind: AuditKind, filter: Partial<Parameters<AuditStore['list']>[1]>): Promise<number> =>
      (await store.list(kind, { ...ALL, ...filter }, PAGE)).rows.length;
    expect(await count('accesses', { outcome: 'done' })).toBe(1);
    expect(await count('accesses', { requestId: REQUEST })).toBe(2);
    expect(await count('accesses', { ledgers: ['books'] })).toBe(1);
    expect(await count('actions', { outcome: 'still_refused', actor: 'ann' })).toBe(1);
    expect(await count('actions', { requestId: REQUEST.replace('cc', 'dd') })).toBe(0);
  });

  it('looks at so many rows for a page, finds all the same, and goes along an index', async () => {
    const bounded = new AuditStore({ db: pool, reads: pool, scannedMax: 10, log: silentLogger });
    const of = (n: number): Access =>
      access({
        recordedAt: 1_700_000_000_000_000n + BigInt(n),
        actor: 'rare',
        action: n % 20 === 0 ? 'listAudit' : 'getLedger',
        outcome: n === 7 ? 'forbidden' : 'done',
      });
    await store.append(Array.from({ length: 50 }, (_, n) => of(n)));
    for (const [filter, expected] of [
      [{ action: 'listAudit' }, [40, 20, 0]],
      [{ outcome: 'forbidden' }, [7]],
      [{ outcome: 'nothing' }, []],
    ] as const) {
      const found: number[] = [];
      let pages = 0;
      for (let after: Parameters<AuditStore['list']>[2]['after'] | undefined = null; after !== undefined && pages < 20; pages++) {
        const page = await bounded.list('accesses', { ...ALL, actor: 'rare', ...filter }, { after, limit: 2 });
        found.push(...page.rows.map(({ recordedAt }) => Number(recordedAt - 1_700_000_000_000_000n)));
        after = page.next ?? undefined;
      }
      expect(found).toEqual(expected);
      expect(pages).toBeGreaterThanOrEqual(6);
    }
  });

  it('forgets what is older than it is told to keep, by its owner and by nobody else', async () => {
    const said: string[] = [];
    const log = loggerTo({ write: (line) => void said.push((JSON.parse(line) as { msg: string }).msg) }, 'test', 'info');
    const expire = (days: number) => expireAudit({ ownerUrl: url('ledgerflow_audit_owner'), days, requestId: REQUEST, log, batchRows: 7 });
    await owner.query(
      `insert into audit.actions (recorded_at, actor, roles, action, request_id) select clock_timestamp() - make_interval(days => n, hours => -1), 'old', '{}', 'dlq.retry', '${REQUEST}' from generate_series(1, 40) n`,
    );
    await owner.query(`insert into audit.outcomes (action, outcome) select id, 'done' from audit.actions where actor = 'old'`);
    const microsAgo = (days: number): bigint => BigInt(Date.now()) * 1000n - BigInt(days * 24 - 1) * 3_600_000_000n;
    await store.append(Array.from({ length: 40 }, (_, day) => access({ actor: 'old', recordedAt: microsAgo(day + 1) })));
    const left = async (kind: AuditKind): Promise<number> => (await store.list(kind, { ...ALL, actor: 'old' }, PAGE)).rows.length;

    // Whatever it says of itself, the gateway's role can not, and the owner can not by accident.
    for (const table of ['actions', 'outcomes', 'accesses']) {
      await expect(pool.query(`begin; set local audit.expiring = 'on'; delete from audit.${table}; commit`)).rejects.toThrow(
        'permission denied',
      );
      await pool.query('rollback');
      await expect(owner.query(`delete from audit.${table}`)).rejects.toThrow('append-only');
      await expect(
        owner.query(`begin; set local audit.expiring = 'on'; update audit.${table} set outcome = 'x'; commit`),
      ).rejects.toThrow();
      await owner.query('rollback');
    }
    expect([await expire(0), await left('actions'), await left('accesses')]).toEqual([null, 40, 40]);
    const gone = await expire(10);
    expect(gone).toMatchObject({ actions: 30, isComplete: true });
    expect([await left('actions'), await left('accesses')]).toEqual([10, 10]);
    expect((await owner.query('select from audit.outcomes where action not in (select id from audit.actions)')).rowCount).toBe(0);
    const { rows } = await store.list('actions', { ...ALL, action: 'audit.expire' }, PAGE);
    expect(rows).toMatchObject([{ actor: 'audit-retention', parameters: { days: 10 }, outcome: { outcome: 'done', result: gone } }]);
    // Again there is nothing to do, which the store does not keep.
    expect(await expire(10)).toBeNull();
    expect((await store.list('actions', { ...ALL, action: 'audit.expire' }, PAGE)).rows).toEqual(rows);
    expect(said).toEqual([
      'AUDIT_RETENTION_DAYS is 0: nothing is deleted from the audit store, ever',
      'what is older was deleted from the audit store',
      'nothing in the audit store is older: nothing was deleted',
    ]);
  });

  it('says so when it can not be written: stopped, or gone', async () => {
    await postgres.kill('SIGSTOP');
    const since = performance.now();
    await expect(store.begin(action())).rejects.toMatchObject({ code: 'audit_unavailable' });
    expect(performance.now() - since).toBeLessThan(TIMEOUT_MS * 4);
    await postgres.kill('SIGCONT');
    await postgres.kill('SIGKILL');
    await expect(store.begin(action())).rejects.toMatchObject({ code: 'audit_unavailable' });
    await expect(store.list('actions', ALL, PAGE)).rejects.toMatchObject({ code: 'audit_unavailable' });
    await postgres.restart();
    expect(await store.begin(action())).toBeGreaterThan(0n);
  });
});
