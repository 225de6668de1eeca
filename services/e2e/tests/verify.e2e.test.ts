import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, runStatement, type Pool } from '@ledgerflow/platform/postgres';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';
import { CORRUPTIONS, type Facts, type Side } from '../verify/fixtures/corruptions.ts';
import { findFacts, history } from '../verify/fixtures/history.ts';
import { verify, type VerifyReport, type VerifyTarget } from '../verify/index.ts';

describe('verify', () => {
  let stack: Stack;
  let facts: Facts;
  let template: VerifyTarget;
  let admin: Pool;
  let copies = 0;

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
    facts = await findFacts(stack);
  }, 120_000);
  afterAll(async () => {
    await admin?.end();
    await stack?.stop();
  });

  const withCopy = async <T>(side: Side, sql: string, work: (target: VerifyTarget) => Promise<T>): Promise<T> => {
    const name = `copy_${++copies}`;
    await admin.query(`create database ${name} template ledgerflow_${side} strategy wal_log`);
    try {
      await runStatement(stack.postgres.superuserUrl(name), `set session_replication_role = replica; ${sql}`);
      const url = new URL(side === 'ledger' ? template.ledgerUrl : (template.readUrl as string));
      url.pathname = `/${name}`;
      return await work({ ...template, [side === 'ledger' ? 'ledgerUrl' : 'readUrl']: url.href });
    } finally {
      await admin.query(`drop database ${name} with (force)`);
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
    expect(report).toMatchObject({ ok: true, difference: null });
    expect(report.checks.filter(({ count }) => count === 0).map(({ name }) => name)).toEqual([]);
    expect(report.ledgers.map(({ ledger }) => ledger)).toEqual(['book', 'other']);
  });

  it.each(CORRUPTIONS)('names it: $what', async ({ side, sql, check, position, account: of }) => {
    const report: VerifyReport = await withCopy(side, sql(facts), (target) => verify({ target }));
    const { difference } = report;
    expect(report.ok).toBe(false);
    expect(difference?.ledger).toBe('book');
    expect(typeof check === 'string' ? [check] : check).toContain(difference?.check);
    if (position !== undefined) expect(difference?.position).toBe(String(position(facts)));
    if (of !== undefined) expect(difference?.account).toBe(of);
    expect(difference?.message.length).toBeGreaterThan(20);
  });

  it('goes on to further differences when asked to', async () => {
    const sql = `update ledger.accounts set posted = posted + 1 where ledger = ${facts.ledger}; update ledger.records set bytes = 1 where ledger = ${facts.ledger} and position in (2, 3)`;
    const report = await withCopy('ledger', sql, (target) => verify({ target, differencesMax: 4 }));
    expect(report.differences.map(({ check, position }) => [check, position]).slice(0, 2)).toEqual([
      ['records', '2'],
      ['records', '3'],
    ]);
    expect(report.differences.length).toBe(4);
  });

  it('has a role that can change nothing', async () => {
    for (const [url, table] of [
      [template.ledgerUrl, 'ledger.heads'],
      [template.readUrl as string, 'read.checkpoints'],
    ] as const)
      await expect(runStatement(url, `update ${table} set epoch = 2`)).rejects.toThrow(/permission denied/);
  });
});
