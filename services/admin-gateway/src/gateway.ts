import type { Health } from '@ledgerflow/platform/health';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Logger } from '@ledgerflow/platform/log';
import { observedGauge, type Registry, requestMetrics } from '@ledgerflow/platform/metrics';
import type { AppliedPositions, RepairOutcomes } from '@ledgerflow/read-model';
import { Accesses } from './audit/accesses.ts';
import { AuditExports } from './audit/export.ts';
import { AuditSearch } from './audit/search.ts';
import type { AuditStore } from './audit/store.ts';
import type { TokenVerifier } from './auth/verifier.ts';
import { CommandBatcher } from './commands/batcher.ts';
import { Commands } from './commands/commands.ts';
import { EventHub } from './events/hub.ts';
import { createApp } from './http/app.ts';
import { addDashboard } from './http/dashboard.ts';
import { addOutside } from './http/outside.ts';
import { type HttpServer, type HttpTimeouts, startHttpServer } from './http/server.ts';
import { Limits, type LimitsOptions } from './limits/limits.ts';
import { buildOpenApi } from './openapi.ts';
import type { Operations } from './operations/operations.ts';
import { Repairs } from './operations/repairs.ts';
import type { Deployment } from './ops/deployment.ts';
import { ConsistencyTokens } from './reads/consistency.ts';
import { Cursors } from './reads/cursors.ts';
import { LastWrites } from './reads/last-writes.ts';
import type { ReadModel } from './reads/read-model.ts';
import { Reads } from './reads/reads.ts';
import type { Replica } from './reads/replica.ts';
import { ROUTES } from './routes/index.ts';
import type { SignInOptions } from './session/options.ts';
import { browserSignIn } from './session/routes.ts';
import { plantInCalls, plantInTokens, plantInVerifier } from '#planted-bugs';
import { VERSION } from './version.ts';
import { WriterCalls } from './writer/calls.ts';

/** How long the stop waits for what the audit store is still to get; the process has 15 s in all. */
const ACCESSES_STOP_MS = 1_000;

export interface GatewayOptions {
  host: string;
  port: number;
  verifier: Pick<TokenVerifier, 'authenticate'>;
  channels: WriterChannels;
  model: ReadModel;
  applied: Pick<AppliedPositions, 'wait'>;
  /** Answers reads in the place of `model` as long as it can. */
  replica?: Replica | null;
  operations: Operations;
  repairOutcomes: Pick<RepairOutcomes, 'wait'>;
  audit: Pick<AuditStore, 'begin' | 'conclude' | 'list' | 'append'>;
  deployment: Deployment;
  health: Health;
  log: Logger;
  metrics: Registry;
  tokenSecret: string;
  issuer: string;
  publicUrl?: string;
  /** Folder of the built dashboard; without it there is none. */
  dashboardDir?: string | undefined;
  /** Absent: bearer tokens only. */
  signIn?: SignInOptions | null;
  /** The clock of sessions, milliseconds. */
  now?: () => number;
  limits: LimitsOptions;
  /** Default: see http/server.ts. */
  timeouts?: HttpTimeouts | undefined;
  streamsMax: number;
  streamsOfPrincipalMax?: number;
  consistencyWaitMs: number;
  repairWaitMs: number;
  plantedBug?: string;
}

export interface Gateway extends HttpServer {
  events: EventHub;
}

/** The gateway's parts, put together: everything between the HTTP port and the clients of writer and read database. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, metrics, health, channels, model, applied, consistencyWaitMs, deployment, operations, audit, replica = null } = options;
  const writer = new WriterCalls(channels, log);
  const tokens = plantInTokens(options.plantedBug, new ConsistencyTokens(options.tokenSecret));
  const lastWrites = new LastWrites();
  const batcher = new CommandBatcher({
    execute: plantInCalls(options.plantedBug, (ledger, request) => writer.execute(ledger, request)),
    metrics,
  });
  const events = new EventHub({
    writer,
    log,
    metrics,
    streamsMax: options.streamsMax,
    streamsOfPrincipalMax: options.streamsOfPrincipalMax,
  });
  const limits = new Limits(options.limits);
  observedGauge(metrics, 'ledgerflow_gateway_running_requests', 'Requests that are being served', () => limits.concurrent);
  const accesses = new Accesses({ store: audit, log, metrics });
  observedGauge(metrics, 'ledgerflow_gateway_commands_limit', 'Commands that may run at once', () => limits.commands.state.limit);
  observedGauge(metrics, 'ledgerflow_gateway_commands_waiting', 'Commands that wait for their turn', () => limits.commands.state.waiting);
  observedGauge(
    metrics,
    'ledgerflow_gateway_commands_shed',
    'Commands refused because more came than could be served',
    () => limits.commands.shed,
  );
  const services = {
    commands: new Commands({ batcher, tokens, lastWrites, log }),
    reads: new Reads({ model, applied, replica, writer, tokens, lastWrites, consistencyWaitMs }),
    cursors: new Cursors(options.tokenSecret),
    writer,
    events,
    deployment,
    operations,
    repairs: new Repairs({ operations, outcomes: options.repairOutcomes, waitMs: options.repairWaitMs }),
    audit,
    auditSearch: new AuditSearch({ store: audit, writer, model }),
    auditExports: new AuditExports(audit),
    health,
    version: VERSION,
  };
  const { verifier, issuer, publicUrl, dashboardDir, signIn = null, now } = options;
  const requests = requestMetrics(metrics, 'http');
  const browsers = signIn === null ? null : browserSignIn({ ...signIn, issuer, verifier, limits, accesses, metrics: requests, log, now });
  const app = createApp({
    routes: ROUTES,
    services,
    authentication: { verifier: plantInVerifier(options.plantedBug, verifier), sessions: browsers?.sessions ?? null, publicUrl },
    limits,
    accesses,
    metrics: requests,
    log,
    outside: (outside) => {
      addOutside(outside, {
        openApi: buildOpenApi(),
        health,
        version: VERSION,
        issuer,
        publicUrl,
        hasDashboard: dashboardDir !== undefined,
      });
      browsers?.addRoutes(outside);
      if (dashboardDir !== undefined) addDashboard(outside, dashboardDir);
    },
  });
  const server = await startHttpServer({ host: options.host, port: options.port, app, timeouts: options.timeouts });
  return {
    port: server.port,
    connections: (told) => server.connections(told),
    events,
    stop: async (drainMs) => {
      events.stop('the server is going away');
      await server.stop(drainMs);
      await accesses.stop(ACCESSES_STOP_MS);
    },
  };
}
