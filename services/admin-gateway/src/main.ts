import { loadConfig } from '@ledgerflow/platform/config';
import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import { Health, startOpsServer } from '@ledgerflow/platform/health';
import { runService } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { createPool, type Pool, probe } from '@ledgerflow/platform/postgres';
import { AppliedPositions, RepairOutcomes, READ_BY_KEY_SESSION_SETTINGS, READ_SESSION_SETTINGS } from '@ledgerflow/read-model';
import { AUDIT_SESSION_SETTINGS } from './audit/schema.ts';
import { AuditStore } from './audit/store.ts';
import { parseRoleMap } from './auth/claims.ts';
import { TokenVerifier } from './auth/verifier.ts';
import { GATEWAY_CONFIG } from './config.ts';
import { startGateway } from './gateway.ts';
import { bindOperations } from './operations/operations.ts';
import { Deployment, parseOpsAddresses } from './ops/deployment.ts';
import { bindReadModel } from './reads/read-model.ts';
import { VERSION } from './version.ts';

/** Reads that wait for a position must not wait for a connection as well. */
const APPLIED_CONNECTIONS_MAX = 2;

/** Dead letters, rebuilds: what people do. */
const OPERATIONS_CONNECTIONS_MAX = 3;
const AUDIT_CONNECTIONS_MAX = 3;
/** Nothing is done before the audit store has it, so nobody waits longer than this for one that does not answer. */
const AUDIT_TIMEOUT_MS = 3_000;

const config = loadConfig(GATEWAY_CONFIG);
const log = createLogger('admin-gateway', config.LOG_LEVEL);

void runService(log, async (parts) => {
  const metrics = createMetrics('admin-gateway');
  const health = new Health();

  const ops = await startOpsServer({
    service: 'admin-gateway',
    version: VERSION,
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    health,
    metrics,
  });
  parts.add('operations server', () => ops.close());

  const readPool = (name: string, max: number, settings = READ_BY_KEY_SESSION_SETTINGS): Pool => {
    const pool = createPool({
      url: config.READ_DATABASE_URL,
      max,
      applicationName: 'admin-gateway',
      settings,
      log,
      metrics,
      name,
    });
    parts.add(`${name} pool`, () => pool.end());
    return pool;
  };
  const pool = readPool('read', config.READ_POOL_MAX);
  const scans = readPool('read_scan', config.READ_SCAN_POOL_MAX, READ_SESSION_SETTINGS);
  const database = probe(pool, 'the read database');
  parts.add('read probe', () => database.stop());
  health.register('read database', database.verdict);

  const applied = new AppliedPositions({
    url: config.READ_DATABASE_URL,
    db: readPool('read_applied', APPLIED_CONNECTIONS_MAX),
    log,
    metrics,
  });
  await applied.start();
  parts.add('applied positions', () => applied.stop());

  const operations = readPool('read_operations', OPERATIONS_CONNECTIONS_MAX);
  const repairOutcomes = new RepairOutcomes({ url: config.READ_DATABASE_URL, db: operations, log });
  await repairOutcomes.start();
  parts.add('outcomes of repairs', () => repairOutcomes.stop());

  const auditPool = createPool({
    url: config.AUDIT_DATABASE_URL,
    max: AUDIT_CONNECTIONS_MAX,
    applicationName: 'admin-gateway',
    settings: AUDIT_SESSION_SETTINGS,
    queryTimeoutMs: AUDIT_TIMEOUT_MS,
    log,
    metrics,
    name: 'audit',
  });
  parts.add('audit pool', () => auditPool.end());
  const auditProbe = probe(auditPool, 'the audit store');
  parts.add('audit probe', () => auditProbe.stop());
  // Without it money moves all the same; what would have to be written there is refused.
  health.register('audit store', auditProbe.verdict, { advisory: true });

  const channels = new WriterChannels({ addresses: config.WRITER_ADDRESSES, credentials: clientCredentials(readTls(config)) });
  parts.add('writer channels', () => channels.close());
  health.register('ledger writer', () => {
    const failing = channels.failing();
    return failing.length < channels.count ? { ok: true } : { ok: false, reason: failing.join('; ') };
  });

  const verifier = new TokenVerifier({
    issuer: config.OIDC_ISSUER,
    audience: config.OIDC_AUDIENCE,
    jwksUrl: config.OIDC_JWKS_URL,
    rolesClaim: config.ROLES_CLAIM,
    ledgersClaim: config.LEDGERS_CLAIM,
    roleMap: parseRoleMap(config.ROLE_MAP ?? ''),
    log,
  });
  health.register('identity provider', () => verifier.verdict());

  const gateway = await startGateway({
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    verifier,
    channels,
    model: bindReadModel(pool, scans),
    applied,
    operations: bindOperations(operations),
    repairOutcomes,
    audit: new AuditStore({ db: auditPool, log, metrics }),
    deployment: new Deployment(parseOpsAddresses(config.OPS_ADDRESSES ?? ''), log),
    health,
    log,
    metrics,
    tokenSecret: config.TOKEN_SECRET,
    issuer: config.OIDC_ISSUER,
    publicUrl: config.PUBLIC_URL,
    ratePerSecond: config.RATE_LIMIT_PER_SECOND,
    concurrentMax: config.CONCURRENT_REQUESTS_MAX,
    streamsMax: config.EVENT_STREAMS_MAX,
    consistencyWaitMs: config.CONSISTENCY_WAIT_MS,
    repairWaitMs: config.REPAIR_WAIT_MS,
    plantedBug: config.PLANTED_BUG,
  });
  parts.add('gateway', async () => {
    health.drain('the service is stopping');
    await gateway.stop(config.DRAIN_MS);
  });

  return { ports: { http: gateway.port, ops: ops.port } };
});
