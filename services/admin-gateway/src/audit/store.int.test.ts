import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Micros } from '@ledgerflow/contracts';
import { createTestPostgres, type TestPostgres } from '@ledgerflow/local/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { bootstrapAudit } from './bootstrap.ts';
import { AUDIT_SESSION_SETTINGS } from './schema.ts';
import { type AuditAction, AuditStore } from './store.ts';

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
  store = new AuditStore({ db: pool, log: silentLogger, metrics });
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
