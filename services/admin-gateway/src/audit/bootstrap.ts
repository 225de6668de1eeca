import type { Logger } from '@ledgerflow/platform/log';
import { ensureDatabase, ensureRole, migrate, parseDatabaseUrl } from '@ledgerflow/platform/postgres';
import { AUDIT_GATEWAY_ROLE, AUDIT_MIGRATIONS, AUDIT_OWNER_ROLE } from './schema.ts';

export interface AuditUrls {
  /** May create roles and databases. */
  adminUrl: string;
  ownerUrl: string;
  gatewayUrl: string;
  log: Logger;
}

/** Creates the audit store on a database server: the roles of its two URLs (or sets their passwords), the database, its tables and grants. Safe to run again and by two at once. */
export async function bootstrapAudit({ adminUrl, ownerUrl, gatewayUrl, log }: AuditUrls): Promise<void> {
  const owner = parseDatabaseUrl(ownerUrl);
  const gateway = parseDatabaseUrl(gatewayUrl);
  for (const [url, role] of [
    [owner, AUDIT_OWNER_ROLE],
    [gateway, AUDIT_GATEWAY_ROLE],
  ] as const) {
    if (url.user !== role) throw new Error(`a URL of the audit store names the role ${url.user}, it has to be ${role}`);
    if (url.database !== owner.database)
      throw new Error(`the URLs of the audit store name two databases, ${owner.database} and ${url.database}`);
    await ensureRole(adminUrl, url);
  }
  await ensureDatabase(adminUrl, owner.database, owner.user);
  await migrate({ url: ownerUrl, directory: AUDIT_MIGRATIONS, log });
}
