import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { reasonOf } from './ask.ts';
import type { Database } from './context.ts';
import { fail, type Result } from './finding.ts';
import type { DatabasePlace } from './installation.ts';

const CONNECTIONS_MAX = 2;
const QUERY_TIMEOUT_MS = 6_000;
const SETTINGS = { default_transaction_read_only: 'on', statement_timeout: '5000', lock_timeout: '2000', timezone: 'UTC' };

const INVALID_PASSWORD = '28P01';
const NO_SUCH_DATABASE = '3D000';
const REFUSED_AT_DATABASE = '42501';

function advise({ code }: { code?: string }, { variable, role }: DatabasePlace): string {
  if (code === INVALID_PASSWORD) return `set the password of ${role} to that of ${variable}: npm run bootstrap does`;
  if (code === NO_SUCH_DATABASE || code === REFUSED_AT_DATABASE)
    return `run npm run bootstrap, which makes the database and grants it to ${role}`;
  return `see that PostgreSQL runs where ${variable} says, and that this machine may connect to it`;
}

async function open(place: DatabasePlace): Promise<{ pool: Pool; failure: Result | null }> {
  const pool = createPool({
    url: place.url,
    max: CONNECTIONS_MAX,
    applicationName: 'ledgerflow doctor',
    log: silentLogger,
    settings: SETTINGS,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
  });
  try {
    const { rows } = await pool.query<{ role: string }>('select current_user as role');
    const role = rows[0]?.role;
    if (role === place.role) return { pool, failure: null };
    const advice = `let ${place.variable} name the role ${place.role}, whose rights are the least that are needed`;
    return { pool, failure: fail(place.name, `connects as ${role}, not as ${place.role}`, advice) };
  } catch (error) {
    return {
      pool,
      failure: fail(place.name, `no connection as ${place.role}: ${reasonOf(error)}`, advise(error as { code?: string }, place)),
    };
  }
}

/** Those that answer as the role they are meant for, and what is wrong with the others. */
export async function openDatabases(
  places: readonly DatabasePlace[],
): Promise<{ databases: Database[]; failures: Result[]; close: () => Promise<void> }> {
  const opened = await Promise.all(places.map(open));
  const databases = opened.flatMap(({ pool, failure }, i): Database[] =>
    failure === null
      ? [{ ...(places[i] as DatabasePlace), query: async (sql, values) => (await pool.query(sql, values)).rows as never }]
      : [],
  );
  return {
    databases,
    failures: opened.flatMap(({ failure }) => failure ?? []),
    close: async () => {
      await Promise.all(opened.map(({ pool }) => pool.end()));
    },
  };
}
