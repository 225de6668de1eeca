import pg from 'pg';

export interface DatabaseUrl {
  user: string;
  password: string;
  database: string;
}

/** Role, password and database of a postgres:// URL. */
export function parseDatabaseUrl(url: string): DatabaseUrl {
  const parsed = new URL(url);
  return {
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)),
  };
}

const DUPLICATE_OBJECT = '42710';
const UNIQUE_VIOLATION = '23505';
const DUPLICATE_DATABASE = '42P04';

function ignoring(codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as { code?: string }).code ?? '')) throw error;
  };
}

/** Creates a login role, or sets its password if it is there. Safe to run twice and by two at once. */
export async function ensureRole(adminUrl: string, role: { user: string; password: string }): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const name = client.escapeIdentifier(role.user);
    await client.query(`create role ${name} login`).catch(ignoring([DUPLICATE_OBJECT, UNIQUE_VIOLATION]));
    await client.query(`alter role ${name} login password ${client.escapeLiteral(role.password)}`);
  } finally {
    await client.end();
  }
}

/** Runs one statement over a connection of its own. */
export async function runStatement(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Creates a database owned by a role, closed to everyone else. Safe to run twice and by two at once. */
export async function ensureDatabase(adminUrl: string, database: string, owner: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const name = client.escapeIdentifier(database);
    await client
      .query(`create database ${name} owner ${client.escapeIdentifier(owner)} encoding 'UTF8' locale 'C' template template0`)
      .catch(ignoring([DUPLICATE_DATABASE, UNIQUE_VIOLATION]));
    await client.query(`revoke all on database ${name} from public`);
  } finally {
    await client.end();
  }
}
