import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { REBUILD_SESSION_SETTINGS } from '@ledgerflow/read-model/projections';
import { LogReader } from '../feed/log-reader.ts';

/** One for the rows, one for the proofs, one for progress and heartbeats. */
const CONNECTIONS = 4;
/** Some pages of the log: the writer makes the next ones while the rows of these are made. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export interface RebuildConfig {
  READ_DATABASE_URL: string;
  WRITER_ADDRESSES: string;
  TLS_CA_FILE: string;
  TLS_CERT_FILE: string;
  TLS_KEY_FILE: string;
}

/** What a process needs to rebuild: connections of its own, so that the live read model's are never waited for. */
export function openResources(
  config: RebuildConfig,
  log: Logger,
  parts: Stoppable,
): { pool: Pool; channels: WriterChannels; reader: LogReader } {
  const pool = createPool({
    url: config.READ_DATABASE_URL,
    max: CONNECTIONS,
    applicationName: 'read-model-builder rebuild',
    log,
    settings: REBUILD_SESSION_SETTINGS,
    pipeline: true,
  });
  parts.add('rebuild pool', () => pool.end());
  const channels = new WriterChannels({
    addresses: config.WRITER_ADDRESSES,
    credentials: clientCredentials(readTls(config)),
    windowBytes: WINDOW_BYTES,
  });
  parts.add('rebuild channels', () => channels.close());
  const reader = new LogReader({ channels });
  parts.add('rebuild reader', () => reader.stop());
  return { pool, channels, reader };
}
