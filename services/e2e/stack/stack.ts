import { spawn } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates, type Certificates } from '@ledgerflow/local/certificates';
import { freePorts, type TestPostgres } from '@ledgerflow/local/postgres';
import { expectNoSecrets, secretsOf } from '@ledgerflow/platform/log/testing';
import type { RunningKafka } from '../kafka/index.ts';
import { ApiClient } from './client.ts';
import { AUDIENCE, TestIssuer, type TokenClaims } from './issuer.ts';
import type { LinkName, Links } from './links.ts';
import { type Parts, type PartsOptions, startParts } from './parts.ts';
import { ServiceProcess } from './service.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SLOTS = 8;
/** Of all roles; long enough to be found in a log as itself. */
export const DATABASE_PASSWORD = 'password-of-the-test-databases';

export interface StackOptions extends PartsOptions {
  writers?: number;
  builders?: number;
  gateways?: number;
  /** Default 8. */
  slots?: number;
  /** Which writers a gateway knows; all if absent. */
  writersOf?: (gateway: number, addresses: readonly string[]) => readonly string[];
  /** Extra environment of a service, by name. */
  environment?: Partial<Record<ServiceName, Record<string, string>>>;
}

/** Where a service connects to: the part itself, or the proxy in between. */
interface Routes {
  writerPostgres: number;
  builderPostgres: number;
  gatewayPostgres: number;
  gatewayWriters: string[];
  builderWriters: string[];
}

interface StackParts extends Parts {
  folder: string;
  issuer: TestIssuer;
  certificates: Certificates;
  writerPorts: number[];
  routes: Routes;
  options: StackOptions;
}

const SERVICES = ['ledger-writer', 'read-model-builder', 'admin-gateway'] as const;
type ServiceName = (typeof SERVICES)[number];
const addressOf = (port: number): string => `127.0.0.1:${port}`;

/** A whole LedgerFlow on this machine, every service its own process, on real PostgreSQL and, if asked, real Kafka. */
export class Stack {
  readonly folder: string;
  readonly postgres: TestPostgres;
  /** The server of the read model: the same one unless it was asked for apart. */
  readonly readPostgres: TestPostgres;
  readonly kafka: RunningKafka | null;
  readonly links: Links | null;
  readonly issuer: TestIssuer;
  readonly certificates: Certificates;
  readonly writers: ServiceProcess[];
  readonly builders: ServiceProcess[];
  readonly gateways: ServiceProcess[];
  /** Of the databases themselves, whatever is in between for the services. */
  readonly urls: Record<
    'ledgerOwner' | 'ledger' | 'readOwner' | 'read' | 'readGateway' | 'ledgerVerifier' | 'readVerifier' | 'auditOwner' | 'audit',
    string
  >;
  readonly writerAddresses: string[];
  private readonly brokers: Parts['brokers'];
  private readonly slots: string;

  private constructor(parts: StackParts) {
    const { folder, postgres, readPostgres, kafka, brokers, links, issuer, certificates, writerPorts, routes, options } = parts;
    this.folder = folder;
    this.postgres = postgres;
    this.readPostgres = readPostgres;
    this.kafka = kafka;
    this.brokers = brokers;
    this.links = links;
    this.issuer = issuer;
    this.certificates = certificates;
    this.urls = databaseUrls(postgres.port, readPostgres.port);
    this.writerAddresses = writerPorts.map(addressOf);
    this.slots = String(options.slots ?? SLOTS);
    const common = { LOG_LEVEL: 'info', SLOTS: this.slots };
    const make = (name: ServiceName, index: number, environment: Record<string, string>): ServiceProcess =>
      new ServiceProcess(name, { ...environment, ...this.tls(name), ...options.environment?.[name] }, join(folder, `${name}-${index}.log`));
    const { ledger } = databaseUrls(routes.writerPostgres, 0);
    this.writers = writerPorts.map((port, index) =>
      make('ledger-writer', index, {
        ...common,
        ...(brokers === null ? {} : { KAFKA_BROKERS: brokers.relay }),
        GRPC_HOST: '127.0.0.1',
        GRPC_PORT: String(port),
        DIRECTORY_DATABASE_URL: ledger,
        LEDGER_CLUSTERS: `main=${ledger}`,
      }),
    );
    this.builders = Array.from({ length: options.builders ?? 1 }, (_, index) =>
      make('read-model-builder', index, {
        ...common,
        ...(brokers === null ? {} : { KAFKA_BROKERS: brokers.builder }),
        READ_DATABASE_URL: databaseUrls(0, routes.builderPostgres).read,
        WRITER_ADDRESSES: routes.builderWriters.join(','),
        FEED: kafka === null ? 'log' : 'kafka',
      }),
    );
    this.gateways = Array.from({ length: options.gateways ?? 1 }, (_, index) =>
      make('admin-gateway', index, {
        LOG_LEVEL: 'info',
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: '0',
        READ_DATABASE_URL: databaseUrls(0, routes.gatewayPostgres).readGateway,
        AUDIT_DATABASE_URL: this.urls.audit,
        WRITER_ADDRESSES: (options.writersOf?.(index, routes.gatewayWriters) ?? routes.gatewayWriters).join(','),
        OIDC_ISSUER: issuer.url,
        OIDC_AUDIENCE: AUDIENCE,
        TOKEN_SECRET: 'a-secret-for-tests-of-32-characters!',
      }),
    );
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-stack-'));
    const issuer = new TestIssuer();
    const parts = await startParts(options, issuer, folder);
    const certificates = await ensureCertificates(join(folder, 'tls'), [...SERVICES]);
    const writerPorts = await freePorts(options.writers ?? 1);
    const routes = await routesOf(parts, writerPorts);
    const stack = new Stack({ ...parts, folder, issuer, certificates, writerPorts, routes, options });
    try {
      await stack.bootstrap();
      await Promise.all(stack.writers.map((writer) => writer.start()));
      await Promise.all([...stack.gateways, ...stack.builders].map((service) => service.start()));
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** The first one, for all who need no more. */
  get gateway(): ServiceProcess {
    return this.gateways[0] as ServiceProcess;
  }

  get url(): string {
    return this.urlOf(0);
  }

  urlOf(gateway: number): string {
    return `http://127.0.0.1:${this.gateways[gateway]?.ports['http']}`;
  }

  /** A client of the HTTP API of a gateway with a token of these claims. */
  async client(claims: TokenClaims, gateway = 0): Promise<ApiClient> {
    const token = await this.issuer.token(claims);
    return new ApiClient(() => this.urlOf(gateway), token);
  }

  tls(service: string): Record<string, string> {
    const { certificates } = this;
    return { TLS_CA_FILE: certificates.caFile, TLS_CERT_FILE: certificates.certFile(service), TLS_KEY_FILE: certificates.keyFile(service) };
  }

  private async bootstrap(): Promise<void> {
    const environment = {
      LEDGER_OWNER_DATABASE_URL: this.urls.ledgerOwner,
      LEDGER_DATABASE_URL: this.urls.ledger,
      READ_OWNER_DATABASE_URL: this.urls.readOwner,
      READ_DATABASE_URL: this.urls.read,
      READ_GATEWAY_DATABASE_URL: this.urls.readGateway,
      LEDGER_VERIFIER_DATABASE_URL: this.urls.ledgerVerifier,
      READ_VERIFIER_DATABASE_URL: this.urls.readVerifier,
      AUDIT_OWNER_DATABASE_URL: this.urls.auditOwner,
      AUDIT_DATABASE_URL: this.urls.audit,
      SLOTS: this.slots,
      ...(this.brokers === null ? {} : { KAFKA_BROKERS: this.brokers.relay }),
    };
    for (const [service, server] of [
      ['ledger-writer', this.postgres],
      ['read-model-builder', this.readPostgres],
      ['admin-gateway', this.postgres],
    ] as const)
      await runOnce(
        join(ROOT, 'services', service, 'src/bootstrap.ts'),
        { ...environment, ADMIN_DATABASE_URL: server.superuserUrl() },
        join(this.folder, `${service}-bootstrap.log`),
      );
  }

  /** Throws when a log of this run has a secret in it. */
  async stop(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.stop()));
    await Promise.all(this.builders.map((builder) => builder.stop()));
    await Promise.all(this.writers.map((writer) => writer.stop()));
    await Promise.all([this.kafka?.stop(), this.postgres.stop(), this.readPostgres.stop(), this.issuer.stop(), this.links?.close()]);
    try {
      await this.expectNoSecrets();
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /** Throws when the services, which have to have ended, the bootstraps, the databases or the brokers have logged a secret. */
  async expectNoSecrets(): Promise<void> {
    // Stopped for the second time.
    if (!existsSync(this.folder)) return;
    const services = [...this.gateways, ...this.builders, ...this.writers];
    await Promise.all(services.map((service) => service.written()));
    const files = (await readdir(this.folder)).filter((file) => file.endsWith('.log'));
    const logs = await Promise.all(files.map(async (name) => ({ name, text: await readFile(join(this.folder, name), 'utf8') })));
    const superuser = secretsOf({ ADMIN_DATABASE_URL: this.postgres.superuserUrl() });
    expectNoSecrets(logs, [...superuser, ...this.issuer.secrets, ...services.flatMap(({ knownSecrets }) => knownSecrets)]);
  }
}

/** Through a proxy of its own for each two parts, if there are links. */
async function routesOf({ postgres, readPostgres, links }: Parts, writerPorts: readonly number[]): Promise<Routes> {
  const through = async (name: LinkName, port: number): Promise<number> => (links === null ? port : links.route(name, port));
  const writers = (name: LinkName): Promise<string[]> => Promise.all(writerPorts.map(async (port) => addressOf(await through(name, port))));
  return {
    writerPostgres: await through('writer-postgres', postgres.port),
    builderPostgres: await through('builder-postgres', readPostgres.port),
    gatewayPostgres: await through('gateway-postgres', readPostgres.port),
    gatewayWriters: await writers('gateway-writer'),
    builderWriters: await writers('builder-writer'),
  };
}

function databaseUrls(ledgerPort: number, readPort: number): Stack['urls'] {
  const ledger = (user: string): string => `postgres://${user}:${DATABASE_PASSWORD}@127.0.0.1:${ledgerPort}/ledgerflow_ledger`;
  const audit = (user: string): string => `postgres://${user}:${DATABASE_PASSWORD}@127.0.0.1:${ledgerPort}/ledgerflow_audit`;
  const read = (user: string): string => `postgres://${user}:${DATABASE_PASSWORD}@127.0.0.1:${readPort}/ledgerflow_read`;
  return {
    ledgerOwner: ledger('ledgerflow_owner'),
    ledger: ledger('ledgerflow_writer'),
    readOwner: read('ledgerflow_read_owner'),
    read: read('ledgerflow_read_builder'),
    readGateway: read('ledgerflow_read_gateway'),
    ledgerVerifier: ledger('ledgerflow_verifier'),
    readVerifier: read('ledgerflow_read_verifier'),
    auditOwner: audit('ledgerflow_audit_owner'),
    audit: audit('ledgerflow_audit_gateway'),
  };
}

/** Runs a command of a service to its end; throws with its output, which it adds to a file, when it fails. */
async function runOnce(script: string, environment: Record<string, string>, logFile: string): Promise<void> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [script], {
    env: { PATH, HOME, NODE_ENV: 'test', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  appendFileSync(logFile, Buffer.concat(output));
  if (code !== 0) throw new Error(`${script} ended with ${code}\n${Buffer.concat(output).toString()}`);
}
