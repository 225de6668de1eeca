import pg from 'pg';

/**
 * What a database's schemas are, as text that diffs well: tables with columns, constraints, indexes, triggers, functions and grants, read from the catalogs
 * (the embedded distribution has no pg_dump). Partitions are named by their parent's strategy, not one by one.
 */
export async function dumpSchema(url: string, schemas: readonly string[]): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const lines = async (sql: string): Promise<string[]> =>
      (await client.query<{ line: string }>(sql, [schemas])).rows.map((row) => row.line);
    const sections: [string, string][] = [
      ['tables', TABLES],
      ['columns', COLUMNS],
      ['constraints', CONSTRAINTS],
      ['indexes', INDEXES],
      ['sequences', SEQUENCES],
      ['functions', FUNCTIONS],
      ['triggers', TRIGGERS],
      ['grants', GRANTS],
    ];
    const parts: string[] = [];
    for (const [title, sql] of sections) parts.push(`-- ${title}\n${(await lines(sql)).join('\n')}\n`);
    return parts.join('\n');
  } finally {
    await client.end();
  }
}

const TABLES = `select c.oid::regclass::text || coalesce(' partition by ' || pg_get_partkeydef(c.oid) || ', ' ||
    (select count(*) from pg_inherits i where i.inhparent = c.oid)::text || ' partitions', '') || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') as line
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition order by 1`;
const COLUMNS = `select c.oid::regclass::text || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || coalesce(' collate ' || (select collname from pg_collation where oid = a.attcollation and collname <> 'default'), '') ||
    case when a.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition and a.attnum > 0 and not a.attisdropped order by c.oid::regclass::text, a.attnum`;
const CONSTRAINTS = `select conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(k.oid) as line
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and not c.relispartition and k.contype <> 'n' order by 1`;
const INDEXES = `select pg_get_indexdef(i.indexrelid) as line from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and not c.relispartition order by 1`;
const SEQUENCES = `select schemaname || '.' || sequencename || ' ' || data_type::text as line from pg_sequences where schemaname = any($1) order by 1`;
const FUNCTIONS = `select pg_get_functiondef(p.oid) as line from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = any($1) and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1`;
const TRIGGERS = `select pg_get_triggerdef(t.oid) as line from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and not c.relispartition and not t.tgisinternal order by 1`;
const GRANTS = `select c.oid::regclass::text || ' to ' || grantee.rolname || ': ' || string_agg(acl.privilege_type, ', ' order by acl.privilege_type) as line
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) acl join pg_roles grantee on grantee.oid = acl.grantee
  where n.nspname = any($1) and not c.relispartition and c.relkind in ('r', 'p', 'v', 'm', 'S') and grantee.oid <> c.relowner group by c.oid, grantee.rolname order by 1`;
