import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { loadConfig } from '@ledgerflow/platform/config';
import { Health, startOpsServer } from '@ledgerflow/platform/health';
import { runService } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { CONFIG } from './config.ts';
import { readTemplate } from './controllers/projection-rebuild/index.ts';
import { tokenSource } from './gateway/token.ts';
import { kubeAccess } from './kube/access.ts';
import { startOperator } from './parts.ts';
import manifest from '../package.json' with { type: 'json' };

const config = loadConfig(CONFIG);
const template = readTemplate(config.JOB_TEMPLATE_FILE);
const log = createLogger(CONFIG.service, config.LOG_LEVEL);

/** The old generation is collected when it has grown by so much, in percent: what lives is small, and a process that mostly waits has the time. */
const HEAP_GROWTH_PERCENT = 30;

await runService(log, async (parts) => {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
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

  startOperator(
    {
      kubeConfig: await kubeAccess(config),
      namespaces: config.WATCH_NAMESPACES?.split(',') ?? [],
      lease: {
        namespace: config.POD_NAMESPACE,
        name: config.LEASE_NAME,
        identity: config.POD_NAME ?? hostname(),
        leaseMs: config.LEASE_SECONDS * 1_000,
      },
      gateway: { url: config.GATEWAY_URL, token: tokenSource(config), timeoutMs: config.GATEWAY_TIMEOUT_MS },
      template,
      workers: config.WORKERS,
      timing: {
        pollMs: config.POLL_INTERVAL_MS,
        cancelMaxMs: config.CANCEL_TIMEOUT_SECONDS * 1_000,
        keepMaxMs: config.DELETE_TIMEOUT_SECONDS * 1_000,
      },
      // Whatever this process knows may be old: another one takes its place.
      onLost: () => process.kill(process.pid, 'SIGTERM'),
      health,
      metrics,
      log,
    },
    parts,
  );
  parts.add('readiness', () => health.drain('stopping'));
  return { ports: { ops: ops.port } };
});
