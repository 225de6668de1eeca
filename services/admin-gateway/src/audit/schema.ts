import { fileURLToPath } from 'node:url';

/** Folder of the numbered migrations of the audit store. */
export const AUDIT_MIGRATIONS = fileURLToPath(new URL('../../sql', import.meta.url));

/** The roles that the migrations know; the bootstrap command creates them. */
export const AUDIT_OWNER_ROLE = 'ledgerflow_audit_owner';
export const AUDIT_GATEWAY_ROLE = 'ledgerflow_audit_gateway';

/** An entry that is acknowledged is on the disk. In milliseconds. */
export const AUDIT_SESSION_SETTINGS: Record<string, string> = { statement_timeout: '5000', synchronous_commit: 'on' };
