import type { Logger } from '@ledgerflow/platform/log';
import { ensureDatabase, ensureRole, migrate, parseDatabaseUrl, runStatement, type DatabaseUrl } from '@ledgerflow/platform/postgres';
import { READ_BUILDER_ROLE, READ_GATEWAY_ROLE, READ_MIGRATIONS, READ_OWNER_ROLE, READ_VERIFIER_ROLE } from './schema.ts';

export interface ReadModelUrls {
  /** May create roles and databases. */
  adminUrl: string;
  ownerUrl: string;
  builderUrl: string;
  gatewayUrl: string;
  /** As the role that may read everything; it is made when given. */
  verifierUrl?: string | undefined;
  log: Logger;
}

/**
 * Creates what the read model needs on a database server: the roles of its three URLs (or sets their passwords), the database, its tables and their grants. Safe to run again
 * and by two at once. The migrations grant by role name, so the names are fixed.
 */
export async function bootstrapReadModel({ adminUrl, ownerUrl, builderUrl, gatewayUrl, verifierUrl, log }: ReadModelUrls): Promise<void> {
  const owner = parseDatabaseUrl(ownerUrl);
  const builder = parseDatabaseUrl(builderUrl);
  const gateway = parseDatabaseUrl(gatewayUrl);
  const expected: [DatabaseUrl, string][] = [
    [owner, READ_OWNER_ROLE],
    [builder, READ_BUILDER_ROLE],
    [gateway, READ_GATEWAY_ROLE],
  ];
  if (verifierUrl !== undefined) expected.push([parseDatabaseUrl(verifierUrl), READ_VERIFIER_ROLE]);
  for (const [url, role] of expected) {
    if (url.user !== role) throw new Error(`a URL of the read model names the role ${url.user}, it has to be ${role}`);
    if (url.database !== owner.database)
      throw new Error(`the URLs of the read model name two databases, ${owner.database} and ${url.database}`);
    await ensureRole(adminUrl, url);
  }
  await ensureDatabase(adminUrl, owner.database, owner.user);
  await migrate({ url: ownerUrl, directory: READ_MIGRATIONS, log });
  // The migration ran before there was such a role, if this is an older deployment.
  if (verifierUrl !== undefined) await runStatement(ownerUrl, 'select read.grant_verifier()');
}
