import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ran } from '@ledgerflow/cli/testing';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import type { ApiClient } from '../stack/client.ts';
import { Hammer } from '../stack/hammer.ts';
import { lettersCommand, rebuildCommand } from '../stack/builder-commands.ts';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';

const LEDGER = 'books';
const ACCOUNTS = ['hot', 'other'];
/** Deposits before the first rebuild, so that it has something to do. */
const DEPOSITS = 400;

const CONSISTENCY_WAIT_MS = 10_000;

const rebuild = (stack: Stack, ...options: string[]) => rebuildCommand(stack, ...options).ended;

describe('the read side, under a reader that never stops', () => {
  let stack: Stack;
  let api: ApiClient;
  let database: Pool;
  /** `ledgerflow …` of an administrator. */
  const ledgerflow = async (...argv: string[]) =>
    ran(['--json', ...argv], {
      environment: {
        XDG_CONFIG_HOME: stack.folder,
        LEDGERFLOW_URL: stack.url,
        LEDGERFLOW_TOKEN: await stack.issuer.token({ roles: ['admin'] }),
      },
    });
  /** What an answer of it says, by line. */
  const saidBy = ({ out }: { out: string }): unknown[] =>
    out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);

  /** While the work lasts, account_summary refuses what is written to `other`, and a deposit of 1.00 that was is parked. */
  async function withParked(work: (deposit: { headers: Headers }) => Promise<void>): Promise<void> {
    const { rows } = await database.query<{ generation: number }>(
      `select generation from read.projections p join read.checkpoints c using (ledger) where c.id = $1 and projection = 'account_summary'`,
      [LEDGER],
    );
    const owner = createPool({ url: stack.urls.readOwner, max: 1, applicationName: 'test', log: silentLogger });
    try {
      await owner.query(
        `alter table read.account_summary add constraint poison check (generation <> ${rows[0]?.generation} or id <> 'other') not valid`,
      );
      const deposit = await api.mustPost(`/ledgers/${LEDGER}/accounts/other/deposits`, { amount: '1', currency: 'USD' });
      await until('it is parked', async () => (await database.query('select 1 from read.dead_letters')).rows.length > 0);
      await work(deposit);
    } finally {
      await owner.query('alter table read.account_summary drop constraint poison');
      await owner.end();
    }
  }

  beforeAll(async () => {
    stack = await Stack.start({
      kafka: true,
      builders: 2,
      environment: { 'admin-gateway': { CONSISTENCY_WAIT_MS: `${CONSISTENCY_WAIT_MS}` } },
    });
    api = await stack.client({ roles: ['admin'] });
    database = createPool({ url: stack.urls.read, max: 1, applicationName: 'test', log: silentLogger });
    await api.seed(LEDGER, Object.fromEntries(ACCOUNTS.map((account) => [account, '0'])));
    for (let i = 0; i < DEPOSITS; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, () => api.mustPost(`/ledgers/${LEDGER}/accounts/hot/deposits`, { amount: '0.01', currency: 'USD' })),
      );
  }, 180_000);
  afterAll(async () => {
    await database?.end();
    await stack?.stop();
  }, 60_000);

  it('rebuilds and rebalances without one stale or failed answer', async () => {
    const hammer = new Hammer(api, { ledger: LEDGER, account: 'hot', posted: BigInt(DEPOSITS) });
    hammer.start();
    const first = await rebuild(stack, `--ledger=${LEDGER}`);
    expect(first).toMatchObject({ code: 0 });
    expect(first.events.at(-1)).toMatchObject({ event: 'swapped', error: null });
    // A builder leaves the group and comes back: its partitions go to the other one and return.
    await stack.builders[1]!.stop();
    const second = await rebuild(stack, '--projection=account_summary');
    await stack.builders[1]!.start();
    const third = await rebuild(stack, '--projection=account_statement', `--ledger=${LEDGER}`, '--max-rate=2000');
    expect([second.code, third.code]).toEqual([0, 0]);
    await hammer.stop();
    expect(hammer.failures).toEqual([]);
    expect(hammer.reads).toBeGreaterThan(100);
    expect(hammer.writes).toBeGreaterThan(20);
  }, 180_000);

  it('refuses what is not there, and two rebuilds of the same rows', async () => {
    expect((await rebuild(stack, '--ledger=nowhere')).code).toBe(2);
    expect((await rebuild(stack, '--projection=nothing')).code).toBe(2);
    const slow = rebuild(stack, '--projection=transactions', '--max-rate=100');
    await until('it has begun', async () => (await database.query(`select 1 from read.rebuilds where state = 'running'`)).rows.length > 0);
    expect((await rebuild(stack, '--projection=transactions', `--ledger=${LEDGER}`)).code).toBe(3);
    await database.query('select read.cancel_rebuild(id) from read.rebuilds where finished_at is null');
    expect((await slow).code).toBe(4);
  }, 120_000);

  it('rebuilds what the HTTP API is asked to, in the thread of a builder, and cancels it', async () => {
    const of = async (id: string): Promise<Record<string, unknown>> => (await api.get(`/admin/projections/all/rebuilds/${id}`)).body;
    const asked = await api.mustPost<{ id: string }>('/admin/projections/all/rebuilds', { ledger: LEDGER });
    expect(asked.status).toBe(202);
    const done = await until('it is swapped', async () => {
      const rebuild = await of(asked.body.id);
      return rebuild['finishedAt'] === null ? null : rebuild;
    });
    expect(done).toMatchObject({ state: 'swapped', percent: 100, error: null, difference: null });
    const account = await api.mustPost<{ id: string }>('/admin/projections/all/rebuilds', { ledger: LEDGER, account: 'hot' });
    await until('the account is repaired', async () => (await of(account.body.id))['state'] === 'swapped');
    const slow = await api.mustPost<{ id: string }>('/admin/projections/all/rebuilds', { ledger: LEDGER, maxRatePerSecond: 10 });
    const second = await api.post('/admin/projections/transactions/rebuilds', {});
    expect([second.status, second.body['code']]).toEqual([409, 'rebuild_in_progress']);
    expect((await api.request('DELETE', `/admin/projections/all/rebuilds/${slow.body.id}`)).status).toBeLessThan(300);
    await until('it is cancelled', async () => (await of(slow.body.id))['state'] === 'cancelled');
  }, 60_000);

  it('rebuilds and cancels from the command line of the API too', async () => {
    const started = await ledgerflow('rebuild', 'start', 'all', '--ledger', LEDGER, '--max-rate', '10');
    expect(started).toMatchObject({ code: 0 });
    const { id } = saidBy(started)[0] as { id: string };
    const following = ledgerflow('rebuild', 'follow', 'all', id);
    expect(await ledgerflow('rebuild', 'cancel', 'all', id)).toMatchObject({ code: 0 });
    const followed = await following;
    expect(followed.code).not.toBe(0);
    expect(saidBy(followed)).toMatchObject([{ id, state: 'cancelled' }]);
    expect(JSON.parse(followed.error)).toMatchObject({ error: { message: 'the rebuild ended as cancelled' } });
  }, 60_000);

  it("shows and repairs what is parked from the builder's command line too", async () => {
    expect(await lettersCommand(stack, 'list')).toEqual({ code: 0, text: 'Nothing is parked.\n' });
    await withParked(async (written) => {
      // A read with a token does not wait for what only a repair brings further.
      const beganMs = performance.now();
      const held = await api.get(`/ledgers/${LEDGER}/trial-balance`, { consistency: written.headers.get('ledger-consistency') });
      expect([held.status, held.body['code']]).toEqual([503, 'projection_parked']);
      expect(performance.now() - beganMs).toBeLessThan(CONSISTENCY_WAIT_MS / 2);
      const account = await api.post('/admin/projections/all/rebuilds', { ledger: LEDGER, account: 'other' });
      expect([account.status, account.body['code']]).toEqual([409, 'records_parked']);
      expect((await rebuild(stack, `--ledger=${LEDGER}`, '--account=other')).code).toBe(2);
      const listed = await lettersCommand(stack, 'list', '--json');
      const [letter] = JSON.parse(listed.text) as { id: string; ledger: string; error: string }[];
      expect(letter).toMatchObject({ ledger: LEDGER, error: expect.stringContaining('poison') });
      expect(await lettersCommand(stack, 'retry', letter?.id ?? '')).toMatchObject({
        code: 1,
        text: expect.stringContaining('still_refused'),
      });
      expect(await lettersCommand(stack, 'discard', letter?.id ?? '', '--reason=try')).toMatchObject({
        code: 1,
        text: expect.stringContaining('balance_depends'),
      });
    });
    expect(await lettersCommand(stack, 'retry', '--all')).toEqual({ code: 0, text: '1 applied, 0 left\n' });
    const balance = await api.get(`/ledgers/${LEDGER}/accounts/other/balance`);
    expect(balance.body).toMatchObject({ posted: '1.00' });
  }, 60_000);

  it('and from that of the API', async () => {
    expect(await ledgerflow('dlq', 'list')).toMatchObject({ code: 0, out: '' });
    await withParked(async () => {
      const [letter] = saidBy(await ledgerflow('dlq', 'list', '--ledger', LEDGER)) as { id: string }[];
      const id = letter?.id ?? '';
      expect(saidBy(await ledgerflow('dlq', 'show', id))).toMatchObject([{ id, ledger: LEDGER, state: 'refused' }]);
      const retried = await ledgerflow('dlq', 'retry', id);
      expect(retried.code).not.toBe(0);
      expect(JSON.parse(retried.error)).toMatchObject({ error: { code: 'still_refused' } });
      const discarded = await ledgerflow('dlq', 'discard', id, '--reason', 'try');
      expect(discarded.code).not.toBe(0);
      expect(JSON.parse(discarded.error)).toMatchObject({ error: { code: 'balance_depends' } });
    });
    const all = await ledgerflow('dlq', 'retry', '--all', '--ledger', LEDGER);
    expect(all).toMatchObject({ code: 0 });
    expect(saidBy(all)).toMatchObject([{ state: 'finished', applied: 1, left: 0, code: null }]);
    const balance = await api.get(`/ledgers/${LEDGER}/accounts/other/balance`);
    expect(balance.body).toMatchObject({ posted: '2.00' });
  }, 60_000);
});
