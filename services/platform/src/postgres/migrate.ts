import pg from 'pg';
import Postgrator from 'postgrator';
import type { Logger } from '../log/index.ts';
import type { Queryable } from './pool.ts';

/** How long to wait for another process that migrates the same database. */
const LOCK_TIMEOUT_MS = 120_000;
const SCHEMA_TABLE = 'public.schema_version';

function schemaTable(set: string | undefined): string {
  return set === undefined ? SCHEMA_TABLE : `${SCHEMA_TABLE}_${set}`;
}

interface Migrations {
  url: string;
  /** Folder of NNN.do.<name>.sql files. */
  directory: string;
  /** Name of the set, when a database holds more than one: it keeps its versions in a table of its own, public.schema_version_<set>. */
  set?: string;
  log: Logger;
}

function postgrator(client: pg.Client, directory: string, set: string | undefined): Postgrator {
  return new Postgrator({
    migrationPattern: `${directory}/*.do.*.sql`,
    driver: 'pg',
    schemaTable: schemaTable(set),
    currentSchema: 'public',
    validateChecksums: true,
    execQuery: async (query: string) => ({ rows: (await client.query(query)).rows ?? [] }),
    execSqlScript: async (script: string) => {
      await client.query(`begin;\n${script}\n;commit;`);
    },
  });
}

/**
 * Brings a database to the newest migration as its owner role. One process at a time (an advisory lock); each migration is a transaction of its own; a
 * migration that was edited after it ran is an error. Returns the names of those that ran.
 */
export async function migrate({ url, directory, set, log }: Migrations): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, options: `-c lock_timeout=${LOCK_TIMEOUT_MS}` });
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtext('ledgerflow migrations'))`);
    const applied = await postgrator(client, directory, set).migrate();
    const names = applied.map((migration) => migration.filename.split('/').pop() ?? migration.filename);
    if (names.length > 0) log.info({ migrations: names }, 'the database was migrated');
    return names;
  } finally {
    await client.end();
  }
}

/** Throws if the database is not at the newest migration: a service without the owner's credentials starts only on a schema it knows. */
export async function checkMigrated({ url, directory, set }: Omit<Migrations, 'log'>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const migrator = postgrator(client, directory, set);
    await migrator.getMigrations();
    const wanted = Number(await migrator.getMaxVersion());
    const { rows } = await client.query<{ version: string | null }>(`select max(version)::text as version from ${schemaTable(set)}`);
    const found = Number(rows[0]?.version ?? 0);
    if (found !== wanted)
      throw new Error(
        `the database is at migration ${found}, this version needs ${wanted}: run the bootstrap command or start with the owner's URL`,
      );
  } finally {
    await client.end();
  }
}

export interface MigrationState {
  /** Names of files whose migration the database lacks, has with another content, and numbers that it has and the folder has not. */
  missing: string[];
  changed: string[];
  unknown: number[];
}

/** Compares what a database says was run with a folder, one by one; for a role that may read the table of versions. */
export async function migrationState(sql: Queryable, { directory, set }: Pick<Migrations, 'directory' | 'set'>): Promise<MigrationState> {
  const files = await new Postgrator({ migrationPattern: `${directory}/*.do.*.sql`, driver: 'pg' }).getMigrations();
  const { rows } = await sql.query<{ version: string; md5: string | null }>(
    `select version::text, md5 from ${schemaTable(set)} where version > 0 order by version`,
  );
  const ran = new Map(rows.map((row) => [Number(row.version), row.md5]));
  const known = new Set(files.map((file) => file.version));
  const names = (kept: (file: Postgrator.Migration) => boolean): string[] =>
    files.filter(kept).map((file) => file.filename.split('/').pop() ?? file.filename);
  return {
    missing: names(({ version }) => !ran.has(version)),
    changed: names(({ version, md5 }) => ran.has(version) && (ran.get(version) ?? md5) !== md5),
    unknown: [...ran.keys()].filter((version) => !known.has(version)),
  };
}
