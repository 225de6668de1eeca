import type { Static } from 'typebox';
import type { CONFIG } from './config.ts';
import type { SinkOptions } from './parts.ts';

type Config = Static<typeof CONFIG.schema>;
type Configured = Omit<SinkOptions, 'channels' | 'health' | 'metrics' | 'log' | 'sweepIntervalMs'>;

/** What the environment says, in the parts' words. */
export function optionsFrom(config: Config): Configured {
  return {
    node: {
      url: config.OPENSEARCH_URL,
      user: config.OPENSEARCH_USER,
      password: config.OPENSEARCH_PASSWORD,
      caFile: config.OPENSEARCH_CA_FILE,
      requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    },
    prefix: config.INDEX_PREFIX,
    indices: { shards: config.INDEX_SHARDS, replicas: config.INDEX_REPLICAS, refreshIntervalMs: config.REFRESH_INTERVAL_MS },
    bulkBytesMax: config.BULK_BYTES_MAX,
    slots: config.SLOTS,
    lanes: config.LANES,
    batchCountMax: config.BATCH_COUNT_MAX,
    batchBytesMax: config.BATCH_BYTES_MAX,
  };
}
