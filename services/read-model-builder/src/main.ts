import { loadConfig } from '@ledgerflow/platform/config';
import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import { Health, startOpsServer } from '@ledgerflow/platform/health';
import { createKafka } from '@ledgerflow/platform/kafka';
import { runService } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { checkMigrated, createPool, migrate, probe } from '@ledgerflow/platform/postgres';
import { BUILDER_SESSION_SETTINGS, READ_MIGRATIONS } from '@ledgerflow/read-model/projections';
import { CONFIG } from './config.ts';
import { startBuilder } from './parts.ts';
import { RebuildThread } from './rebuild/threaded.ts';
import { plantInPool } from '#planted-bugs';
import manifest from '../package.json' with { type: 'json' };

const config = loadConfig(CONFIG);
const log = createLogger(CONFIG.service, config.LOG_LEVEL);

await runService(log, async (parts) => {
  if (config.FEED === 'kafka' && config.KAFKA_BROKERS === undefined) throw new Error('FEED=kafka needs KAFKA_BROKERS');

  const metrics = createMetrics(CONFIG.service);
  const health = new Health();
  const ops = await startOpsServer({
    service: CONFIG.service,
    version: manifest.version,
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    health,
    metrics,
  });
  parts.add('operations server', () => ops.close());

  const url = config.READ_DATABASE_URL;
  if (config.READ_OWNER_DATABASE_URL !== undefined) await migrate({ url: config.READ_OWNER_DATABASE_URL, directory: READ_MIGRATIONS, log });
  else await checkMigrated({ url, directory: READ_MIGRATIONS });

  // Apply loops, refills and the sweep each take one connection at a time.
  const max = config.LANES + 8;
  const pool = createPool({ url, max, applicationName: CONFIG.service, log, settings: BUILDER_SESSION_SETTINGS, pipeline: true, metrics });
  parts.add('database pool', () => pool.end());
  const database = probe(pool, 'the read model');
  parts.add('database probe', () => database.stop());
  health.register('database', database.verdict);

  const channels = new WriterChannels({ addresses: config.WRITER_ADDRESSES, credentials: clientCredentials(readTls(config)) });
  parts.add('writer channels', () => channels.close());
  const brokers = config.KAFKA_BROKERS?.split(',') ?? [];
  const kafka =
    config.FEED === 'kafka' ? { client: createKafka({ brokers, clientId: CONFIG.service, log }), groupId: config.GROUP_ID } : null;

  const {
    SLOTS: slots,
    LANES: lanes,
    BATCH_COUNT_MAX: batchCountMax,
    BATCH_BYTES_MAX: batchBytesMax,
    DEAD_LETTERS_MAX: deadLettersMax,
    DEAD_LETTER_AGE_MAX_SECONDS: deadLetterAgeMaxSeconds,
  } = config;
  await startBuilder(
    {
      pool: plantInPool(config.PLANTED_BUG, pool),
      url,
      channels,
      kafka,
      slots,
      lanes,
      batchCountMax,
      batchBytesMax,
      deadLettersMax,
      deadLetterAgeMaxSeconds,
      health,
      metrics,
      log,
    },
    parts,
  );
  const rebuilds = new RebuildThread(log);
  rebuilds.start();
  parts.add('rebuilds', () => rebuilds.stop());
  health.register('rebuilds', () => rebuilds.health());
  parts.add('readiness', () => health.drain('stopping'));
  return { ports: { ops: ops.port } };
});
