import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import { AUDIT_MIGRATIONS } from '../../admin-gateway/src/audit/schema.ts';
import { parseRoleMap } from '../../admin-gateway/src/auth/claims.ts';
import type { Role } from '../../admin-gateway/src/auth/principal.ts';
import { parseOpsAddresses } from '../../admin-gateway/src/ops/deployment.ts';
import { DIRECTORY_MIGRATIONS, LEDGER_MIGRATIONS } from '../../ledger-writer/src/postgres/migrations.ts';
import { parseClusters } from '../../ledger-writer/src/postgres/cluster.ts';
import { parseConfig } from '@ledgerflow/platform/config';
import type { TlsFiles } from '@ledgerflow/platform/grpc';
import { READ_MIGRATIONS } from '@ledgerflow/read-model';
import { UserError } from '@ledgerflow/local/access';
import { DOCTOR_CONFIG } from './config.ts';

export type DatabaseKind = 'directory' | 'ledger' | 'read' | 'read as gateway' | 'audit';

/** A database as one of its roles. */
export interface DatabasePlace {
  kind: DatabaseKind;
  /** As it is called in the report. */
  name: string;
  variable: string;
  url: string;
  role: string;
  migrations: { directory: string; set?: string };
}

export interface TokenRules {
  issuer: string | null;
  audience: string;
  jwksUrl: string | null;
  rolesClaim: string;
  ledgersClaim: string;
  roleMap: ReadonlyMap<string, Role>;
}

/** What there is to look at, wherever it was read from. */
export interface Installation {
  /** For people. */
  description: string;
  apiUrl: string | null;
  databases: readonly DatabasePlace[];
  /** Databases whose variable is not set. */
  absent: readonly { name: string; variable: string }[];
  /** Nothing else belongs to it: what is not named is not used. */
  isWhole: boolean;
  writers: readonly string[];
  tls: TlsFiles | null;
  operations: readonly { name: string; address: string }[];
  kafka: { brokers: readonly string[]; topic: string; slots: number } | null;
  rules: TokenRules;
  /** Of the gateway's own sign-in. */
  signIn: Readonly<Record<string, unknown> & { OIDC_CLIENT_ID?: string; PUBLIC_URL?: string }>;
  /** A bearer token of the issuer; null when there is none to be had. */
  token: () => Promise<string | null>;
  /** Texts that are never printed. */
  secrets: readonly string[];
}

type Environment = Record<string, string | undefined>;

const WRITER_ROLE = 'ledgerflow_writer';

function databasesOf(config: ReturnType<typeof read>): Pick<Installation, 'absent'> & { databases: DatabasePlace[] } {
  const places: DatabasePlace[] = [];
  const absent: { name: string; variable: string }[] = [];
  const add = (
    kind: DatabaseKind,
    variable: string,
    url: string | undefined,
    role: string,
    migrations: DatabasePlace['migrations'],
    name: string = kind,
  ): void => {
    if (url === undefined) absent.push({ name: `database ${name}`, variable });
    else places.push({ kind, name: `database ${name}`, variable, url, role, migrations });
  };
  add('directory', 'DIRECTORY_DATABASE_URL', config.DIRECTORY_DATABASE_URL, WRITER_ROLE, DIRECTORY_MIGRATIONS);
  if (config.LEDGER_CLUSTERS === undefined) add('ledger', 'LEDGER_CLUSTERS', undefined, WRITER_ROLE, LEDGER_MIGRATIONS);
  else
    for (const { name, url } of parseClusters(config.LEDGER_CLUSTERS))
      add('ledger', 'LEDGER_CLUSTERS', url, WRITER_ROLE, LEDGER_MIGRATIONS, `ledger ${name}`);
  const readMigrations = { directory: READ_MIGRATIONS };
  add('read', 'READ_DATABASE_URL', config.READ_DATABASE_URL, 'ledgerflow_read_builder', readMigrations);
  add('read as gateway', 'READ_GATEWAY_DATABASE_URL', config.READ_GATEWAY_DATABASE_URL, 'ledgerflow_read_gateway', readMigrations);
  add('audit', 'AUDIT_DATABASE_URL', config.AUDIT_DATABASE_URL, 'ledgerflow_audit_gateway', { directory: AUDIT_MIGRATIONS });
  return { databases: places, absent };
}

const read = (environment: Environment) => parseConfig(DOCTOR_CONFIG, environment);

function passwordOf(url: string): string[] {
  const password = URL.parse(url)?.password ?? '';
  return password === '' ? [] : [...new Set([password, decodeURIComponent(password)])];
}

/** Reads an installation from an environment that names all of it (isWhole) or some. Throws ConfigError or UserError, never with a value in it, for what can not be understood. */
export function installationOf(
  environment: Environment,
  description: string,
  token?: Installation['token'],
  isWhole = false,
): Installation {
  const config = read(environment);
  const tls = [config.TLS_CA_FILE, config.TLS_CERT_FILE, config.TLS_KEY_FILE];
  if (tls.some((file) => file !== undefined) && !tls.every((file) => file !== undefined))
    throw new UserError('TLS_CA_FILE, TLS_CERT_FILE and TLS_KEY_FILE belong together');
  const { databases, absent } = databasesOf(config);
  const given = config.LEDGERFLOW_TOKEN;
  return {
    description,
    apiUrl: config.LEDGERFLOW_URL?.replace(/\/$/, '') ?? null,
    databases,
    absent,
    isWhole,
    writers: config.WRITER_ADDRESSES?.split(',') ?? [],
    tls:
      config.TLS_CA_FILE === undefined
        ? null
        : { TLS_CA_FILE: config.TLS_CA_FILE, TLS_CERT_FILE: config.TLS_CERT_FILE ?? '', TLS_KEY_FILE: config.TLS_KEY_FILE ?? '' },
    operations: parseOpsAddresses(config.OPS_ADDRESSES ?? ''),
    kafka:
      config.KAFKA_BROKERS === undefined ? null : { brokers: config.KAFKA_BROKERS.split(','), topic: RECORDS_TOPIC, slots: config.SLOTS },
    rules: {
      issuer: config.OIDC_ISSUER ?? null,
      audience: config.OIDC_AUDIENCE,
      jwksUrl: config.OIDC_JWKS_URL ?? null,
      rolesClaim: config.ROLES_CLAIM,
      ledgersClaim: config.LEDGERS_CLAIM,
      roleMap: parseRoleMap(config.ROLE_MAP ?? ''),
    },
    signIn: {
      OIDC_CLIENT_ID: config.OIDC_CLIENT_ID,
      PUBLIC_URL: config.PUBLIC_URL,
      SESSION_SECRETS: config.SESSION_SECRETS,
      SESSION_IDLE_SECONDS: config.SESSION_IDLE_SECONDS,
      SESSION_MAX_SECONDS: config.SESSION_MAX_SECONDS,
    },
    token: token ?? (async () => given ?? null),
    secrets: [
      ...databases.flatMap(({ url }) => passwordOf(url)),
      ...(given === undefined ? [] : [given]),
      ...(config.SESSION_SECRETS ?? '').split(',').filter((secret) => secret !== ''),
    ],
  };
}

/** Whether an environment names any part of an installation. */
export const namesInstallation = (environment: Environment): boolean =>
  Object.keys(DOCTOR_CONFIG.schema.properties).some(
    (name) =>
      ![
        'SLOTS',
        'OIDC_AUDIENCE',
        'ROLES_CLAIM',
        'LEDGERS_CLAIM',
        'LEDGERFLOW_TOKEN',
        'SESSION_IDLE_SECONDS',
        'SESSION_MAX_SECONDS',
      ].includes(name) && Boolean(environment[name]),
  );
