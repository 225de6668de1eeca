import { loadConfig } from '@ledgerflow/platform/config';
import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import { Health, startOpsServer } from '@ledgerflow/platform/health';
import { runService } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { CONFIG } from './config.ts';
import { optionsFrom } from './options.ts';
import { startSink } from './parts.ts';
import manifest from '../package.json' with { type: 'json' };

const config = loadConfig(CONFIG);
const log = createLogger(CONFIG.service, config.LOG_LEVEL);

await runService(log, async (parts) => {
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

  const channels = new WriterChannels({ addresses: config.WRITER_ADDRESSES, credentials: clientCredentials(readTls(config)) });
  parts.add('writer channels', () => channels.close());
  startSink({ ...optionsFrom(config), channels, health, metrics, log }, parts);
  parts.add('readiness', () => health.drain('stopping'));
  return { ports: { ops: ops.port } };
});
