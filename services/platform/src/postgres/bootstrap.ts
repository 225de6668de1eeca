import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';

export interface DatabaseUrl {
  user: string;
  password: string;
  database: string;
}

/** Role, password and database of a postgres:// URL. Throws an Error that says nothing of the URL, as Node's own does: it has a password. */
export function parseDatabaseUrl(url: string): DatabaseUrl {
  const parsed = URL.parse(url);
  if (parsed === null)
    throw new Error('a URL of a database is not one: it has to look like postgres://user:***@host:port/database, with @ : / ? # % escaped');
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

/** SASLprep (RFC 4013) as far as it changes a password: other spaces become one, what is invisible goes. */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
const INVISIBLE = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g;

const SCRAM_ITERATIONS = 4_096;
const SCRAM_SALT_BYTES = 16;

/**
 * What PostgreSQL keeps of a password (RFC 5802, as libpq's PQencryptPasswordConn makes it). The password itself is not in the statement then: a server writes
 * statements that fail, or all of them, to its log.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SCRAM_SALT_BYTES)): string {
  const prepared = password.replace(SPACES, ' ').replace(INVISIBLE, '').normalize('NFKC');
  const salted = pbkdf2Sync(prepared, salt, SCRAM_ITERATIONS, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}

/** Creates a login role, or sets its password if it is there. Safe to run twice and by two at once. */
export async function ensureRole(adminUrl: string, role: { user: string; password: string }): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const name = client.escapeIdentifier(role.user);
    await client.query(`create role ${name} login`).catch(ignoring([DUPLICATE_OBJECT, UNIQUE_VIOLATION]));
    const password = role.password === '' ? 'null' : client.escapeLiteral(scramVerifier(role.password));
    await client.query(`alter role ${name} login password ${password}`);
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
