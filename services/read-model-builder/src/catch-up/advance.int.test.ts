import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool, type PoolClient } from '@ledgerflow/platform/postgres';
import { getBalances } from '@ledgerflow/read-model';
import { PROJECTIONS, readProjections, recomputeDigest, type LiveProjection, type Projection } from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { Applier } from '../apply/applier.ts';
import { prepareRecord, type PreparedRecord } from '../apply/prepare.ts';
import { discard, type DiscardRefusal } from '../letters/discard.ts';
import { drain } from '../letters/drain.ts';
import { until } from '../testing/builder.ts';
import { advance, type Advance } from './advance.ts';

let server: ReadServer;
let db: ReadDatabase;
let admin: Pool;
let ledgers = 0;
/** Holds a row that a test wants to be waited for. */
let blocker: PoolClient | null = null;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
  admin = createPool({ url: server.postgres.superuserUrl(), max: 1, applicationName: 'admin', log: silentLogger });
});
afterEach(() => {
  blocker?.release(true);
  blocker = null;
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

const named = (name: string): Projection => PROJECTIONS.find((projection) => projection.name === name)!;

function sample(): TestLedger {
  const number = ++ledgers;
  const ledger = new TestLedger(`ledger-${number}`, number);
  for (const id of ['@world:USD', 'alice', 'bob']) ledger.open(id);
  ledger.transfer('@world:USD', 'alice', 1_000n);
  return ledger;
}

const apply = (ledger: TestLedger, from: number, projections: readonly Projection[] = PROJECTIONS) =>
  new Applier({ pool: db.builder, slots: 32, deadLettersMax: 1_000, log: silentLogger, projections }).apply(
    ledger.texts.slice(from).map((text) => ({ ledger: ledger.id, text })),
    'log',
  );
const prepared = (ledger: TestLedger, from: bigint, projection: Projection): PreparedRecord[] =>
  ledger.texts.slice(Number(from)).map((text) => prepareRecord({ ledger: ledger.id, text }, [projection]));
const live = async ({ number }: TestLedger, name: string): Promise<LiveProjection | undefined> =>
  (await readProjections(db.builder, [number])).get(number)?.get(name);
const hold = ({ number }: TestLedger, name: string) =>
  db.builder.query(
    `update read.projections set held_reason = 'too slow', held_at = clock_timestamp() where ledger = $1 and projection = $2`,
    [number, name],
  );
/** Builders that wait for a lock. */
const waiting = async (): Promise<number> =>
  (await admin.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'builder'`)).rows.length;

/** A pool whose transactions stand before their commit until `open` is called. */
function gated(pool: Pool): { pool: Pool; isAtGate: () => boolean; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let isAtGate = false;
  const gate = (client: PoolClient): PoolClient => {
    const query = async (...args: unknown[]): Promise<unknown> => {
      if (args[0] === 'commit') {
        isAtGate = true;
        await opened;
      }
      return (client.query as (...all: unknown[]) => Promise<unknown>)(...args);
    };
    return new Proxy(client, { get: (of, name) => (name === 'query' ? query : Reflect.get(of, name, of)) });
  };
  const connect = async (): Promise<PoolClient> => gate(await pool.connect());
  return {
    pool: new Proxy(pool, { get: (of, name) => (name === 'connect' ? connect : Reflect.get(of, name, of)) }),
    isAtGate: () => isAtGate,
    open,
  };
}

describe('a projection that catches up', () => {
  it('holds the ledger’s checkpoint for its last batch and for no other', async () => {
    const ledger = sample();
    await apply(ledger, 0);
    await hold(ledger, 'trial_balance');
    const from = ledger.position;
    for (let i = 0; i < 20; i++) ledger.transfer('alice', 'bob', 1n);
    await apply(ledger, Number(from));
    const balance = named('trial_balance');
    const records = prepared(ledger, from, balance);
    blocker = await db.builder.connect();
    await blocker.query('begin');
    await blocker.query('select 1 from read.checkpoints where ledger = $1 for no key update', [ledger.number]);

    const middle = from + 10n;
    const step = { from, to: ledger.position, projections: [balance], joins: false };
    expect(await advance(db.builder, ledger, step, records.slice(0, 10))).toEqual({ kind: 'advanced' });
    expect(await live(ledger, 'trial_balance')).toMatchObject({ position: middle, heldReason: 'too slow' });

    let outcome: Advance | null = null;
    const joining = advance(db.builder, ledger, { ...step, from: middle, joins: true }, records.slice(10)).then((one) => (outcome = one));
    await until('the last batch waits for the checkpoint', async () => (await waiting()) > 0);
    expect(outcome).toBeNull();
    await blocker.query('rollback');
    expect(await joining).toEqual({ kind: 'advanced' });
    expect(await live(ledger, 'trial_balance')).toMatchObject({ position: ledger.position, heldReason: null });
    for (const { kept, recomputed } of await recomputeDigest(db.builder, ledger.number)) expect(kept).toEqual(recomputed);
  });

  it('while a record is given up is past it or before it when that is done, and what follows fits on', async () => {
    const ledger = sample();
    const before = ledger.position;
    await apply(ledger, 0);
    await hold(ledger, 'account_summary');
    const bad = ledger.setTerms('alice', 'MetadataChanged', {}, { name: 'Alice' });
    ledger.transfer('alice', 'bob', 5n);
    const poisoned = PROJECTIONS.map((projection): Projection => {
      if (projection.name !== 'account_statement') return projection;
      const project = (record: Parameters<Projection['project']>[0]): unknown => {
        if (record.position === bad.position) throw new Error('poison');
        return projection.project(record);
      };
      return { ...projection, project };
    });
    await apply(ledger, Number(before), poisoned);
    const letters = await db.builder.query<{ id: string; error: string | null }>(
      'select id, error from read.dead_letters where ledger = $1 order by position',
      [ledger.number],
    );
    expect(letters.rows.map(({ error }) => error)).toEqual(['account_statement: poison', null]);

    const summary = named('account_summary');
    const gate = gated(db.builder);
    const step = { from: before, to: ledger.position, projections: [summary], joins: false };
    const advancing = advance(gate.pool, ledger, step, prepared(ledger, before, summary));
    await until('the rows are written', gate.isAtGate);
    let outcome: DiscardRefusal | null | undefined;
    const request = { ledger, letter: letters.rows[0]!.id, reason: 'not wanted', actor: 'tester' };
    const discarding = discard(db.builder, request, poisoned).then((one) => (outcome = one));
    await until('it waits, or is done', async () => outcome !== undefined || (await waiting()) > 0);
    gate.open();
    expect([await advancing, await discarding]).toEqual([{ kind: 'advanced' }, null]);

    expect(await drain({ pool: db.builder, projections: poisoned }, ledger, new Set())).toMatchObject({ applied: 1, refused: new Map() });
    expect((await db.builder.query('select 1 from read.dead_letters where ledger = $1', [ledger.number])).rows).toEqual([]);
    const [alice] = await getBalances(db.gateway, [{ ledger: ledger.id, account: 'alice' }]);
    expect(alice?.value).toMatchObject({ posted: 995n, version: ledger.accounts.get('alice')?.version });
    for (const { kept, recomputed } of await recomputeDigest(db.builder, ledger.number)) expect(kept).toEqual(recomputed);
  });
});
