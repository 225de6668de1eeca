import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PoolClient, Queryable } from '@ledgerflow/platform/postgres';
import { ProjectionError, type LiveProjection, type Projection } from '@ledgerflow/read-model/projections';
import { startReadServer, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { ApplyError, applyWork } from './work.ts';

let server: ReadServer;
let db: ReadDatabase;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
});
afterAll(() => server.stop());

type Apply = (client: Queryable) => Promise<unknown>;

const projection = (name: string, apply: Apply): Projection => ({
  name,
  scope: 'ledger',
  carriesBalances: false,
  tables: [],
  project: () => null,
  apply: async (client) => {
    await apply(client);
    return new Map();
  },
  recompute: async () => ({ rows: 0, digest: 0n }),
  prove: async () => null,
});

/** What the batch of some projections, in one transaction, fails with. */
async function failure(projections: readonly Projection[]): Promise<ApplyError> {
  const client: PoolClient = await db.builder.connect();
  await client.query('begin');
  try {
    await applyWork(
      client,
      projections.map((one) => ({ projection: one, live: { generation: 1 } as LiveProjection, changes: [null] })),
      projections,
    );
  } catch (error) {
    if (error instanceof ApplyError) return error;
    throw error;
  } finally {
    await client.query('rollback');
    client.release();
  }
  throw new Error('nothing failed');
}

describe('a batch of which one projection fails', () => {
  it('blames the statement that failed, not those that were refused behind it, whoever is heard first', async () => {
    let fail: () => void = () => undefined;
    const failed = new Promise<void>((resolve) => (fail = resolve));
    let refused: () => void = () => undefined;
    const othersRefused = new Promise<void>((resolve) => (refused = resolve));
    const behind = (name: string): Projection =>
      projection(name, async (client) => {
        await failed;
        await client.query('select 1').finally(refused);
      });
    const culprit = projection('culprit', async (client) => {
      try {
        await client.query(`select 1 / (length('') + 0)`);
      } catch (error) {
        // It is told last.
        fail();
        await othersRefused;
        throw error;
      }
    });
    const error = await failure([behind('before'), culprit, behind('after')]);
    expect([error.projection, error.message, error.isRefusal, error.isSlow]).toEqual(['culprit', 'division by zero', true, false]);
  });

  it('tells rows that contradict from a table that is held and from all else', async () => {
    const refusing = projection('refusing', () => Promise.reject(new ProjectionError('refusing', 1, 'no such row')));
    expect(await failure([refusing])).toMatchObject({ projection: 'refusing', isRefusal: true, isSlow: false });
    const slow = projection('slow', async (client) => {
      await client.query(`set local statement_timeout = '20ms'`);
      await client.query('select pg_sleep(5)');
    });
    expect(await failure([slow])).toMatchObject({ projection: 'slow', isRefusal: false, isSlow: true });
    const broken = projection('broken', () => Promise.reject(new Error('Connection terminated unexpectedly')));
    expect(await failure([broken])).toMatchObject({ projection: 'broken', isRefusal: false, isSlow: false });
  });
});
