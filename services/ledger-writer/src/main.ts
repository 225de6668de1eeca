import { loadConfig } from '@ledgerflow/platform/config';
import { readTls, serverCredentials, startGrpcServer } from '@ledgerflow/platform/grpc';
import { Health, startOpsServer } from '@ledgerflow/platform/health';
import { runService } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { createMetrics, observedGauge, requestMetrics } from '@ledgerflow/platform/metrics';
import { GroupCommit } from './application/group-commit.ts';
import { observeBatches } from './application/observer.ts';
import { CONFIG } from './config.ts';
import { BATCH_OPTIONS_DEFAULT } from './domain/batch.ts';
import { daysToMicros } from './domain/bounds.ts';
import { LEDGER_SERVICE } from './grpc/definition.ts';
import { writerReflection } from './grpc/reflection.ts';
import { ledgerService } from './grpc/service.ts';
import { CommitHub } from './outbox/index.ts';
import { testPoints } from './postgres/crash-points.ts';
import { startRetention } from './postgres/retention.ts';
import { PostgresStore } from './postgres/store.ts';
import { type Relays, startRelays } from './relays.ts';
import { openDatabases } from './resources.ts';
import { plantInGroupCommit, plantInStore } from '#planted-bugs';
import manifest from '../package.json' with { type: 'json' };

/** Calls that run get so long to end by themselves; less than the whole stop may take. */
const DRAIN_MS = 8_000;

const config = loadConfig(CONFIG);
const log = createLogger(CONFIG.service, config.LOG_LEVEL);

await runService(log, async (parts) => {
  // Operations
  const metrics = createMetrics(CONFIG.service);
  const health = new Health();
  let relays: Relays | null = null;
  const outbox = async (): Promise<unknown> => ({ relay: relays === null ? 'off' : 'on', data: (await relays?.status()) ?? [] });
  const { OPS_HOST: host, OPS_PORT: port } = config;
  const ops = await startOpsServer({
    service: CONFIG.service,
    version: manifest.version,
    host,
    port,
    health,
    metrics,
    pages: { '/outbox': outbox },
  });
  parts.add('operations server', () => ops.close());

  // Databases
  const { clusters, directory } = await openDatabases(config, { parts, health, metrics, log });
  const isTest = config.NODE_ENV === 'test';
  const store = new PostgresStore({ clusters, log, ...(isTest ? { at: testPoints(config.CRASH_POINT, config.STOP_POINT) } : {}) });
  parts.add('retention', startRetention(clusters.values(), log));

  // Commits, and who hears of them
  const hub = new CommitHub();
  const { SLOTS: slots, RELAY_LEASE_TTL_MS: leaseTtlMs, KAFKA_BROKERS: brokers } = config;
  if (brokers !== undefined) {
    relays = await startRelays({ brokers, clusters, store, directory, hub, slots, leaseTtlMs, health, metrics, log }, parts);
  }
  const groupCommit = new GroupCommit({
    store: plantInStore(config.PLANTED_BUG, store),
    committed: (location, recordTexts, headPosition) => {
      hub.committed(location, recordTexts, headPosition);
      relays?.notify(location, headPosition);
    },
    observer: observeBatches(metrics, log),
    batchOptions: { ...BATCH_OPTIONS_DEFAULT, effectiveWindowMicros: daysToMicros(config.EFFECTIVE_WINDOW_DAYS) },
    batchCountMax: config.BATCH_COUNT_MAX,
    batchBytesMax: config.BATCH_BYTES_MAX,
    queueCountMax: config.QUEUE_COUNT_MAX,
    queueBytesMax: config.QUEUE_BYTES_MAX,
    batchesInFlightMax: config.WRITE_CONNECTIONS_MAX,
  });
  observedGauge(metrics, 'ledgerflow_writer_queue_depth', 'Commands that wait for their batch', () => groupCommit.queueDepth);
  parts.add('group commit', () => groupCommit.drain());

  // gRPC
  const stopping = new AbortController();
  const service = ledgerService({
    directory,
    store,
    heads: store,
    groupCommit: plantInGroupCommit(config.PLANTED_BUG, groupCommit),
    hub,
    requests: requestMetrics(metrics, 'grpc'),
    stopping: stopping.signal,
    log,
  });
  const server = await startGrpcServer({
    host: config.GRPC_HOST,
    port: config.GRPC_PORT,
    credentials: serverCredentials(readTls(config)),
    services: [{ definition: LEDGER_SERVICE, implementation: service, name: 'ledgerflow.ledger.v1.LedgerService' }],
    health,
    ...(config.GRPC_REFLECTION ? { reflection: await writerReflection() } : {}),
  });
  parts.add('gRPC server', () => server.stop(DRAIN_MS));
  parts.add('streams', () => stopping.abort());
  parts.add('readiness', () => health.drain('stopping'));
  return { ports: { grpc: server.port, ops: ops.port } };
});
