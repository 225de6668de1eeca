import { databaseUrl, loadConfig, optional } from '@ledgerflow/platform/config';
import { createLogger } from '@ledgerflow/platform/log';
import { bootstrapReadModel } from '@ledgerflow/read-model/projections';
import { Type } from 'typebox';

const CONFIG = {
  service: 'read-model-bootstrap',
  schema: Type.Object({
    ADMIN_DATABASE_URL: databaseUrl({ description: 'A role that may create roles and databases' }),
    READ_OWNER_DATABASE_URL: databaseUrl({ description: 'The read model as its owner ledgerflow_read_owner; the database is created' }),
    READ_DATABASE_URL: databaseUrl({ description: 'The read model as the role ledgerflow_read_builder' }),
    READ_GATEWAY_DATABASE_URL: databaseUrl({ description: 'The read model as the role ledgerflow_read_gateway' }),
    READ_VERIFIER_DATABASE_URL: optional(
      databaseUrl({ description: 'The read model as the role ledgerflow_read_verifier, which may read everything; it is made when given' }),
    ),
  }),
};

const config = loadConfig(CONFIG);
await bootstrapReadModel({
  adminUrl: config.ADMIN_DATABASE_URL,
  ownerUrl: config.READ_OWNER_DATABASE_URL,
  builderUrl: config.READ_DATABASE_URL,
  gatewayUrl: config.READ_GATEWAY_DATABASE_URL,
  verifierUrl: config.READ_VERIFIER_DATABASE_URL,
  log: createLogger(CONFIG.service, 'info'),
});
