import { migrationState } from '@ledgerflow/platform/postgres';
import { reasonOf } from '../ask.ts';
import { notLookedAt } from './absent.ts';
import type { Context, Database } from '../context.ts';
import { fail, ok, type Result } from '../finding.ts';

async function ofDatabase({ name, migrations: set, query }: Database): Promise<Result[]> {
  try {
    const sql = { query: async (text: string) => ({ rows: await query(text) }) } as unknown as Parameters<typeof migrationState>[0];
    const { missing, changed, unknown } = await migrationState(sql, set);
    const results: Result[] = [];
    if (missing.length > 0)
      results.push(fail(name, `lacks ${missing.join(', ')}`, 'run npm run bootstrap, or start the service with the URL of the owner'));
    if (unknown.length > 0)
      results.push(
        fail(
          name,
          `has migrations that this version does not know: ${unknown.join(', ')}`,
          'run the version that made them, or a later one: there is no way back',
        ),
      );
    if (changed.length > 0)
      results.push(fail(name, `ran another text of ${changed.join(', ')}`, 'put the released files back: migrations are never edited'));
    return results.length > 0 ? results : [ok(name, 'all migrations are applied, none is unknown')];
  } catch (error) {
    return [fail(name, `its migrations cannot be read: ${reasonOf(error)}`, 'run npm run bootstrap')];
  }
}

/** Every migration applied with the text that it has here, and none that is unknown; a database of two roles is looked at once. */
export async function migrations({ installation, databases }: Context): Promise<Result[]> {
  const results = await Promise.all(databases.filter(({ kind }) => kind !== 'read as gateway').map(ofDatabase));
  return [...results.flat(), ...notLookedAt(installation, (variable) => variable !== 'READ_GATEWAY_DATABASE_URL')];
}
