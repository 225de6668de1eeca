import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { startReadServer, type ReadServer } from '@ledgerflow/read-model/testing';
import { until } from '../testing/builder.ts';
import { Cleaner } from './cleaner.ts';

const ROWS = 35;
const ROWS_PER_STATEMENT = 10;
const GENERATION = 4711;

let server: ReadServer;

beforeAll(async () => {
  server = await startReadServer();
});
afterAll(() => server.stop());

it('a generation is forgotten when all its rows are gone, also when another cleaner was at it and ended midway', async () => {
  const { builder: pool } = await server.create();
  await pool.query(
    `insert into read.log_times (generation, recorded_at, position, times) select $1, n, n, '{}' from generate_series(1, $2) n`,
    [GENERATION, ROWS],
  );
  await pool.query(`insert into read.retired_generations (projection, generation) values ('log_times', $1)`, [GENERATION]);
  const other = await pool.connect();
  try {
    // The statement of another cleaner, of the rows that are next for whoever asks.
    await other.query('begin');
    await other.query(
      `delete from read.log_times where generation = $1 and ctid = any(array(select ctid from read.log_times where generation = $1 limit ${ROWS_PER_STATEMENT}))`,
      [GENERATION],
    );
    const cleaner = new Cleaner({ pool, log: silentLogger, intervalMs: 20, rowsPerStatement: ROWS_PER_STATEMENT });
    cleaner.start();
    await until('the cleaner waits for the rows of the other one', async () => {
      const { rows } = await pool.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'delete from read.log_times%'`,
      );
      return rows.length > 0;
    });
    await other.query('commit');
    await until('the generation is forgotten', async () => (await pool.query('select 1 from read.retired_generations')).rows.length === 0);
    await cleaner.stop();
  } finally {
    other.release(true);
  }
  expect((await pool.query('select 1 from read.log_times where generation = $1', [GENERATION])).rows).toEqual([]);
});
