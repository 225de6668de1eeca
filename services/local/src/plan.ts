import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Certificates } from './certificates/index.ts';
import { CLIENT_ID, CLIENT_SECRET } from './identity/users.ts';
import type { DatabaseRole, InstanceState } from './instance/state.ts';
import { type StartOptions, urlOf } from './options.ts';
import type { ServiceSpec } from './supervisor/service.ts';
import type { TaskSpec } from './supervisor/task.ts';

/** The services that identify themselves by a certificate. */
export const CERTIFIED = ['ledger-writer', 'read-model-builder', 'admin-gateway', 'operator'] as const;

/** What is known when the database runs. */
export interface PlanContext {
  options: StartOptions;
  dataDir: string;
  state: InstanceState;
  certificates: Certificates;
  /** URL of a database as the superuser. */
  superuserUrl: (database?: string) => string;
  writerPort: number;
  writerOpsPort: number;
  builderOpsPort: number;
  identityPort: number;
  logLevel: string;
}

/** What to run. Tests bring another plan. */
export interface Plan {
  identity: ServiceSpec;
  bootstraps: TaskSpec[];
  /** In the order in which they are started. */
  services: ServiceSpec[];
  /** What the doctor is told of all this. */
  doctor: Readonly<Record<string, string>>;
}

const SERVICES = fileURLToPath(new URL('../..', import.meta.url));
/** Built by scripts/build-dashboard.mjs before `npm start`. */
const DASHBOARD = join(SERVICES, '../frontend/dist');
const script = (service: string, name: string): string => join(SERVICES, service, 'src', name);

interface DatabaseUrls {
  owner: string;
  writer: string;
  readOwner: string;
  readBuilder: string;
  readGateway: string;
  verifier: string;
  readVerifier: string;
  auditOwner: string;
  audit: string;
}

function databaseUrls({ state, superuserUrl }: PlanContext): DatabaseUrls {
  const urlOf = (database: string, role: DatabaseRole): string => {
    const url = new URL(superuserUrl(database));
    url.username = role;
    url.password = state.passwords[role];
    return url.href;
  };
  return {
    owner: urlOf('ledgerflow_ledger', 'ledgerflow_owner'),
    writer: urlOf('ledgerflow_ledger', 'ledgerflow_writer'),
    readOwner: urlOf('ledgerflow_read', 'ledgerflow_read_owner'),
    readBuilder: urlOf('ledgerflow_read', 'ledgerflow_read_builder'),
    readGateway: urlOf('ledgerflow_read', 'ledgerflow_read_gateway'),
    verifier: urlOf('ledgerflow_ledger', 'ledgerflow_verifier'),
    readVerifier: urlOf('ledgerflow_read', 'ledgerflow_read_verifier'),
    auditOwner: urlOf('ledgerflow_audit', 'ledgerflow_audit_owner'),
    audit: urlOf('ledgerflow_audit', 'ledgerflow_audit_gateway'),
  };
}

export const issuerOf = (context: Pick<PlanContext, 'identityPort'>): string => `http://127.0.0.1:${context.identityPort}`;

type Environment = Record<string, string>;

const common = (context: PlanContext): Environment => ({ LOG_LEVEL: context.logLevel, OPS_HOST: '127.0.0.1', OPS_PORT: '0' });
const kafka = ({ options }: PlanContext): Environment => (options.kafka === null ? {} : { KAFKA_BROKERS: options.kafka });

/** What a service needs to show who it is. */
const identification = ({ certificates }: PlanContext, service: string): Environment => ({
  TLS_CA_FILE: certificates.caFile,
  TLS_CERT_FILE: certificates.certFile(service),
  TLS_KEY_FILE: certificates.keyFile(service),
});

function identityProvider(context: PlanContext): ServiceSpec {
  const { options, dataDir, identityPort } = context;
  const publicHost = options.host.includes(':') ? `[${options.host}]` : options.host;
  const own = [...new Set(['127.0.0.1', 'localhost', publicHost])].map((host) => `http://${host}:${options.port}`);
  const redirects = [...own, ...(options.publicUrl === null ? [] : [options.publicUrl])].map((origin) => `${origin}/oauth2/callback`);
  return {
    name: 'identity',
    title: 'identity provider',
    entry: script('local', 'identity/main.ts'),
    environment: {
      LOG_LEVEL: context.logLevel,
      IDENTITY_PORT: String(identityPort),
      IDENTITY_KEYS_FILE: join(dataDir, 'identity-keys.json'),
      IDENTITY_REDIRECT_URIS: redirects.join(','),
    },
  };
}

function bootstraps(context: PlanContext, urls: DatabaseUrls): TaskSpec[] {
  const environment = { ...common(context), ...kafka(context), ADMIN_DATABASE_URL: context.superuserUrl() };
  return [
    {
      name: 'ledger-writer-bootstrap',
      entry: script('ledger-writer', 'bootstrap.ts'),
      environment: {
        ...environment,
        LEDGER_OWNER_DATABASE_URL: urls.owner,
        LEDGER_DATABASE_URL: urls.writer,
        LEDGER_VERIFIER_DATABASE_URL: urls.verifier,
      },
    },
    {
      name: 'read-model-builder-bootstrap',
      entry: script('read-model-builder', 'bootstrap.ts'),
      environment: {
        ...environment,
        READ_OWNER_DATABASE_URL: urls.readOwner,
        READ_DATABASE_URL: urls.readBuilder,
        READ_GATEWAY_DATABASE_URL: urls.readGateway,
        READ_VERIFIER_DATABASE_URL: urls.readVerifier,
      },
    },
    {
      name: 'admin-gateway-bootstrap',
      entry: script('admin-gateway', 'bootstrap.ts'),
      environment: { ...environment, AUDIT_OWNER_DATABASE_URL: urls.auditOwner, AUDIT_DATABASE_URL: urls.audit },
    },
  ];
}

function ledgerWriter(context: PlanContext, urls: DatabaseUrls): ServiceSpec {
  return {
    name: 'ledger-writer',
    title: 'ledger writer',
    entry: script('ledger-writer', 'main.ts'),
    environment: {
      ...common(context),
      ...kafka(context),
      ...identification(context, 'ledger-writer'),
      OPS_PORT: String(context.writerOpsPort),
      GRPC_HOST: '127.0.0.1',
      GRPC_PORT: String(context.writerPort),
      GRPC_REFLECTION: 'true',
      DIRECTORY_DATABASE_URL: urls.writer,
      LEDGER_CLUSTERS: `main=${urls.writer}`,
      DIRECTORY_OWNER_DATABASE_URL: urls.owner,
      LEDGER_OWNER_CLUSTERS: `main=${urls.owner}`,
    },
  };
}

function readModelBuilder(context: PlanContext, urls: DatabaseUrls): ServiceSpec {
  return {
    name: 'read-model-builder',
    title: 'read model builder',
    entry: script('read-model-builder', 'main.ts'),
    environment: {
      ...common(context),
      ...kafka(context),
      ...identification(context, 'read-model-builder'),
      OPS_PORT: String(context.builderOpsPort),
      WRITER_ADDRESSES: `localhost:${context.writerPort}`,
      FEED: context.options.kafka === null ? 'log' : 'kafka',
      READ_DATABASE_URL: urls.readBuilder,
      READ_OWNER_DATABASE_URL: urls.readOwner,
    },
  };
}

function adminGateway(context: PlanContext, urls: DatabaseUrls): ServiceSpec {
  const { options, writerPort, writerOpsPort, builderOpsPort } = context;
  return {
    name: 'admin-gateway',
    title: 'admin gateway',
    entry: script('admin-gateway', 'main.ts'),
    environment: {
      ...common(context),
      ...identification(context, 'admin-gateway'),
      WRITER_ADDRESSES: `localhost:${writerPort}`,
      HTTP_HOST: options.host,
      HTTP_PORT: String(options.port),
      READ_DATABASE_URL: urls.readGateway,
      AUDIT_DATABASE_URL: urls.audit,
      OIDC_ISSUER: issuerOf(context),
      OIDC_AUDIENCE: 'ledgerflow',
      OPS_ADDRESSES: `ledger-writer=127.0.0.1:${writerOpsPort},read-model-builder=127.0.0.1:${builderOpsPort}`,
      TOKEN_SECRET: context.state.tokenSecret,
      PUBLIC_URL: options.publicUrl ?? urlOf(options),
      ...(existsSync(join(DASHBOARD, 'index.html')) ? { DASHBOARD_DIR: DASHBOARD } : {}),
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      SESSION_SECRETS: context.state.sessionSecret,
      // One person's installation: all streams may be theirs.
      EVENT_STREAMS_PER_PRINCIPAL_MAX: '1000',
    },
  };
}

function doctor(context: PlanContext, urls: DatabaseUrls): Environment {
  const gateway = adminGateway(context, urls).environment;
  const builder = readModelBuilder(context, urls).environment;
  const writer = ledgerWriter(context, urls).environment;
  const taken = (environment: Readonly<Environment>, ...variables: string[]): Environment =>
    Object.fromEntries(variables.map((name) => [name, environment[name] ?? '']));
  return {
    ...kafka(context),
    ...taken(writer, 'DIRECTORY_DATABASE_URL', 'LEDGER_CLUSTERS'),
    ...taken(builder, 'READ_DATABASE_URL', 'WRITER_ADDRESSES', 'TLS_CA_FILE', 'TLS_CERT_FILE', 'TLS_KEY_FILE'),
    ...taken(
      gateway,
      'AUDIT_DATABASE_URL',
      'OIDC_ISSUER',
      'OIDC_AUDIENCE',
      'OPS_ADDRESSES',
      'OIDC_CLIENT_ID',
      'PUBLIC_URL',
      'SESSION_SECRETS',
    ),
    READ_GATEWAY_DATABASE_URL: urls.readGateway,
  };
}

/** The whole of LedgerFlow on one machine, each service a process. */
export function productionPlan(context: PlanContext): Plan {
  const urls = databaseUrls(context);
  return {
    identity: identityProvider(context),
    bootstraps: bootstraps(context, urls),
    services: [ledgerWriter(context, urls), readModelBuilder(context, urls), adminGateway(context, urls)],
    doctor: doctor(context, urls),
  };
}
