import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool } from '@ledgerflow/platform/postgres';
import { holdPostgres } from './hold.ts';
import type { PostgresServer } from './server.ts';

export interface TestPostgresOptions {
  /** Off only for tests that kill nothing: default on, as in production. */
  fsync?: boolean;
  settings?: Record<string, string>;
  /** Each line of the server's log; nothing by default. */
  log?: (line: string) => void;
  /** Where the temporary folder is made; the system's place for such by default. */
  parentFolder?: string;
  /** Added to the environment of the server. */
  environment?: Record<string, string>;
}

export interface TestDatabase {
  name: string;
  /** Superuser's URL of it. */
  url: string;
}

export interface TestPostgres extends PostgresServer {
  /** A new database: empty, or a copy of `template`, to which nobody may be connected. */
  createDatabase(template?: string): Promise<TestDatabase>;
}

/** Small, without autovacuum's surprises and long checkpoints; durability as in production unless asked. */
export const TEST_SETTINGS: Record<string, string> = {
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  min_wal_size: '32MB',
  max_connections: '200',
};

/** A machine that runs many tests is slower than one that serves. */
const CONNECT_TIMEOUT_MS = 30_000;

/**
 * A server of its own for a test file: temporary folder, free port. `stop` removes everything; so does the end of this process, whichever way it ends.
 * `(await createTestPostgres()).superuserUrl()` is a superuser's URL.
 */
export async function createTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const folder = await mkdtemp(join(options.parentFolder ?? tmpdir(), 'ledgerflow-postgres-'));
  const relaxed: Record<string, string> =
    options.fsync === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {};
  const settings = { ...TEST_SETTINGS, ...relaxed, ...options.settings };
  const { environment = {}, log = () => undefined } = options;
  const server = await holdPostgres({ dataDir: join(folder, 'postgres'), settings, log }, folder, environment);
  let databases = 0;
  const createDatabase = async (template?: string): Promise<TestDatabase> => {
    const name = `test_${++databases}`;
    const pool = createPool({
      url: server.superuserUrl(),
      max: 1,
      applicationName: 'test',
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      log: silentLogger,
    });
    try {
      await pool.query(`create database ${name} ${template === undefined ? '' : `template "${template.replaceAll('"', '""')}"`}`);
    } finally {
      await pool.end();
    }
    return { name, url: server.superuserUrl(name) };
  };
  return {
    get port() {
      return server.port;
    },
    get pid() {
      return server.pid;
    },
    dataDir: server.dataDir,
    superuserUrl: (database) => server.superuserUrl(database),
    stop: () => server.stop(),
    kill: (signal) => server.kill(signal),
    restart: () => server.restart(),
    createDatabase,
  };
}
