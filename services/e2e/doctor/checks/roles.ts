import { notLookedAt } from './absent.ts';
import type { Context, Database } from '../context.ts';
import { fail, ok, type Result } from '../finding.ts';
import type { DatabaseKind } from '../installation.ts';

interface Rights {
  /** What the role needs, on tables by name. */
  needs: Readonly<Record<string, readonly string[]>>;
  /** What it must not have: on tables by name, or on every other table of a schema (`audit.*`). */
  mustNot: Readonly<Record<string, readonly string[]>>;
  /** Triggers that refuse changes whoever asks, by table. */
  triggers: Readonly<Record<string, readonly string[]>>;
}

const CHANGES = ['UPDATE', 'DELETE', 'TRUNCATE'] as const;
const LOG = ['ledger.records', 'ledger.events', 'ledger.external_ids'] as const;

const AUDIT = ['audit.actions', 'audit.outcomes', 'audit.accesses'] as const;

/** The row triggers of a table are cloned to its partitions, the one against TRUNCATE is made for each. */
const PARTITIONS = 16;
const APPEND_ONLY = ['append_only', 'no_truncate'] as const;

/** As the migrations make them. */
function triggersOfTheLog(): Record<string, readonly string[]> {
  const tables = [...LOG.map((table) => [table, APPEND_ONLY] as const), ['ledger.details', [...APPEND_ONLY, 'erasure_only']] as const];
  return Object.fromEntries(
    tables.flatMap(([table, triggers]) => [
      [table, triggers],
      ...Array.from({ length: PARTITIONS }, (_, remainder) => [`${table}_${remainder}`, triggers] as const),
    ]),
  );
}

/** As the migrations grant it. */
const RIGHTS: Readonly<Record<DatabaseKind, Rights>> = {
  directory: {
    needs: { 'directory.ledgers': ['SELECT', 'INSERT'] },
    mustNot: { 'directory.ledgers': ['DELETE', 'TRUNCATE'] },
    triggers: {},
  },
  ledger: {
    needs: {
      ...Object.fromEntries(LOG.map((table) => [table, ['SELECT', 'INSERT']])),
      'ledger.details': ['SELECT', 'INSERT'],
      'ledger.heads': ['SELECT', 'INSERT', 'UPDATE'],
      'ledger.accounts': ['SELECT', 'INSERT', 'UPDATE'],
      'ledger.refusals': ['SELECT', 'INSERT', 'DELETE'],
    },
    mustNot: {
      ...Object.fromEntries(LOG.map((table) => [table, CHANGES])),
      'ledger.details': ['DELETE', 'TRUNCATE'],
      'ledger.*': ['TRUNCATE'],
    },
    triggers: triggersOfTheLog(),
  },
  read: { needs: { 'read.checkpoints': ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] }, mustNot: {}, triggers: {} },
  'read as gateway': {
    needs: { 'read.checkpoints': ['SELECT'], 'read.projections': ['SELECT'], 'read.dead_letters': ['SELECT'] },
    mustNot: { 'read.*': ['INSERT', ...CHANGES] },
    triggers: {},
  },
  audit: {
    needs: Object.fromEntries(AUDIT.map((table) => [table, ['SELECT', 'INSERT']])),
    mustNot: { 'audit.*': CHANGES },
    triggers: Object.fromEntries(AUDIT.map((table) => [table, APPEND_ONLY])),
  },
};

const ROLE = `
  select rolsuper as "super", rolcreaterole as "makesRoles", rolcreatedb as "makesDatabases", rolbypassrls or rolreplication as "replicates",
         pg_get_userbyid(d.datdba) as owner, pg_has_role(current_user, d.datdba, 'MEMBER') as "isOwner",
         coalesce((select string_agg(nspname, ', ' order by nspname) from pg_namespace
                    where (nspname in ('public', 'ledger', 'directory', 'read', 'audit')) and has_schema_privilege(oid, 'CREATE')), '') as "createsIn"
    from pg_roles r, pg_database d where r.rolname = current_user and d.datname = current_database()`;

interface RoleRow {
  super: boolean;
  makesRoles: boolean;
  makesDatabases: boolean;
  replicates: boolean;
  owner: string;
  isOwner: boolean;
  createsIn: string;
}

/** One row a table of these schemas: what the role may do with it, whether by itself or by a role that it is a member of. */
const TABLES = `
  select n.nspname || '.' || c.relname as name,
         array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
                where has_table_privilege(c.oid, p) or (p in ('INSERT', 'UPDATE') and has_any_column_privilege(c.oid, p))) as rights,
         (select coalesce(json_object_agg(t.tgname, t.tgenabled), '{}') from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = any($1) and c.relkind in ('r', 'p')`;

interface TableRow {
  name: string;
  rights: string[];
  /** By name: O or A is enabled for everybody; D is disabled, R fires on a replica only. */
  triggers: Readonly<Record<string, string>>;
}

const NAMED_MAX = 4;

/** The triggers that keep tables append-only: those that are not there, and those that do not fire. */
export function judgeTriggers(name: string, wanted: Rights['triggers'], tables: ReadonlyMap<string, Pick<TableRow, 'triggers'>>): Result[] {
  const wrong = { missing: [] as string[], disabled: [] as string[] };
  for (const [table, triggers] of Object.entries(wanted))
    for (const trigger of triggers) {
      const state = tables.get(table)?.triggers[trigger];
      if (state === undefined) wrong.missing.push(`${trigger} on ${table}`);
      else if (state !== 'O' && state !== 'A') wrong.disabled.push(`${trigger} on ${table}`);
    }
  const advice = {
    missing: 'make them again as the migrations do, and see who dropped them; npm run verify tells what was changed',
    disabled: 'alter table … enable trigger all, and see who changed it; npm run verify tells what was changed',
  };
  return (['missing', 'disabled'] as const).flatMap((how) => {
    const [all, more] = [wrong[how], wrong[how].length - NAMED_MAX];
    if (all.length === 0) return [];
    const which = all.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
    return [fail(name, `triggers that keep tables append-only are ${how}: ${which}`, advice[how])];
  });
}

function judgeRole(name: string, role: string, row: RoleRow): Result[] {
  const advice = `let ${role} have only what the migrations grant: alter role ${role} nosuperuser nocreaterole nocreatedb nobypassrls noreplication`;
  const much = [
    row.super ? 'is a superuser' : '',
    row.makesRoles ? 'may create roles' : '',
    row.makesDatabases ? 'may create databases' : '',
    row.replicates ? 'may replicate or bypass row security' : '',
  ].filter((part) => part !== '');
  const results = much.length > 0 ? [fail(name, `${role} ${much.join(', ')}`, advice)] : [];
  if (!row.super && row.isOwner)
    results.push(
      fail(
        name,
        `${role} is a member of the owner ${row.owner}`,
        `revoke ${row.owner} from ${role}: a service must not be able to change its tables`,
      ),
    );
  else if (!row.super && row.createsIn !== '')
    results.push(
      fail(
        name,
        `${role} may create tables in ${row.createsIn}`,
        `revoke create on schema ${row.createsIn} from ${role} (and from public)`,
      ),
    );
  return results;
}

function judgeTables(name: string, role: string, rights: Rights, tables: ReadonlyMap<string, TableRow>): Result[] {
  const results: Result[] = [];
  for (const [table, needed] of Object.entries(rights.needs)) {
    const lacking = needed.filter((right) => tables.get(table)?.rights.includes(right) !== true);
    if (lacking.length > 0)
      results.push(fail(name, `${role} may not ${lacking.join(', ')} on ${table}`, `grant ${lacking.join(', ')} on ${table} to ${role}`));
  }
  for (const { name: table, rights: has } of tables.values()) {
    const forbidden = rights.mustNot[table] ?? rights.mustNot[`${table.split('.')[0]}.*`] ?? [];
    const much = forbidden.filter((right) => has.includes(right));
    if (much.length > 0)
      results.push(fail(name, `${role} may ${much.join(', ')} on ${table}`, `revoke ${much.join(', ')} on ${table} from ${role}`));
  }
  return [...results, ...judgeTriggers(name, rights.triggers, tables)];
}

async function ofDatabase({ kind, name, role, query }: Database): Promise<Result[]> {
  const rights = RIGHTS[kind];
  const schemas = [...new Set(Object.keys(rights.needs).map((table) => table.split('.')[0]))];
  const [rows, tables] = await Promise.all([query<RoleRow>(ROLE), query<TableRow>(TABLES, [schemas])]);
  const [row] = rows;
  const byName = new Map(tables.map((table) => [table.name, table]));
  const results = [
    ...(row === undefined ? [] : judgeRole(name, role, row)),
    // A superuser may do everything: that is said once. What keeps the tables from him is looked at all the same.
    ...(row?.super === true ? judgeTriggers(name, rights.triggers, byName) : judgeTables(name, role, rights, byName)),
  ];
  return results.length > 0 ? results : [ok(name, `${role} has the rights that it needs and no more`)];
}

/** Settings without which a committed record can be lost with its machine. */
export async function durability({ name, query }: Pick<Database, 'name' | 'query'>): Promise<Result> {
  const off = await query<{ name: string }>(
    `select name from pg_settings where name in ('fsync', 'full_page_writes') and setting <> 'on' order by name`,
  );
  if (off.length === 0) return ok(name, 'fsync and full_page_writes are on');
  const settings = off.map((row) => row.name).join(' and ');
  return fail(name, `${settings} off: what was acknowledged can be lost`, `set ${settings} on`);
}

/** Each role of the services has what it needs and nothing with which the log or the audit could be changed. */
export async function roles({ installation, databases }: Context): Promise<Result[]> {
  const durable = databases.filter(({ kind }) => kind === 'ledger' || kind === 'audit').map(durability);
  return [...(await Promise.all(databases.map(ofDatabase))).flat(), ...(await Promise.all(durable)), ...notLookedAt(installation)];
}
