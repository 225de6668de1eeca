import { databaseUrl, loadConfig } from '@ledgerflow/platform/config';
import { createLogger } from '@ledgerflow/platform/log';
import { Type } from 'typebox';
import { bootstrapAudit } from './audit/bootstrap.ts';

const CONFIG = {
  service: 'admin-gateway-bootstrap',
  schema: Type.Object({
    ADMIN_DATABASE_URL: databaseUrl({ description: 'A role that may create roles and databases' }),
    AUDIT_OWNER_DATABASE_URL: databaseUrl({ description: 'The audit store as its owner ledgerflow_audit_owner; the database is created' }),
    AUDIT_DATABASE_URL: databaseUrl({ description: 'The audit store as the role ledgerflow_audit_gateway' }),
  }),
};

const config = loadConfig(CONFIG);
await bootstrapAudit({
  adminUrl: config.ADMIN_DATABASE_URL,
  ownerUrl: config.AUDIT_OWNER_DATABASE_URL,
  gatewayUrl: config.AUDIT_DATABASE_URL,
  log: createLogger(CONFIG.service, 'info'),
});
