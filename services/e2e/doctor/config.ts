import { addresses, type ConfigDefinition, databaseUrl, integer, optional, text, tlsVariables } from '@ledgerflow/platform/config';
import { GATEWAY_CONFIG } from '@ledgerflow/admin-gateway/config';
import { Type } from 'typebox';

const gateway = GATEWAY_CONFIG.schema.properties;

/**
 * What the doctor may be told of an installation: the services' own variables, and where two services give one name to two roles of a database, the bootstrap's. What
 * is not told is not looked at.
 */
const schema = Type.Object({
  LEDGERFLOW_URL: optional(Type.String({ pattern: '^https?://', description: 'Address of the API' })),
  LEDGERFLOW_TOKEN: optional(text({ description: 'A bearer token of the issuer, to see whether it has what the gateway needs' })),
  DIRECTORY_DATABASE_URL: optional(databaseUrl({ description: 'The ledger directory as the role ledgerflow_writer' })),
  LEDGER_CLUSTERS: optional(
    Type.String({
      pattern: '^[^=,]+=postgres(ql)?://[^,]+(,[^=,]+=postgres(ql)?://[^,]+)*$',
      secret: true,
      description: 'The clusters that hold ledgers as the role ledgerflow_writer: name=postgres://…,name=postgres://…',
    }),
  ),
  READ_DATABASE_URL: optional(databaseUrl({ description: 'The read model as the role ledgerflow_read_builder' })),
  READ_GATEWAY_DATABASE_URL: optional(databaseUrl({ description: 'The read model as the role ledgerflow_read_gateway' })),
  AUDIT_DATABASE_URL: optional(databaseUrl({ description: 'Audit store, as the role ledgerflow_audit_gateway' })),
  WRITER_ADDRESSES: optional(addresses({ description: 'gRPC addresses of the ledger writers, host:port,host:port' })),
  TLS_CA_FILE: optional(tlsVariables.TLS_CA_FILE),
  TLS_CERT_FILE: optional(text({ description: 'PEM file of the certificate of the read-model-builder, as which the writers are asked' })),
  TLS_KEY_FILE: optional(tlsVariables.TLS_KEY_FILE),
  OPS_ADDRESSES: optional(text({ description: 'Operations servers of the services, name=host:port,name=host:port' })),
  KAFKA_BROKERS: optional(addresses({ description: 'Kafka brokers, host:port, separated by commas; without them the log is the feed' })),
  SLOTS: integer({ description: 'Slots of the deployment (= partitions of the topic)', minimum: 1, maximum: 1024, default: 32 }),
  OIDC_ISSUER: optional(gateway.OIDC_ISSUER),
  OIDC_AUDIENCE: gateway.OIDC_AUDIENCE,
  OIDC_JWKS_URL: gateway.OIDC_JWKS_URL,
  OIDC_CLIENT_ID: gateway.OIDC_CLIENT_ID,
  PUBLIC_URL: gateway.PUBLIC_URL,
  // The check of the sign-in says what is wrong with them.
  SESSION_SECRETS: optional(
    Type.String({ minLength: 1, secret: true, description: 'Secrets of session cookies, as the gateway has them' }),
  ),
  SESSION_IDLE_SECONDS: gateway.SESSION_IDLE_SECONDS,
  SESSION_MAX_SECONDS: gateway.SESSION_MAX_SECONDS,
  ROLES_CLAIM: gateway.ROLES_CLAIM,
  LEDGERS_CLAIM: gateway.LEDGERS_CLAIM,
  ROLE_MAP: gateway.ROLE_MAP,
});

export const DOCTOR_CONFIG: ConfigDefinition<typeof schema> = { service: 'doctor', schema };
