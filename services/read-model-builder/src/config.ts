import {
  addresses,
  commonVariables,
  databaseUrl,
  integer,
  oneOf,
  optional,
  plantedBug,
  text,
  tlsVariables,
} from '@ledgerflow/platform/config';
import { Type } from 'typebox';
import { PLANTED_BUGS } from '#planted-bugs';

/** What `read-model-builder rebuild` needs of it. */
export const REBUILD_CONFIG = {
  service: 'read-model-rebuild',
  schema: Type.Object({
    ...commonVariables,
    ...tlsVariables,
    READ_DATABASE_URL: databaseUrl({ description: 'The read model as the role ledgerflow_read_builder' }),
    WRITER_ADDRESSES: addresses({ description: 'The ledger writers, host:port, separated by commas' }),
  }),
};

export const CONFIG = {
  service: 'read-model-builder',
  schema: Type.Object({
    ...commonVariables,
    ...tlsVariables,
    READ_DATABASE_URL: databaseUrl({ description: 'The read model as the role ledgerflow_read_builder' }),
    READ_OWNER_DATABASE_URL: optional(databaseUrl({ description: 'The read model as its owner: if given, it is migrated on start' })),
    WRITER_ADDRESSES: addresses({ description: 'The ledger writers, host:port, separated by commas' }),
    FEED: oneOf(['log', 'kafka'], {
      description: 'Where records come from: the writers themselves, or Kafka (refilled from the writers)',
      default: 'log',
    }),
    KAFKA_BROKERS: optional(addresses({ description: 'Kafka brokers, host:port, separated by commas; required by FEED=kafka' })),
    GROUP_ID: text({ description: 'Kafka consumer group', default: 'ledgerflow-read-model-builder' }),
    SLOTS: integer({
      description: 'Slots of the deployment (= partitions of the topic); never changes',
      minimum: 1,
      maximum: 1024,
      default: 32,
    }),
    BATCH_COUNT_MAX: integer({ description: 'Records applied in one transaction at most', minimum: 1, maximum: 20_000, default: 500 }),
    BATCH_BYTES_MAX: integer({
      description: 'Bytes of records applied in one transaction, about',
      minimum: 1_024,
      default: 8 * 1024 * 1024,
    }),
    LANES: integer({ description: 'Apply loops of the log feed; ledgers are spread over them', minimum: 1, maximum: 16, default: 2 }),
    DEAD_LETTERS_MAX: integer({
      description: 'Records of one ledger that may be parked; beyond it the ledger stops',
      minimum: 1,
      maximum: 10_000_000,
      default: 200_000,
    }),
    DEAD_LETTER_AGE_MAX_SECONDS: integer({
      description: 'How long a record may be parked before health and ledgerflow_dead_letters_over_limit complain',
      minimum: 1,
      default: 3_600,
    }),
    PLANTED_BUG: plantedBug(PLANTED_BUGS),
  }),
};
