import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PROJECTIONS } from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadServer } from '@ledgerflow/read-model/testing';
import { testCertificates } from '../testing/fake-writer.ts';
import { startRebuilding, type Rebuilding } from '../testing/rebuilding.ts';
import { claimRebuild, markProven, openParts, readOnlyPart, RebuildLostError, type Part, type Rebuild } from './store.ts';

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let rebuilding: Rebuilding;

beforeAll(async () => {
  server = await startReadServer();
  tls = await testCertificates();
  const ledger = new TestLedger('books', 1);
  ledger.open('alice');
  rebuilding = await startRebuilding(server, tls, [ledger]);
});
afterAll(async () => {
  await rebuilding?.stop();
  await server.stop();
  await tls.remove();
});

it('a rebuild is proven only by the worker that has it: one that lost it changes nothing', async () => {
  const pool = rebuilding.db.builder;
  const { rows } = await pool.query<{ id: string }>(`select read.request_rebuild('transactions', null, null, null, 'tester') as id`);
  const { id } = rows[0]!;
  const [slow, next] = [randomUUID(), randomUUID()];
  const claimed = (await claimRebuild(pool, slow, id)) as Rebuild;
  await openParts(
    pool,
    claimed,
    PROJECTIONS.filter(({ name }) => name === 'transactions'),
  );
  const only = async (): Promise<Part> => (await readOnlyPart(pool, id)) as Part;
  const parts = [await only()];
  await pool.query(`update read.rebuilds set worker_until = clock_timestamp() - interval '1 second' where id = $1`, [id]);
  expect(await claimRebuild(pool, next, id)).toMatchObject({ id });
  await expect(markProven(pool, slow, parts)).rejects.toThrow(RebuildLostError);
  expect((await only()).state).toBe('filling');
  await markProven(pool, next, parts);
  expect((await only()).state).toBe('proven');
  await pool.query(`update read.rebuilds set finished_at = clock_timestamp(), state = 'failed' where id = $1`, [id]);
  await expect(markProven(pool, next, parts)).rejects.toThrow(RebuildLostError);
});
