import { randomUUID } from 'node:crypto';
import { loadConfig } from '@ledgerflow/platform/config';
import { createLogger } from '@ledgerflow/platform/log';
import { expireAudit } from './audit/expire.ts';
import { RETENTION_CONFIG } from './config.ts';

/** Run once a day: deletes from the audit store what is older than AUDIT_RETENTION_DAYS. */
const config = loadConfig(RETENTION_CONFIG);
await expireAudit({
  ownerUrl: config.AUDIT_OWNER_DATABASE_URL,
  days: config.AUDIT_RETENTION_DAYS,
  requestId: randomUUID(),
  log: createLogger(RETENTION_CONFIG.service, 'info'),
});
