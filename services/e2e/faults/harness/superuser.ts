import type { TestPostgres } from '@ledgerflow/local/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';

/** The name under which the experiments connect. */
export const APPLICATION_NAME = 'fault';
const CONNECTIONS_MAX = 2;

/** What a database administrator can do. */
export async function asSuperuser<T>(server: TestPostgres, database: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool({
    url: server.superuserUrl(database),
    max: CONNECTIONS_MAX,
    applicationName: APPLICATION_NAME,
    log: silentLogger,
  });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
