import { loadConfig } from '@ledgerflow/platform/config';
import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import { Health, startOpsServer } from '@ledgerflow/platform/health';
import { runService } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { openAudit } from './audit/open.ts';
import { parseRoleMap } from './auth/claims.ts';
import { TokenVerifier } from './auth/verifier.ts';
import { GATEWAY_CONFIG } from './config.ts';
import { startGateway } from './gateway.ts';
import { Deployment, parseOpsAddresses } from './ops/deployment.ts';
import { openReadDatabase } from './reads/open.ts';
import { signInOptions } from './session/options.ts';
import { VERSION } from './version.ts';

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

  const read = await openReadDatabase({
    url: config.READ_DATABASE_URL,
    replicaUrl: config.READ_REPLICA_URL,
    poolMax: config.READ_POOL_MAX,
    scanPoolMax: config.READ_SCAN_POOL_MAX,
    parts,
    health,
    log,
    metrics,
  });
  const audit = openAudit({ url: config.AUDIT_DATABASE_URL, parts, health, log, metrics });

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
    keysRefreshMs: config.OIDC_KEYS_REFRESH_SECONDS * 1_000,
    rolesClaim: config.ROLES_CLAIM,
    ledgersClaim: config.LEDGERS_CLAIM,
    roleMap: parseRoleMap(config.ROLE_MAP ?? ''),
    log,
  });
  parts.add('token verifier', () => verifier.close());
  health.register('identity provider', () => verifier.verdict());

  const gateway = await startGateway({
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    verifier,
    channels,
    ...read,
    audit,
    deployment: new Deployment(parseOpsAddresses(config.OPS_ADDRESSES ?? ''), log),
    health,
    log,
    metrics,
    tokenSecret: config.TOKEN_SECRET,
    issuer: config.OIDC_ISSUER,
    publicUrl: config.PUBLIC_URL,
    dashboardDir: config.DASHBOARD_DIR,
    signIn: signInOptions(config),
    limits: {
      ratePerSecond: config.RATE_LIMIT_PER_SECOND,
      addressRatePerSecond: config.ADDRESS_RATE_LIMIT_PER_SECOND,
      wrongTokensPerSecond: config.WRONG_TOKENS_PER_SECOND,
      concurrentMax: config.CONCURRENT_REQUESTS_MAX,
      commandsMin: config.CONCURRENT_COMMANDS_MIN,
      trustedProxies: config.TRUSTED_PROXIES ?? '',
    },
    streamsMax: config.EVENT_STREAMS_MAX,
    streamsOfPrincipalMax: config.EVENT_STREAMS_PER_PRINCIPAL_MAX,
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
