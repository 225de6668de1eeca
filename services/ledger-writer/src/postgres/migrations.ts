import { fileURLToPath } from 'node:url';
import type { Logger } from '@ledgerflow/platform/log';
import { checkMigrated, migrate } from '@ledgerflow/platform/postgres';

const folder = (set: string): string => fileURLToPath(new URL(`../../sql/${set}`, import.meta.url));

/** The two sets of migrations; a database may hold both. */
export const LEDGER_MIGRATIONS = { set: 'ledger', directory: folder('ledger') };
export const DIRECTORY_MIGRATIONS = { set: 'directory', directory: folder('directory') };

/** Whom the migrations grant the service's rights to. */
export const SERVICE_ROLE = 'ledgerflow_writer';
/** Whom <set>.grant_verifier() of both sets lets read everything. */
export const VERIFIER_ROLE = 'ledgerflow_verifier';

export interface Databases {
  directory: string;
  clusters: readonly { name: string; url: string }[];
}

/** Migrates what an owner's URL is given for, and makes sure that the rest is as this version needs it. */
export async function prepareDatabases(
  service: Databases,
  owner: { directory?: string | undefined; clusters: ReadonlyMap<string, string> },
  log: Logger,
): Promise<void> {
  if (owner.directory !== undefined) await migrate({ url: owner.directory, ...DIRECTORY_MIGRATIONS, log });
  else await checkMigrated({ url: service.directory, ...DIRECTORY_MIGRATIONS });
  for (const { name, url } of service.clusters) {
    const ownerUrl = owner.clusters.get(name);
    if (ownerUrl !== undefined) await migrate({ url: ownerUrl, ...LEDGER_MIGRATIONS, log });
    else await checkMigrated({ url, ...LEDGER_MIGRATIONS });
  }
}
