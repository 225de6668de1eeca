import { afterAll, beforeAll, expect, it } from '@jest/globals';
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
