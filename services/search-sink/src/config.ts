import { addresses, commonVariables, integer, optional, text, tlsVariables } from '@ledgerflow/platform/config';
import { Type } from 'typebox';

/** Of the node; what the service, a rebuild and an erasure share. */
const nodeVariables = {
  OPENSEARCH_URL: Type.String({
    pattern: '^https?://[^\\s,@]+(,https?://[^\\s,@]+)*$',
    description: 'The OpenSearch nodes, http(s)://host:port, separated by commas; without user and password',
  }),
  OPENSEARCH_USER: optional(text({ description: 'User of OpenSearch; none by default' })),
  OPENSEARCH_PASSWORD: optional(text({ description: 'Its password', secret: true })),
  OPENSEARCH_CA_FILE: optional(
    text({ description: "PEM file of the authority that signs the nodes' certificates; the machine's own by default" }),
  ),
  INDEX_PREFIX: Type.String({
    pattern: '^[a-z0-9][a-z0-9_-]{0,63}$',
    default: 'ledgerflow',
    description: 'The names of all indices and aliases begin with this',
  }),
  INDEX_SHARDS: integer({ description: 'Primary shards of an index, from its creation on', minimum: 1, maximum: 1024, default: 1 }),
  INDEX_REPLICAS: integer({ description: 'Replicas of a shard; 0 only for a single node', maximum: 10, default: 1 }),
  REFRESH_INTERVAL_MS: integer({
    description: 'How soon acknowledged documents are found by a search',
    minimum: 100,
    maximum: 60_000,
    default: 1_000,
  }),
  REQUEST_TIMEOUT_MS: integer({
    description: 'A request to OpenSearch is given up after this',
    minimum: 100,
    maximum: 300_000,
    default: 30_000,
  }),
  BULK_BYTES_MAX: integer({ description: 'Bytes of one bulk request, about', minimum: 1_024, default: 5 * 1024 * 1024 }),
};

/** User and password come together or not at all. */
const together = { dependencies: { OPENSEARCH_USER: ['OPENSEARCH_PASSWORD'], OPENSEARCH_PASSWORD: ['OPENSEARCH_USER'] } };

export const CONFIG = {
  service: 'search-sink',
  schema: Type.Object(
    {
      ...commonVariables,
      ...tlsVariables,
      ...nodeVariables,
      WRITER_ADDRESSES: addresses({ description: 'The ledger writers, host:port, separated by commas' }),
      SLOTS: integer({ description: 'Slots of the deployment; never changes', minimum: 1, maximum: 1024, default: 32 }),
      BATCH_COUNT_MAX: integer({
        description: 'Records whose documents are acknowledged before their checkpoints are written',
        minimum: 1,
        maximum: 10_000,
        default: 500,
      }),
      BATCH_BYTES_MAX: integer({ description: 'Bytes of records in a batch, about', minimum: 1_024, default: 4 * 1024 * 1024 }),
      LANES: integer({ description: 'Loops that index; ledgers are spread over them', minimum: 1, maximum: 16, default: 2 }),
    },
    together,
  ),
};
