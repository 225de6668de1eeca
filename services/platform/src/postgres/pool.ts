import type { Writable } from 'node:stream';
import pg from 'pg';
import type { Registry } from 'prom-client';
import type { Logger } from '../log/index.ts';
import { observedGauge } from '../metrics/index.ts';
import type { Verdict } from '../health/index.ts';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
/** What a statement needs: a pool, a client or a stand-in. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

const TIMESTAMPTZ = 1184;
const TIMESTAMP = 1114;

/** Times stay text: a JavaScript Date has milliseconds only. Statements that need a number select microseconds. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === TIMESTAMPTZ || oid === TIMESTAMP) return (value: string) => value;
    return pg.types.getTypeParser(oid, format);
  },
} as pg.CustomTypesConfig;

export interface ConnectionOptions {
  url: string;
  /** Connections at most. */
  max: number;
  applicationName: string;
  log: Logger;
  /** Session settings, by name, sent with the connection's start-up: time-outs above all. */
  settings?: Record<string, string>;
  /** For a connection to be made, or to become free; default CONNECT_TIMEOUT_MS. */
  connectTimeoutMs?: number;
  /** A statement that has no answer by then is given up, with its connection: for a server that may be stopped, so that no time-out of its own runs. */
  queryTimeoutMs?: number;
  /** Statements are sent without waiting for the ones before, those of one turn in one write. No cursors then. */
  pipeline?: boolean;
  metrics?: Registry;
  /** The pool's name in metrics. */
  name?: string;
}

export const CONNECT_TIMEOUT_MS = 3_000;
const IDLE_TIMEOUT_MS = 60_000;

/** What waits for the end of the turn at most, in bytes: beyond it the server may as well begin. */
const GATHERED_BYTES_MAX = 64 * 1024;

/**
 * Statements of one turn of the event loop leave in one write. The driver writes each by itself, and the system calls of the ten small statements of a flight
 * cost more than their text: a third of the read model builder's time went there.
 */
function gatherWrites(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  let isHeld = false;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    stream.uncork();
  };
  Object.assign(client, {
    query: (...args: unknown[]): unknown => {
      if (!isHeld) {
        isHeld = true;
        stream.cork();
        process.nextTick(release);
      }
      const result = query(...args);
      if (stream.writableLength >= GATHERED_BYTES_MAX) release();
      return result;
    },
  });
}

/** Settings that let a ledger go when its writer stops (all in milliseconds), and that make COMMIT mean committed whatever the role or the database has. */
export const WRITE_SESSION_SETTINGS: Record<string, string> = {
  transaction_timeout: '5000',
  idle_in_transaction_session_timeout: '4000',
  lock_timeout: '4500',
  tcp_user_timeout: '5000',
  synchronous_commit: 'on',
};

/** A pool whose clients speak PostgreSQL with the given session settings; an idle client's error is logged, not thrown. */
export function createPool(options: ConnectionOptions): Pool {
  const { settings = {}, log, name = 'main' } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
    pipeline: options.pipeline ?? false,
    types,
    options: Object.entries(settings)
      .map(([key, value]) => `-c ${key}=${value}`)
      .join(' '),
  } as pg.PoolConfig);
  pool.on('error', (error) => log.warn({ err: error, pool: name }, 'an idle database connection was lost'));
  // A client that is checked out has no listener of the pool: its loss would be an uncaught error although its statements reject as well.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    if (options.pipeline === true) gatherWrites(client);
  });
  if (options.metrics !== undefined) {
    const prefix = `ledgerflow_pg_pool_${name}`;
    observedGauge(options.metrics, `${prefix}_connections`, 'Connections of the pool', () => pool.totalCount);
    observedGauge(options.metrics, `${prefix}_idle`, 'Idle connections of the pool', () => pool.idleCount);
    observedGauge(options.metrics, `${prefix}_waiting`, 'Callers waiting for a connection', () => pool.waitingCount);
  }
  return pool;
}

const PROBE_INTERVAL_MS = 2_000;

/** Watches a database by a small query every two seconds; `verdict` for Health, `stop` to end. */
export function probe(pool: Pool, name: string): { verdict: () => Verdict; stop: () => void } {
  let verdict: Verdict = { ok: true };
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    pool
      .query('select 1')
      .then(
        () => (verdict = { ok: true }),
        (error: Error) => (verdict = { ok: false, reason: `${name} does not answer: ${error.message}` }),
      )
      .finally(() => (running = false));
  }, PROBE_INTERVAL_MS);
  timer.unref();
  return { verdict: () => verdict, stop: () => clearInterval(timer) };
}
