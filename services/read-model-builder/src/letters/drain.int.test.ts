import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import { ProjectionError, PROJECTIONS, readProjections, recomputeDigest, type Projection } from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { Applier } from '../apply/applier.ts';
import { prepareRecord } from '../apply/prepare.ts';
import { holdRefused } from '../catch-up/advance.ts';
import { drain } from './drain.ts';

let server: ReadServer;
let db: ReadDatabase;
let ledgers = 0;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
});
afterAll(() => server.stop());

function sample(): TestLedger {
  const number = ++ledgers;
  const ledger = new TestLedger(`ledger-${number}`, number);
  for (const id of ['alice', 'bob', 'carol', 'dave']) ledger.open(id);
  return ledger;
}

/** The registry, of which account_summary refuses the records at these positions. */
const refusing = (positions: readonly bigint[]): Projection[] =>
  PROJECTIONS.map((projection): Projection => {
    if (projection.name !== 'account_summary') return projection;
    const project: Projection['project'] = (record) => {
      if (positions.includes(record.position)) throw new Error('poison');
      return projection.project(record);
    };
    return { ...projection, project };
  });

/** The registry, of which account_summary refuses the rows of the record at this position. */
const refusingRows = (position: bigint): Projection[] =>
  PROJECTIONS.map((projection): Projection => {
    if (projection.name !== 'account_summary' || projection.scope !== 'account') return projection;
    const refused = new WeakSet<object>();
    const mark = <T>(change: T): T => (refused.add(change as object), change);
    return {
      ...projection,
      project: (record) => (record.position === position ? mark(projection.project(record)) : projection.project(record)),
      ofAccounts: (change, has) => {
        const part = projection.ofAccounts(change, has);
        return refused.has(change as object) ? mark(part) : part;
      },
      apply: async (client, batch) => {
        for (const { generation, changes } of batch)
          if (changes.some((change) => refused.has(change as object)))
            throw new ProjectionError(projection.name, generation, 'the rows say otherwise');
        return projection.apply(client, batch);
      },
    };
  });

/** The builder's pool; `meanwhile` is done once, after the transaction that tried one letter alone broke off and before the next one begins. */
function afterLoneRefusal(meanwhile: () => Promise<void>): Pool {
  let state: 'none' | 'alone' | 'refused' | 'done' = 'none';
  const watch = (client: PoolClient): PoolClient => {
    const query = (...args: unknown[]): unknown => {
      const values = args[1] as unknown[] | undefined;
      if (String(args[0]).includes('order by position limit') && values?.[2] === 1 && state === 'none') state = 'alone';
      return (client.query as (...all: unknown[]) => unknown).apply(client, args);
    };
    const release = (isBroken?: boolean): void => {
      if (isBroken === true && state === 'alone') state = 'refused';
      client.release(isBroken);
    };
    const over: Record<string | symbol, unknown> = { query, release };
    return new Proxy(client, { get: (of, name) => over[name] ?? Reflect.get(of, name, of) });
  };
  const connect = async (): Promise<PoolClient> => {
    if (state === 'refused') {
      state = 'done';
      await meanwhile();
    }
    return watch(await db.builder.connect());
  };
  return new Proxy(db.builder, { get: (of, name) => (name === 'connect' ? connect : Reflect.get(of, name, of)) });
}

const apply = (ledger: TestLedger, from: bigint, projections: readonly Projection[]) =>
  new Applier({ pool: db.builder, slots: 32, deadLettersMax: 1_000, log: silentLogger, projections }).apply(
    ledger.texts.slice(Number(from)).map((text) => ({ ledger: ledger.id, text })),
    'log',
  );
const letters = async ({ number }: TestLedger) =>
  (
    await db.builder.query<{ id: string; position: string; error: string | null }>(
      'select id, position, error from read.dead_letters where ledger = $1 order by position',
      [number],
    )
  ).rows;

describe('a retry', () => {
  it('gives a projection that holds before a record the parts of earlier records too that it lacks', async () => {
    const ledger = sample();
    const parked = ledger.transfer('alice', 'bob', 1n);
    await apply(ledger, 0n, refusing([parked.position]));
    await db.builder.query(
      `update read.projections set held_reason = 'too slow', held_at = clock_timestamp() where ledger = $1 and projection = 'account_statement'`,
      [ledger.number],
    );
    const held = ledger.transfer('carol', 'dave', 2n);
    await apply(ledger, parked.position, PROJECTIONS);
    const text = ledger.texts[ledger.texts.length - 1]!;
    const prepared = prepareRecord({ ledger: ledger.id, text }, PROJECTIONS);
    await holdRefused(db.builder, ledger, prepared, { projections: ['account_statement'], error: 'account_statement: poison' });
    expect((await letters(ledger)).map(({ position }) => position)).toEqual([`${parked.position}`, `${held.position}`]);

    expect(await drain({ pool: db.builder }, ledger, null)).toMatchObject({ applied: 2, refused: new Map(), blocked: new Map() });
    expect(await letters(ledger)).toEqual([]);
    const live = (await readProjections(db.builder, [ledger.number])).get(ledger.number)?.get('account_statement');
    expect(live).toMatchObject({ position: held.position, recordedAt: held.recordedAt });
    const statement = (await recomputeDigest(db.builder, ledger.number)).find(({ projection }) => projection === 'account_statement');
    expect(statement?.recomputed).toEqual(statement?.kept);
    expect(statement?.kept.digest).toBe(ledger.entryDigest);
  });

  it('blames the record that was refused and no other, also when somebody else applies it meanwhile', async () => {
    const ledger = sample();
    const first = ledger.transfer('alice', 'bob', 1n);
    const second = ledger.transfer('carol', 'dave', 2n);
    await apply(ledger, 0n, refusing([first.position, second.position]));
    const [one] = await letters(ledger);
    const projections = refusingRows(first.position);
    let others = 0;
    const pool = afterLoneRefusal(async () => {
      others += 1;
      expect(await drain({ pool: db.builder }, ledger, new Set([one!.id]))).toMatchObject({ applied: 1 });
    });
    expect(await drain({ pool, projections }, ledger, null)).toMatchObject({ applied: 1, refused: new Map(), blocked: new Map() });
    expect(others).toBe(1);
    expect(await letters(ledger)).toEqual([]);
  });
});
