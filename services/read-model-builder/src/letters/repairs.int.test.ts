import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { PROJECTIONS, readProjections, type Projection } from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { Applier } from '../apply/applier.ts';
import { until } from '../testing/builder.ts';
import { Repairs, type RepairOutcome } from './repairs.ts';

let server: ReadServer;
let db: ReadDatabase;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
});
afterAll(() => server.stop());

it('a repair that can not be done now does not keep the others waiting, and is done when it can be', async () => {
  let isPoison = true;
  /** Generations whose rows can not be written: no refusal, a fault. */
  const broken = new Set<number>();
  const projections = PROJECTIONS.map((projection): Projection => {
    if (projection.name !== 'account_summary') return projection;
    const wrapped: Pick<Projection, 'project' | 'apply'> = {
      project: (record) => {
        if (isPoison && record.type === 'FundsTransferred') throw new Error('poison');
        return projection.project(record);
      },
      apply: async (client, batch) => {
        if (batch.some(({ generation }) => broken.has(generation))) throw new Error('the disk is full');
        return projection.apply(client, batch);
      },
    };
    return { ...projection, ...wrapped };
  });
  const applier = new Applier({ pool: db.builder, slots: 32, deadLettersMax: 100, log: silentLogger, projections });
  const ledgers = [1, 2].map((number) => {
    const ledger = new TestLedger(`ledger-${number}`, number);
    ledger.open('alice');
    ledger.open('bob');
    ledger.transfer('alice', 'bob', 1n);
    return ledger;
  });
  for (const { id, texts } of ledgers)
    expect(
      await applier.apply(
        texts.map((text) => ({ ledger: id, text })),
        'log',
      ),
    ).toMatchObject({ parked: 1 });
  isPoison = false;
  broken.add((await readProjections(db.builder, [1])).get(1)!.get('account_summary')!.generation);
  for (const { number } of ledgers) await db.builder.query(`select read.request_repair('retry', null, $1, null, 'tester')`, [number]);
  const outcomes = async (): Promise<(RepairOutcome | null)[]> =>
    (await db.builder.query<{ outcome: RepairOutcome | null }>('select outcome from read.repairs order by ledger')).rows.map(
      ({ outcome }) => outcome,
    );

  const repairs = new Repairs({ pool: db.builder, log: silentLogger, projections, intervalMs: 20 });
  await repairs.start();
  try {
    await until('the second is done', async () => (await outcomes())[1] !== null);
    expect(await outcomes()).toMatchObject([null, { applied: 1, left: 0 }]);
    broken.clear();
    await until('the first is done', async () => (await outcomes())[0] !== null);
    expect(await outcomes()).toMatchObject([{ applied: 1, left: 0 }, { applied: 1 }]);
  } finally {
    await repairs.stop();
  }
});

describe('a repair that applied nothing', () => {
  /** Accounts of which one transfer is parked, and the number of its letter. */
  async function parked(number: number): Promise<{ ledger: TestLedger; letter: string }> {
    const ledger = new TestLedger(`ledger-${number}`, number);
    for (const id of ['alice', 'bob', 'carol', 'dave']) ledger.open(id);
    ledger.transfer('alice', 'bob', 1n);
    await new Applier({
      pool: db.builder,
      slots: 32,
      deadLettersMax: 100,
      log: silentLogger,
      projections: refusing(ledger.position),
    }).apply(
      ledger.texts.map((text) => ({ ledger: ledger.id, text })),
      'log',
    );
    const { rows } = await db.builder.query<{ id: string }>('select id from read.dead_letters where ledger = $1', [number]);
    return { ledger, letter: rows[0]!.id };
  }

  const refusing = (position: bigint): Projection[] =>
    PROJECTIONS.map((projection): Projection => {
      if (projection.name !== 'account_summary') return projection;
      const project: Projection['project'] = (record) => {
        if (record.position === position) throw new Error('poison');
        return projection.project(record);
      };
      return { ...projection, project };
    });

  async function repair(letter: string | null, ledger: number | null, projections: readonly Projection[]): Promise<RepairOutcome> {
    const { rows } = await db.builder.query<{ id: string }>(`select read.request_repair('retry', $1, $2, null, 'tester') as id`, [
      letter,
      ledger,
    ]);
    const repairs = new Repairs({ pool: db.builder, log: silentLogger, projections, intervalMs: 20 });
    await repairs.start();
    try {
      let outcome: RepairOutcome | null = null;
      await until('it is done', async () => {
        const done = await db.builder.query<{ outcome: RepairOutcome | null }>('select outcome from read.repairs where id = $1', [
          rows[0]?.id,
        ]);
        outcome = done.rows[0]?.outcome ?? null;
        return outcome !== null;
      });
      return outcome as unknown as RepairOutcome;
    } finally {
      await repairs.stop();
    }
  }

  it('says that the ledger is stopped, and why', async () => {
    const { letter } = await parked(3);
    await db.builder.query(`update read.checkpoints set stopped_reason = 'it is in epoch 2' where ledger = 3`);
    const stopped = { applied: 0, left: 1, code: 'ledger_stopped', detail: 'it is in epoch 2' };
    expect(await repair(letter, 3, PROJECTIONS)).toEqual(stopped);
    expect(await repair(null, 3, PROJECTIONS)).toEqual(stopped);
    await db.builder.query('update read.checkpoints set stopped_reason = null where ledger = 3');
    expect(await repair(null, 3, PROJECTIONS)).toEqual({ applied: 1, left: 0, code: null, detail: null });
  });

  it('of all letters says so of a record that is refused again', async () => {
    const { ledger } = await parked(4);
    expect(await repair(null, 4, refusing(ledger.position))).toEqual({
      applied: 0,
      left: 1,
      code: 'still_refused',
      detail: 'account_summary: poison',
    });
  });

  it('of all letters says so of one that something has to come before', async () => {
    const { ledger, letter } = await parked(5);
    // As one that a projection refused which has since been set back.
    await db.builder.query(`update read.dead_letters set accounts = '{}', projections = '{trial_balance}' where id = $1`, [letter]);
    await db.builder.query(`update read.projections set position = position - 1 where ledger = 5 and projection = 'trial_balance'`);
    expect(await repair(null, 5, PROJECTIONS)).toEqual({
      applied: 0,
      left: 1,
      code: 'earlier_record_parked',
      detail: `trial_balance is at position ${ledger.position - 2n} and has to come to the record first`,
    });
  });
});
