import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, REBUILD_SESSION_SETTINGS, type Projection } from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadServer } from '@ledgerflow/read-model/testing';
import { until } from '../testing/builder.ts';
import { testCertificates } from '../testing/fake-writer.ts';
import { startRebuilding, type Rebuilding } from '../testing/rebuilding.ts';
import { Cleaner } from './cleaner.ts';
import { RebuildRun } from './run.ts';
import { claimRebuild, finishRebuild, heartbeat, releaseRebuild, type Rebuild } from './store.ts';

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let rebuilding: Rebuilding;
let pool: Pool;
let books: TestLedger;
let other: TestLedger;

function ledgerOf(id: string, number: number, transfers: number): TestLedger {
  const ledger = new TestLedger(id, number);
  for (const account of ['@world:USD', 'alice']) ledger.open(account);
  for (let i = 0; i < transfers; i++) ledger.transfer('@world:USD', 'alice', BigInt(i + 1));
  return ledger;
}

beforeAll(async () => {
  server = await startReadServer();
  tls = await testCertificates();
});
afterAll(async () => {
  await server.stop();
  await tls.remove();
});
beforeEach(async () => {
  books = ledgerOf('books', 1, 120);
  other = ledgerOf('other', 2, 1);
  rebuilding = await startRebuilding(server, tls, [books, other]);
  pool = createPool({
    url: rebuilding.db.builderUrl,
    max: 4,
    applicationName: 'rebuild',
    log: silentLogger,
    settings: REBUILD_SESSION_SETTINGS,
    pipeline: true,
  });
});
afterEach(async () => {
  await pool.end();
  await rebuilding.stop();
});

async function ask(projection: string | null = null, account: string | null = null): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(`select read.request_rebuild($1, $2, $3, null, 'tester', prove_only => true) as id`, [
    projection,
    account === null ? null : books.id,
    account,
  ]);
  return rows[0]!.id;
}

/** A run of a rebuild that is free. */
async function claim(id: string, projections: readonly Projection[] = PROJECTIONS): Promise<RebuildRun> {
  const worker = randomUUID();
  const { channels, reader } = rebuilding;
  const claimed = (await claimRebuild(pool, worker, id)) as Rebuild;
  return new RebuildRun(claimed, { pool, channels, reader, worker, log: silentLogger, batchCountMax: 50, projections });
}

const row = async (id: string) =>
  (
    await pool.query<{ state: string; error: string | null; difference: unknown }>(
      'select state, error, difference from read.rebuilds where id = $1',
      [id],
    )
  ).rows[0]!;

async function expectNothingLeft(): Promise<void> {
  expect((await pool.query(`select 1 from read.rebuild_parts where state <> 'dropped'`)).rows).toEqual([]);
  const cleaner = new Cleaner({ pool, log: silentLogger, intervalMs: 20 });
  cleaner.start();
  await until('what was made is gone', async () => (await pool.query('select 1 from read.retired_generations')).rows.length === 0);
  await cleaner.stop();
  const { rows } = await pool.query<{ generation: number }>('select distinct generation from read.account_statement order by 1');
  expect(rows.map(({ generation }) => generation)).toEqual([books.number, other.number]);
}

describe('a rebuild that only proves', () => {
  it('proves what it makes at the head, of each ledger, drops it, and leaves the live rows alone', async () => {
    // A wrong live row is not what is proven, and is not healed.
    await rebuilding.db.builder.query('update read.account_summary set posted = posted + 1 where generation = $1', [books.number]);
    const before = [await rebuilding.live(books), await rebuilding.live(other)] as const;
    const id = await ask();
    expect([await (await claim(id)).run(), await row(id)]).toEqual(['proven', { state: 'proven', error: null, difference: null }]);
    const { rows } = await pool.query<{ ledger: number; projection: string; row_count: string; digest: string }>(
      `select ledger, projection, position, proven_at, row_count, encode(digest, 'hex') as digest from read.rebuild_parts where rebuild = $1`,
      [id],
    );
    expect(rows).toHaveLength(PROJECTIONS.length * 2);
    for (const { ledger, projection, ...part } of rows) {
      const [of, kept] = ledger === books.number ? ([books, before[0]] as const) : ([other, before[1]] as const);
      expect(part).toMatchObject({ position: `${of.position}`, proven_at: `${of.position}` });
      expect([Number(part.row_count), BigInt(`0x${part.digest}`)]).toEqual([kept.get(projection)?.rows, kept.get(projection)?.digest]);
    }
    expect([await rebuilding.live(books), await rebuilding.live(other)]).toEqual(before);
    await expectNothingLeft();
  });

  it('is refused with the row when it makes another one than the log says', async () => {
    const before = await rebuilding.live(books);
    const twist = (record: LedgerRecord): LedgerRecord => ({
      ...record,
      events: record.events.map((event) => (event.type === 'EntryPosted' ? { ...event, amount: event.amount * 2n } : event)),
    });
    const wrong = PROJECTIONS.map((projection): Projection => {
      if (projection.name !== 'transactions') return projection;
      return { ...projection, project: (record) => projection.project(record.position === books.position ? twist(record) : record) };
    });
    const id = await ask('transactions');
    expect(await (await claim(id, wrong)).run()).toBe('refused');
    expect(await row(id)).toMatchObject({ state: 'refused', difference: { projection: 'transactions', position: `${books.position}` } });
    expect(await rebuilding.live(books)).toEqual(before);
    await expectNothingLeft();
  });

  it('drops a ledger that is proven before it goes on with the next, and goes on there after it was stopped', async () => {
    const id = await ask();
    const stopping = PROJECTIONS.map((projection): Projection => {
      const project = (record: LedgerRecord): unknown => {
        if (record.ledger === other.id) first.stop();
        return projection.project(record);
      };
      return { ...projection, project };
    });
    const first = await claim(id, stopping);
    expect(await first.run()).toBe('stopped');
    const states = 'select distinct ledger, state from read.rebuild_parts where rebuild = $1 order by 1';
    expect((await pool.query(states, [id])).rows).toEqual([
      { ledger: books.number, state: 'dropped' },
      { ledger: other.number, state: 'filling' },
    ]);
    // It was given back: nobody waits until its worker's time has run out.
    expect(await (await claim(id)).run()).toBe('proven');
    await expectNothingLeft();
  });

  it("is somebody else's to builders that know neither it nor one that is worked on by its id only, whatever becomes of its worker", async () => {
    // As the version before takes a rebuild.
    const takenByOld = async (): Promise<unknown[]> =>
      (
        await pool.query(
          `update read.rebuilds set worker = $1 where id = (select id from read.rebuilds where finished_at is null
             and (worker is null or worker = $1 or worker_until < clock_timestamp()) order by requested_at limit 1 for update skip locked) returning id`,
          [randomUUID()],
        )
      ).rows;
    const overdue = () => pool.query(`update read.rebuilds set lease_until = clock_timestamp() - interval '1 ms'`);
    for (const kind of ['by_id_only', 'prove_only']) {
      const id = randomUUID();
      await pool.query(`select read.request_rebuild(null, null, null, null, 'tester', $1, ${kind} => true)`, [id]);
      expect([kind, await takenByOld()]).toEqual([kind, []]);
      const [first, second] = [randomUUID(), randomUUID()];
      expect((await claimRebuild(pool, first, id))?.id).toBe(id);
      await heartbeat(pool, id, first);
      expect([kind, await takenByOld(), await claimRebuild(pool, second, id)]).toEqual([kind, [], null]);
      await overdue();
      expect([kind, await takenByOld()]).toEqual([kind, []]);
      expect((await claimRebuild(pool, second, id))?.id).toBe(id);
      await releaseRebuild(pool, id, second);
      expect([kind, await takenByOld()]).toEqual([kind, []]);
      expect((await claimRebuild(pool, first, id))?.id).toBe(id);
      await finishRebuild(pool, id, first, 'cancelled');
    }
    await pool.query(`select read.request_rebuild(null, null, null, null, 'tester', $1)`, [randomUUID()]);
    expect(await takenByOld()).toHaveLength(1);
  });

  it('is not for one account', async () => {
    await expect(ask(null, 'alice')).rejects.toThrow('rebuilds_prove_only_check');
  });
});
