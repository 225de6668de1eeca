import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import { createPool, WRITE_SESSION_SETTINGS } from '@ledgerflow/platform/postgres';
import { StoreUnavailableError } from '../application/errors.ts';
import { asStoreError, FlightError, isLost } from './flight.ts';

/**
 * Every statement here finds its rows by all columns of a unique index, one probe a row. The planner's statistics lag behind a growing log, and then it thinks that
 * reading all rows of a ledger is as cheap (measured: a third of the rate after ten seconds, and falling). So plans are made once, joins are nested loops, and lists
 * of keys are looked up by `cross join lateral (… offset 0)`, which the planner can not turn around.
 */
const PLAN_SETTINGS: Record<string, string> = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};

/** Reads never hold a lock for longer than this either; the one that locks (resolveTime) must be as short as a write, and what it promised as durable. */
const READ_SESSION_SETTINGS: Record<string, string> = {
  transaction_timeout: '15000',
  idle_in_transaction_session_timeout: '4000',
  lock_timeout: '4500',
  tcp_user_timeout: '5000',
  synchronous_commit: 'on',
};

/** One Postgres cluster: connections for batches and, apart from them so that a long page never delays a commit, for reads. */
export interface Cluster {
  name: string;
  url: string;
  write: Pool;
  read: Pool;
  close(): Promise<void>;
}

export interface ClusterOptions {
  name: string;
  url: string;
  /** Connections for batches; as many ledgers commit at once. */
  writeConnectionsMax: number;
  readConnectionsMax: number;
  log: Logger;
  metrics?: Registry;
}

export function openCluster({ name, url, writeConnectionsMax, readConnectionsMax, log, metrics }: ClusterOptions): Cluster {
  const label = name.replaceAll(/[^a-zA-Z0-9]/g, '_');
  const common = { url, log, pipeline: true, ...(metrics === undefined ? {} : { metrics }) };
  const write = createPool({
    ...common,
    max: writeConnectionsMax,
    applicationName: 'ledger-writer',
    name: `write_${label}`,
    settings: { ...WRITE_SESSION_SETTINGS, ...PLAN_SETTINGS },
  });
  const read = createPool({
    ...common,
    max: readConnectionsMax,
    applicationName: 'ledger-writer reads',
    name: `read_${label}`,
    settings: { ...READ_SESSION_SETTINGS, ...PLAN_SETTINGS },
  });
  return {
    name,
    url,
    write,
    read,
    close: async () => {
      await Promise.all([write.end(), read.end()]);
    },
  };
}

/** Throws if the server may lose or tear what it has committed when its machine stops. No session can change these settings, so asking once is enough. */
export async function requireDurable({ name, read }: Pick<Cluster, 'name' | 'read'>): Promise<void> {
  const { rows } = await read.query<{ name: string }>(
    `select name from pg_settings where name in ('fsync', 'full_page_writes') and setting <> 'on' order by name`,
  );
  if (rows.length === 0) return;
  const off = rows.map((row) => row.name).join(' and ');
  throw new Error(`cluster ${name} runs with ${off} off: a crash would lose committed records, so the writer does not start`);
}

/** "main=postgres://…,second=postgres://…" → name and URL, in that order. A comma inside a URL is not possible (it would be escaped). */
export function parseClusters(text: string): { name: string; url: string }[] {
  return text.split(',').map((part) => {
    const at = part.indexOf('=');
    if (at < 1) throw new RangeError('clusters are written name=postgres://…,name=postgres://…');
    return { name: part.slice(0, at).trim(), url: part.slice(at + 1).trim() };
  });
}

/** Runs with a connection of the pool and gives it back, or away when it is lost or `discard` was called. Errors come out as the store's callers know them. */
export async function withClient<T>(pool: Pool, run: (client: PoolClient, discard: (reason: Error) => void) => Promise<T>): Promise<T> {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw new StoreUnavailableError(`no connection to the database: ${(error as Error).message}`, { cause: error });
  }
  let broken: Error | undefined;
  const onError = (error: Error): void => void (broken ??= error);
  // Between two flights nobody waits for the connection: without a listener its loss would end the process.
  client.on('error', onError);
  try {
    return await run(client, onError);
  } catch (error) {
    if (error instanceof FlightError ? error.isConnectionLost : isLost(error)) broken ??= error as Error;
    throw asStoreError(error);
  } finally {
    client.removeListener('error', onError);
    client.release(broken);
  }
}
