import { mkdtemp, copyFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, ensureDatabase, migrate, type Pool } from '@ledgerflow/platform/postgres';
import { getBalancesAsOf } from './queries/balance-as-of.ts';
import { PROJECTIONS } from './projections/registry.ts';
import { READ_MIGRATIONS, READ_OWNER_ROLE } from './schema.ts';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from './testing/index.ts';

const OLD = 'read_old';
/** The newest migration of the version before. */
const BEFORE = 2;
const COPIED = ['checkpoints', 'ledgers', 'currencies', 'account_summary', 'account_statement', 'transactions', 'trial_balance'];

let server: ReadServer;
let filled: ReadDatabase;
let folder: string;
const pools: Pool[] = [];

beforeAll(async () => {
  server = await startReadServer();
  filled = await server.create();
  folder = await mkdtemp(join(tmpdir(), 'ledgerflow-migrations-'));
  for (const file of await readdir(READ_MIGRATIONS))
    if (Number.parseInt(file, 10) <= BEFORE) await copyFile(join(READ_MIGRATIONS, file), join(folder, file));
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function inOld(url: string): string {
  const changed = new URL(url);
  changed.pathname = `/${OLD}`;
  return changed.toString();
}

function poolOf(url: string): Pool {
  const pool = createPool({ url: inOld(url), max: 2, applicationName: 'test', log: silentLogger });
  pools.push(pool);
  return pool;
}

/** By reading every record up to a position. */
function fold(ledger: TestLedger, id: string, position: bigint, effectiveAt: bigint | null): bigint {
  let sum = 0n;
  for (const record of ledger.records.slice(0, Number(position)))
    for (const event of record.events)
      if (event.type === 'EntryPosted' && event.account === id)
        if (effectiveAt === null || (record.transactions[event.transaction]?.effectiveAt as bigint) <= effectiveAt) sum += event.amount;
  return sum;
}

/** Every third transfer is backdated, so that there are blocks of two levels and a rest. */
function play(ledger: TestLedger, transfers: number): void {
  for (let i = 0; i < transfers; i++)
    ledger.transfer('a', 'b', BigInt(i + 1), { effectiveAfterMicros: i % 3 === 0 ? -BigInt((i * 37) % 200) * ledger.stepMicros : 0n });
}

async function expectEqualToFold(pool: Pool, ledger: TestLedger): Promise<void> {
  const cuts = ledger.records.filter((_, i) => i % 17 === 0 || i === ledger.records.length - 1);
  for (const id of ['a', 'b']) {
    const asked = cuts.map((cut, i) => ({
      position: cut.position,
      effectiveAt: (ledger.records[(i * 41) % ledger.records.length] as LedgerRecord).effectiveAt,
    }));
    const place = (position: bigint) => ({ ledger: ledger.id, account: id, place: { position } });
    const recorded = await getBalancesAsOf(
      pool,
      asked.map(({ position }) => ({ ...place(position), effectiveAt: null })),
    );
    const effective = await getBalancesAsOf(
      pool,
      asked.map(({ position, effectiveAt }) => ({ ...place(position), effectiveAt })),
    );
    const now = await getBalancesAsOf(
      pool,
      asked.map(({ effectiveAt }) => ({ ledger: ledger.id, account: id, place: null, effectiveAt })),
    );
    asked.forEach(({ position, effectiveAt }, i) => {
      const isOpen = position > (id === 'a' ? 1n : 2n);
      expect(recorded[i]?.value.balance?.posted).toBe(isOpen ? fold(ledger, id, position, null) : undefined);
      expect(effective[i]?.value.balance?.posted).toBe(isOpen ? fold(ledger, id, position, effectiveAt) : undefined);
      expect(now[i]?.value.balance?.posted).toBe(fold(ledger, id, ledger.position, effectiveAt));
    });
  }
}

it('makes the past of a database that was filled before, and goes on from there', async () => {
  const ledger = new TestLedger('older', 1);
  ledger.open('a');
  ledger.open('b');
  play(ledger, 400);
  await load(filled.builder, ledger.records);

  await ensureDatabase(server.postgres.superuserUrl(), OLD, READ_OWNER_ROLE);
  const url = inOld(filled.ownerUrl);
  await migrate({ url, directory: folder, log: silentLogger });
  const owner = poolOf(filled.ownerUrl);
  for (const table of COPIED) {
    // As text, so that no number passes through a double. What is the generation now was the ledger.
    const { rows } = await filled.builder.query<{ rows: string }>(`select coalesce(json_agg(t), '[]')::text as rows from read.${table} t`);
    await owner.query(`insert into read.${table} select * from json_populate_recordset(null::read.${table}, $1::json)`, [
      rows[0]?.rows.replaceAll('"generation":', '"ledger":'),
    ]);
  }
  await owner.query(
    `insert into read.projection_state (projection, ledger, position, row_count, digest)
     select name, ledger, position, 0, decode(repeat('0', 64), 'hex') from read.checkpoints cross join unnest($1::text[]) as name`,
    [PROJECTIONS.map(({ name }) => name).filter((name) => name !== 'log_times')],
  );

  expect(await migrate({ url, directory: READ_MIGRATIONS, log: silentLogger })).toEqual(
    expect.arrayContaining(['003.do.as-of.sql', '004.do.generations.sql']),
  );
  const gateway = poolOf(filled.gatewayUrl);
  await expectEqualToFold(gateway, ledger);
  const { recordedAt } = ledger.records[200] as LedgerRecord;
  const asked = { ledger: ledger.id, account: 'a', place: { recordedAt }, effectiveAt: null };
  // A time before the migration is not resolved here: the gateway asks the writer.
  expect((await getBalancesAsOf(gateway, [asked]))[0]?.value.position).toBeNull();

  const before = ledger.records.length;
  play(ledger, 150);
  const builder = poolOf(filled.builderUrl);
  await load(builder, ledger.records.slice(before, before + 70));
  await load(builder, ledger.records.slice(before + 70));
  await expectEqualToFold(gateway, ledger);
  const later = ledger.records[before + 90] as LedgerRecord;
  expect((await getBalancesAsOf(gateway, [{ ...asked, place: { recordedAt: later.recordedAt } }]))[0]?.value.position).toBe(later.position);
});
