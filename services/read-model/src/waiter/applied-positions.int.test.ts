import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import { AppliedPositions } from './applied-positions.ts';

let server: ReadServer;
let db: ReadDatabase;
let positions: AppliedPositions;
let metrics: Registry;
let ledgers = 0;
let statements = 0;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
});
afterAll(() => server.stop());
beforeEach(async () => {
  metrics = new Registry();
  statements = 0;
  const counting = {
    query: (...parameters: unknown[]) => {
      statements += 1;
      return (db.gateway.query as (...all: unknown[]) => unknown)(...parameters);
    },
  } as Queryable;
  positions = new AppliedPositions({ url: db.gatewayUrl, db: counting, log: silentLogger, metrics, waitersMax: 100 });
  await positions.start();
});
afterEach(() => positions.stop());

const LONG_MS = 10_000;
const NONE = [] as const;

function newLedger(): TestLedger {
  const ledger = new TestLedger(`waited-${++ledgers}`, ledgers);
  ledger.open('a');
  ledger.open('b');
  return ledger;
}

describe('waiting for a position to be applied', () => {
  it('answers at once what is applied, later what will be, never what is not', async () => {
    const ledger = newLedger();
    const unknown = positions.wait(ledger.id, 1n, NONE, LONG_MS);
    await load(db.builder, ledger.records);
    expect(await unknown).toEqual({ kind: 'applied', epoch: 1, position: 3n });
    expect(await positions.wait(ledger.id, 3n, NONE, LONG_MS)).toEqual({ kind: 'applied', epoch: 1, position: 3n });
    const settled: bigint[] = [];
    const waits = [6n, 4n, 5n].map((position) => positions.wait(ledger.id, position, NONE, LONG_MS).then(() => settled.push(position)));
    const beyond = positions.wait(ledger.id, 7n, NONE, 300);
    for (let i = 0; i < 3; i++) {
      ledger.transfer('a', 'b', 1n);
      await load(db.builder, ledger.records.slice(-1));
      await waits[[1, 2, 0][i] as number];
    }
    expect(settled).toEqual([4n, 5n, 6n]);
    expect(await beyond).toEqual({ kind: 'timeout' });
    expect(positions.count).toBe(0);
    expect(await metrics.metrics()).toContain('ledgerflow_applied_wait_seconds_count{outcome="timeout"} 1');
  });

  it('is woken by the notification, not by the sweep alone', async () => {
    const ledger = newLedger();
    await load(db.builder, ledger.records);
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      ledger.transfer('a', 'b', 1n);
      const wait = positions.wait(ledger.id, ledger.position, NONE, LONG_MS);
      // Its own first look is over before the record is applied.
      await db.gateway.query('select 1');
      await load(db.builder, ledger.records.slice(-1));
      const began = performance.now();
      await wait;
      took.push(performance.now() - began);
    }
    // The sweep alone would take 50 ms in the mean.
    expect(took.sort((a, b) => a - b)[10]).toBeLessThan(25);
  });

  it('a hundred who wait cost as many statements as one, and more are refused', async () => {
    const ledger = newLedger();
    await load(db.builder, ledger.records);
    const waits = Array.from({ length: 100 }, (_, i) => positions.wait(ledger.id, 4n + BigInt(i % 3), NONE, 400));
    expect(await positions.wait(ledger.id, 4n, NONE, 400)).toEqual({ kind: 'overloaded' });
    const outcomes = await Promise.all(waits);
    expect(outcomes.every(({ kind }) => kind === 'timeout')).toBe(true);
    expect(statements).toBeLessThan(12);
  });

  it('waits for the projections of the query, not for those that are held meanwhile', async () => {
    const ledger = newLedger();
    await load(db.builder, ledger.records);
    const set = (projection: string, position: bigint) =>
      db.builder.query('update read.projections set position = $3 where ledger = $1 and projection = $2', [
        ledger.number,
        projection,
        position.toString(),
      ]);
    ledger.transfer('a', 'b', 1n);
    await load(db.builder, ledger.records.slice(-1));
    await set('transactions', 3n);
    const held = ['transactions', 'account_summary'] as const;
    expect(await positions.wait(ledger.id, 4n, ['account_summary'], LONG_MS)).toEqual({ kind: 'applied', epoch: 1, position: 4n });
    expect(await positions.wait(ledger.id, 3n, held, LONG_MS)).toEqual({ kind: 'applied', epoch: 1, position: 3n });
    expect(await positions.wait(ledger.id, 4n, held, 150)).toEqual({ kind: 'timeout' });
    const waiting = positions.wait(ledger.id, 4n, held, LONG_MS);
    const both = [positions.wait(ledger.id, 5n, ['account_summary'], LONG_MS), positions.wait(ledger.id, 5n, held, LONG_MS)] as const;
    ledger.transfer('a', 'b', 1n);
    await load(db.builder, ledger.records.slice(-1));
    expect(await both[0]).toMatchObject({ kind: 'applied', position: 5n });
    expect([await waiting, await both[1]]).toMatchObject([{ position: 5n }, { position: 5n }]);
    // One that the ledger does not have is at 0.
    await db.builder.query('delete from read.projections where ledger = $1 and projection = $2', [ledger.number, 'trial_balance']);
    expect(await positions.wait(ledger.id, 1n, ['trial_balance'], 150)).toEqual({ kind: 'timeout' });
  });

  it('says at once that a projection holds before a parked record, to who waits for more of it; one that is only slow is waited for', async () => {
    const ledger = newLedger();
    await load(db.builder, ledger.records);
    await db.builder.query('update read.checkpoints set dead_letters = 1 where ledger = $1', [ledger.number]);
    await db.builder.query(
      `insert into read.dead_letters (ledger, position, accounts, projections, error, record) values ($1, 3, '{1}', '{account_summary}', 'refused', '')`,
      [ledger.number],
    );
    const hold = (projection: string, position: number, reason: string | null): Promise<unknown> =>
      db.builder.query('update read.projections set position = $3, held_reason = $4 where ledger = $1 and projection = $2', [
        ledger.number,
        projection,
        position,
        reason,
      ]);
    await hold('transactions', 2, 'record 3 is parked');
    const held = { kind: 'held', position: 2n };
    // Also beyond the checkpoint.
    for (const position of [3n, 99n]) expect(await positions.wait(ledger.id, position, ['transactions', 'ledgers'], LONG_MS)).toEqual(held);
    expect(await positions.wait(ledger.id, 2n, ['transactions'], LONG_MS)).toMatchObject({ kind: 'applied' });
    expect(await positions.wait(ledger.id, 3n, ['account_summary'], LONG_MS)).toMatchObject({ kind: 'applied' });
    // Those of accounts go past a record that is parked, when they are not what refused it.
    await hold('account_statement', 2, 'too slow');
    expect(await positions.wait(ledger.id, 3n, ['account_statement'], 150)).toEqual({ kind: 'timeout' });
    await hold('trial_balance', 1, 'too slow');
    expect(await positions.wait(ledger.id, 3n, ['trial_balance'], 150)).toEqual({ kind: 'timeout' });
    await hold('account_summary', 2, 'record 3 is parked');
    expect(await positions.wait(ledger.id, 3n, ['account_summary'], LONG_MS)).toEqual(held);
    expect(await metrics.metrics()).toContain('ledgerflow_applied_wait_seconds_count{outcome="held"} 3');
  });

  it('who waits for a held projection costs no statement a batch', async () => {
    const ledger = newLedger();
    await load(db.builder, ledger.records);
    const hold = () =>
      db.builder.query('update read.projections set position = 3 where ledger = $1 and projection = $2', [ledger.number, 'transactions']);
    ledger.transfer('a', 'b', 1n);
    await load(db.builder, ledger.records.slice(-1));
    await hold();
    const waiting = positions.wait(ledger.id, 4n, ['transactions'], 450);
    await db.gateway.query('select 1');
    const before = statements;
    for (let i = 0; i < 40; i++) await db.builder.query('select pg_notify($1, $2)', ['applied', `${ledger.number}:${5 + i}`]);
    expect(await waiting).toEqual({ kind: 'timeout' });
    // The sweep's, and the first of the news.
    expect(statements - before).toBeLessThan(12);
    // The projection catches up and says so.
    const again = positions.wait(ledger.id, 4n, ['transactions'], LONG_MS);
    await db.builder.query('update read.projections set position = 4 where ledger = $1 and projection = $2', [
      ledger.number,
      'transactions',
    ]);
    await db.builder.query('select pg_notify($1, $2)', ['applied', `${ledger.number}:4`]);
    expect(await again).toMatchObject({ kind: 'applied', position: 4n });
  });

  it('works without notifications, and lets all go when it stops', async () => {
    const ledger = newLedger();
    await load(db.builder, ledger.records);
    const wait = positions.wait(ledger.id, 4n, NONE, LONG_MS);
    ledger.transfer('a', 'b', 1n);
    // As if the notification were lost: the row moves, nobody is told.
    await db.builder.query('update read.checkpoints set position = 4 where ledger = $1', [ledger.number]);
    expect(await wait).toMatchObject({ kind: 'applied', position: 4n });
    const last = positions.wait(ledger.id, 99n, NONE, LONG_MS);
    await positions.stop();
    expect(await last).toEqual({ kind: 'overloaded' });
    expect(await positions.wait(ledger.id, 1n, NONE, LONG_MS)).toEqual({ kind: 'overloaded' });
  });
});
