import { createRequire } from 'node:module';
import { ask } from '../ask.ts';
import type { Context } from '../context.ts';
import { fail, ok, type Result, skipped, warn } from '../finding.ts';

const OWN = (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
/** transaction_timeout, by which a stopped writer lets its ledgers go, is of this one. */
const POSTGRES_MAJOR_MIN = 17;

interface Told {
  name: string;
  version: string;
}

/** Null: it does not answer, which the check of connections tells. */
async function askVersion(name: string, base: string): Promise<Told | null> {
  try {
    const { status, body } = await ask(`${base}/healthz`);
    const { version } = (body ?? {}) as { version?: unknown };
    return status === 200 && typeof version === 'string' ? { name, version } : null;
  } catch {
    return null;
  }
}

async function postgresVersions({ databases }: Context): Promise<Result[]> {
  return Promise.all(
    databases.map(async ({ name, query }) => {
      const [row] = await query<{ number: number; version: string }>(
        `select current_setting('server_version_num')::int as number, current_setting('server_version') as version`,
      );
      const { number = 0, version = '' } = row ?? {};
      if (number >= POSTGRES_MAJOR_MIN * 10_000) return ok(name, `PostgreSQL ${version}`);
      return fail(name, `PostgreSQL ${version}`, `upgrade to PostgreSQL ${POSTGRES_MAJOR_MIN} or later`);
    }),
  );
}

/** Whether all services are of one version, and PostgreSQL new enough. */
export async function versions(context: Context): Promise<Result[]> {
  const { apiUrl, operations } = context.installation;
  const services = [
    ...(apiUrl === null ? [] : [{ name: 'admin-gateway (API)', base: apiUrl }]),
    ...operations.map(({ name, address }) => ({ name: `${name} (${address})`, base: `http://${address}` })),
  ];
  if (services.length === 0)
    return [
      skipped('services', 'no address of a service is known', 'set LEDGERFLOW_URL and OPS_ADDRESSES'),
      ...(await postgresVersions(context)),
    ];
  const asked = await Promise.all(services.map(({ name, base }) => askVersion(name, base)));
  const told = asked.filter((one) => one !== null);
  const results = operations.length > 0 ? [] : [skipped('other services', 'their versions are not asked', 'set OPS_ADDRESSES')];
  const found = new Set(told.map(({ version }) => version));
  const list = told.map(({ name, version }) => `${name} ${version}`).join(', ');
  if (found.size > 1)
    results.push(fail('services', `run different versions: ${list}`, 'finish the rollout: all services are released together'));
  else if (told.length > 0 && !found.has(OWN))
    results.push(
      warn(
        'services',
        `run ${[...found][0]}, this is ${OWN}`,
        'use the doctor of the version that is installed: it knows its migrations and rights',
      ),
    );
  else if (told.length > 0) results.push(ok('services', `all ${told.length} answers say ${OWN}`));
  return [...results, ...(await postgresVersions(context))];
}
