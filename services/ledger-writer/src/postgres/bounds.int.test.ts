import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatMicros, type Micros, recordFromJson } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { BatchTooSlowError, ReplaysTooLargeError, StoreUnavailableError } from '../application/errors.ts';
import type { LedgerLocation } from '../application/store.ts';
import { execute, say, submit, terms, verdict } from '../memory/fixtures.ts';
import { verifyLedger } from '../memory/verify.ts';
import { requireDurable, withClient } from './cluster.ts';
import { fly } from './flight.ts';
import { microsSql } from './rows.ts';
import { BALANCES, CHANGES } from './write-accounts.ts';
import { answered, ask, type LedgerPostgres, openCommitter, openWriter, startLedgerPostgres, type TestWriter } from './writer.fixture.ts';

const HOUR_MICROS = 3_600_000_000n;
const DEADLINE_MS = 5_000;
const filler = terms({ metadata: JSON.stringify({ filler: 'x'.repeat(600_000) }) });

describe('bounds of the PostgreSQL store', () => {
  let postgres: LedgerPostgres;
  let admin: Pool;
  let writer: TestWriter;
  let ledgers = 0;

  beforeAll(async () => {
    postgres = await startLedgerPostgres();
    const { superuserUrl, serviceUrl } = await postgres.database();
    admin = createPool({ url: superuserUrl, max: 2, applicationName: 'test', log: silentLogger });
    writer = openWriter({ clusters: { main: serviceUrl } });
  });
  afterAll(async () => {
    await writer?.close();
    await admin?.end();
    await postgres?.stop();
  });

  async function opened(): Promise<LedgerLocation> {
    const location = await writer.directory.allocate(`bounds-${++ledgers}`);
    await execute(writer.store, location, [submit(say.openLedger('USD')), submit(say.open('alice', 'USD'))]);
    return location;
  }

  const row = async ({ number }: LedgerLocation): Promise<{ resolved: string; version: string }> =>
    (
      await admin.query<{ resolved: string; version: string }>(
        `select ${microsSql('resolved_to')} as resolved, xmin::text as version from ledger.heads where ledger = $1`,
        [number],
      )
    ).rows[0] as { resolved: string; version: string };
  const lastTime = async (location: LedgerLocation): Promise<Micros> => (await writer.store.readHead(location))?.recordedAt ?? 0n;

  it('finds each account of a batch by its address, whatever the planner believes of the table', async () => {
    const { write } = writer.clusters.get('main') as NonNullable<ReturnType<typeof writer.clusters.get>>;
    for (const statement of [BALANCES, CHANGES]) {
      const { rows } = await withClient(write, (client) => client.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${statement}`));
      const plan = rows.map((line) => line['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Nested Loop[^]*Function Scan on[^]*Tid Scan on accounts/);
      expect(plan).not.toMatch(/Index|Seq Scan/);
    }
  });

  it('repeats large answers a few at a time, and each of them', async () => {
    const location = await opened();
    const list = Array.from({ length: 10 }, () => submit(say.deposit('alice', '1', 'USD', filler)));
    const committer = openCommitter(writer.store);
    const first = await Promise.all(list.map((one) => ask(committer, location, one)));
    expect(first.map(answered)).toEqual(list.map(() => 'FundsDeposited'));
    await expect(execute(writer.store, location, list)).rejects.toBeInstanceOf(ReplaysTooLargeError);
    expect(await Promise.all(list.map((one) => ask(committer, location, one)))).toEqual(first.map((one) => ({ ...one, replayed: true })));
    await verifyLedger(writer.store, location);
  });

  it('keeps what was resolved, and writes it once', async () => {
    const location = await opened();
    const time = (await lastTime(location)) + 1n;
    let resolved = await writer.store.resolveTime(location, time);
    for (const deadline = Date.now() + DEADLINE_MS; resolved === null && Date.now() < deadline;) {
      resolved = await writer.store.resolveTime(location, time);
    }
    expect(resolved).toEqual({ position: 2n, epoch: 1 });
    const kept = await row(location);
    expect(BigInt(kept.resolved)).toBe(time);
    expect(await writer.store.resolveTime(location, time)).toEqual(resolved);
    expect(await writer.store.resolveTime(location, time - 1n)).toEqual(resolved);
    expect(await writer.store.resolveTime(location, time + HOUR_MICROS)).toBeNull();
    expect(await row(location)).toEqual(kept);
  });

  it('records nothing at or before a time that was resolved, though the clock steps back', async () => {
    const location = await opened();
    // What a clock that was an hour ahead has left behind.
    const ahead = (await lastTime(location)) + HOUR_MICROS;
    await admin.query('update ledger.heads set resolved_to = $2 where ledger = $1', [location.number, formatMicros(ahead)]);
    expect(await writer.store.resolveTime(location, ahead)).toEqual({ position: 2n, epoch: 1 });
    const list = [submit(say.deposit('alice', '1', 'USD')), submit(say.deposit('alice', '1', 'USD'))];
    expect((await execute(writer.store, location, list)).map(verdict)).toEqual(['FundsDeposited', 'FundsDeposited']);
    const texts = await writer.store.readLog(location, 2n, null, 10, 1_000_000);
    expect(texts.map((text) => recordFromJson(text).recordedAt)).toEqual([ahead + 1n, ahead + 2n]);
    expect(await writer.store.resolveTime(location, ahead)).toEqual({ position: 2n, epoch: 1 });
  });

  it('waits for the batch under way, and tells position and epoch as that left them', async () => {
    const location = await opened();
    const time = (await lastTime(location)) + 1n;
    const client = await admin.connect();
    try {
      await client.query('begin');
      await client.query('update ledger.heads set epoch = 2 where ledger = $1', [location.number]);
      const resolving = writer.store.resolveTime(location, time);
      const waits = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%resolved_to%'`;
      const deadline = Date.now() + DEADLINE_MS;
      while ((await admin.query(waits)).rows.length === 0) if (Date.now() > deadline) throw new Error('it does not wait');
      await client.query('commit');
      expect(await resolving).toEqual({ position: 2n, epoch: 2 });
    } finally {
      client.release();
    }
  });

  it.each([
    ['transaction_timeout', 'select pg_sleep(10)', BatchTooSlowError],
    ['statement_timeout', 'select pg_sleep(10)', BatchTooSlowError],
    ['lock_timeout', 'select 1 from ledger.heads for no key update', StoreUnavailableError],
  ])('tells a batch that was too slow from one that waited in vain: %s', async (setting, text, expected) => {
    await opened();
    const blocker = await admin.connect();
    const { url } = writer.clusters.get('main') as { url: string };
    const pool = createPool({ url, max: 1, applicationName: 'test', log: silentLogger, pipeline: true, settings: { [setting]: '200' } });
    try {
      await blocker.query('begin');
      await blocker.query('select 1 from ledger.heads for no key update');
      const failed = withClient(pool, (client) =>
        fly(
          client,
          ['begin', text, 'commit'].map((one) => ({ name: one, text: one })),
        ),
      ).catch((error: unknown) => error);
      expect(((await failed) as Error).constructor).toBe(expected);
    } finally {
      await blocker.query('rollback');
      blocker.release();
      await pool.end();
    }
  });

  it('commits for good, whatever the role has as its default', async () => {
    await admin.query('alter role ledgerflow_writer set synchronous_commit = off');
    const { url } = writer.clusters.get('main') as { url: string };
    const fresh = openWriter({ clusters: { main: url } });
    try {
      const cluster = fresh.clusters.get('main') as NonNullable<ReturnType<typeof fresh.clusters.get>>;
      for (const pool of [cluster.write, cluster.read])
        expect((await pool.query('show synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }]);
    } finally {
      await fresh.close();
      await admin.query('alter role ledgerflow_writer reset synchronous_commit');
    }
  });

  it('refuses a cluster that may lose or tear what was committed', async () => {
    await expect(requireDurable({ name: 'main', read: admin })).resolves.toBeUndefined();
    const careless = await startLedgerPostgres({ fsync: 'off', full_page_writes: 'off' });
    const pool = createPool({ url: careless.server.superuserUrl(), max: 1, applicationName: 'test', log: silentLogger });
    try {
      await expect(requireDurable({ name: 'second', read: pool })).rejects.toThrow(
        'cluster second runs with fsync and full_page_writes off',
      );
    } finally {
      await pool.end();
      await careless.stop();
    }
  });
});
