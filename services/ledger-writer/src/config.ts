import {
  addresses,
  commonVariables,
  databaseUrl,
  flag,
  integer,
  oneOf,
  optional,
  plantedBug,
  port,
  testOnly,
  text,
  tlsVariables,
} from '@ledgerflow/platform/config';
import { Type } from 'typebox';
import { PLANTED_BUGS } from '#planted-bugs';
import { CRASH_POINTS } from './postgres/crash-points.ts';

const clusters = (description: string) =>
  Type.String({ pattern: '^[^=,]+=postgres(ql)?://[^,]+(,[^=,]+=postgres(ql)?://[^,]+)*$', secret: true, description });

export const CONFIG = {
  service: 'ledger-writer',
  schema: Type.Object({
    ...commonVariables,
    ...tlsVariables,
    GRPC_HOST: text({ description: 'Address of the gRPC server', default: '127.0.0.1' }),
    GRPC_PORT: port({ description: 'Port of the gRPC server; 0 takes a free one', default: 0 }),
    GRPC_REFLECTION: flag({ description: 'Whether gRPC reflection is served; for development', default: false }),
    DIRECTORY_DATABASE_URL: databaseUrl({ description: 'The ledger directory as the role ledgerflow_writer' }),
    LEDGER_CLUSTERS: clusters(
      'The Postgres clusters that hold ledgers, as the role ledgerflow_writer: name=postgres://…,name=postgres://…',
    ),
    DIRECTORY_OWNER_DATABASE_URL: optional(
      databaseUrl({ description: 'The ledger directory as its owner: if given, it is migrated on start' }),
    ),
    LEDGER_OWNER_CLUSTERS: optional(clusters('The clusters as their owner: those given are migrated on start')),
    NEW_LEDGER_CLUSTERS: optional(
      text({ description: 'Names of the clusters that take new ledgers, separated by commas; the first cluster if absent' }),
    ),
    SLOTS: integer({
      description: 'Slots of the deployment (= partitions of the topic); never changes',
      minimum: 1,
      maximum: 1024,
      default: 32,
    }),
    BATCH_COUNT_MAX: integer({ description: 'Commands committed in one transaction at most', minimum: 1, maximum: 20_000, default: 1_000 }),
    BATCH_BYTES_MAX: integer({
      description: 'Bytes of commands committed in one transaction, about',
      minimum: 1_024,
      default: 4 * 1024 * 1024,
    }),
    QUEUE_COUNT_MAX: integer({
      description: 'Commands that may wait for one ledger; beyond it they are refused as overloaded',
      minimum: 1,
      default: 10_000,
    }),
    QUEUE_BYTES_MAX: integer({
      description: 'Bytes of commands that may wait for all ledgers together',
      minimum: 1_024,
      default: 64 * 1024 * 1024,
    }),
    WRITE_CONNECTIONS_MAX: integer({
      description: 'Connections for batches to each cluster: as many ledgers commit at once',
      minimum: 1,
      maximum: 200,
      default: 8,
    }),
    READ_CONNECTIONS_MAX: integer({ description: 'Connections for reads to each cluster', minimum: 1, maximum: 200, default: 8 }),
    EFFECTIVE_WINDOW_DAYS: integer({
      description: 'How far before recordedAt an effectiveAt may lie',
      minimum: 1,
      maximum: 36_500,
      default: 400,
    }),
    KAFKA_BROKERS: optional(addresses({ description: 'Kafka brokers, host:port, separated by commas; the relay runs only when given' })),
    RELAY_LEASE_TTL_MS: integer({ description: 'How long a relay holds a slot without renewing it', minimum: 1_000, default: 10_000 }),
    NODE_ENV: optional(text({ description: 'With test, a cluster may run without fsync or full_page_writes' })),
    CRASH_POINT: optional(testOnly(oneOf(CRASH_POINTS, { description: 'Where the process kills itself' }))),
    STOP_POINT: optional(testOnly(oneOf(CRASH_POINTS, { description: 'Where the process suspends itself' }))),
    PLANTED_BUG: plantedBug(PLANTED_BUGS),
  }),
};

/** The same, for the bootstrap command. */
export const BOOTSTRAP_CONFIG = {
  service: 'ledger-writer bootstrap',
  schema: Type.Object({
    LOG_LEVEL: commonVariables.LOG_LEVEL,
    ADMIN_DATABASE_URL: databaseUrl({ description: 'A role that may create roles and databases' }),
    ADMIN_CLUSTERS: optional(clusters('The same for clusters on other servers, by name')),
    LEDGER_OWNER_DATABASE_URL: databaseUrl({
      description: 'The first cluster (main) and the directory as their owner; the database is created',
    }),
    LEDGER_DATABASE_URL: databaseUrl({ description: 'The same as the role ledgerflow_writer' }),
    LEDGER_OWNER_CLUSTERS: optional(clusters('More clusters as their owner')),
    LEDGER_CLUSTERS: optional(clusters('More clusters as the role ledgerflow_writer')),
    DIRECTORY_OWNER_DATABASE_URL: optional(
      databaseUrl({ description: 'The directory as its owner, if it is not beside the first cluster' }),
    ),
    DIRECTORY_DATABASE_URL: optional(databaseUrl({ description: 'The same as the role ledgerflow_writer' })),
    LEDGER_VERIFIER_DATABASE_URL: optional(
      databaseUrl({ description: 'The first cluster as the role ledgerflow_verifier, which may read everything; it is made when given' }),
    ),
    KAFKA_BROKERS: optional(addresses({ description: 'Kafka brokers; the records topic is created when given' })),
    SLOTS: CONFIG.schema.properties.SLOTS,
  }),
};
