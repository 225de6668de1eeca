import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates, type Certificates } from '@ledgerflow/local/certificates';
import { createTestPostgres, freePorts, type TestPostgres } from '@ledgerflow/local/postgres';
import { startKafka, type RunningKafka } from '../kafka/index.ts';
import { kafkaJars } from '../kafka/distribution.ts';
import { ApiClient } from './client.ts';
import { AUDIENCE, TestIssuer, type TokenClaims } from './issuer.ts';
import { ServiceProcess } from './service.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SLOTS = '8';

export interface StackOptions {
  /** A real broker, relay and Kafka feed; else the builder reads the log feed. */
  kafka?: boolean;
  writers?: number;
  builders?: number;
  /** Extra environment of a service, by name. */
  environment?: Partial<Record<'ledger-writer' | 'read-model-builder' | 'admin-gateway', Record<string, string>>>;
}

/** A whole LedgerFlow on this machine, every service its own process, on real PostgreSQL and, if asked, real Kafka. */
export class Stack {
  readonly folder: string;
  readonly postgres: TestPostgres;
  readonly kafka: RunningKafka | null;
  readonly issuer: TestIssuer;
  readonly certificates: Certificates;
  readonly writers: ServiceProcess[];
  readonly builders: ServiceProcess[];
  readonly gateway: ServiceProcess;
  readonly urls: Record<
    'ledgerOwner' | 'ledger' | 'readOwner' | 'read' | 'readGateway' | 'ledgerVerifier' | 'readVerifier' | 'auditOwner' | 'audit',
    string
  >;
  readonly writerAddresses: string[];

  private constructor(parts: {
    folder: string;
    postgres: TestPostgres;
    kafka: RunningKafka | null;
    issuer: TestIssuer;
    certificates: Certificates;
    writerPorts: number[];
    options: StackOptions;
  }) {
    const { folder, postgres, kafka, issuer, certificates, writerPorts, options } = parts;
    this.folder = folder;
    this.postgres = postgres;
    this.kafka = kafka;
    this.issuer = issuer;
    this.certificates = certificates;
    this.urls = databaseUrls(postgres);
    this.writerAddresses = writerPorts.map((port) => `127.0.0.1:${port}`);
    const common = { LOG_LEVEL: 'info', SLOTS, ...(kafka === null ? {} : { KAFKA_BROKERS: kafka.brokers.join(',') }) };
    const log = (name: string): string => join(folder, `${name}.log`);
    this.writers = writerPorts.map(
      (port, index) =>
        new ServiceProcess(
          'ledger-writer',
          {
            ...common,
            ...this.tls('ledger-writer'),
            GRPC_HOST: '127.0.0.1',
            GRPC_PORT: String(port),
            DIRECTORY_DATABASE_URL: this.urls.ledger,
            LEDGER_CLUSTERS: `main=${this.urls.ledger}`,
            ...options.environment?.['ledger-writer'],
          },
          log(`ledger-writer-${index}`),
        ),
    );
    this.builders = Array.from(
      { length: options.builders ?? 1 },
      (_, index) =>
        new ServiceProcess(
          'read-model-builder',
          {
            ...common,
            ...this.tls('read-model-builder'),
            READ_DATABASE_URL: this.urls.read,
            WRITER_ADDRESSES: this.writerAddresses.join(','),
            FEED: kafka === null ? 'log' : 'kafka',
            ...options.environment?.['read-model-builder'],
          },
          log(`read-model-builder-${index}`),
        ),
    );
    this.gateway = new ServiceProcess(
      'admin-gateway',
      {
        LOG_LEVEL: 'info',
        ...this.tls('admin-gateway'),
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: '0',
        READ_DATABASE_URL: this.urls.readGateway,
        AUDIT_DATABASE_URL: this.urls.audit,
        WRITER_ADDRESSES: this.writerAddresses.join(','),
        OIDC_ISSUER: issuer.url,
        OIDC_AUDIENCE: AUDIENCE,
        TOKEN_SECRET: 'a-secret-for-tests-of-32-characters!',
        ...options.environment?.['admin-gateway'],
      },
      log('admin-gateway'),
    );
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-stack-'));
    const issuer = new TestIssuer();
    const [postgres, kafka] = await startParts(options, issuer, folder);
    const certificates = await ensureCertificates(join(folder, 'tls'), ['ledger-writer', 'read-model-builder', 'admin-gateway']);
    const writerPorts = await freePorts(options.writers ?? 1);
    const stack = new Stack({ folder, postgres, kafka, issuer, certificates, writerPorts, options });
    try {
      await stack.bootstrap();
      await Promise.all(stack.writers.map((writer) => writer.start()));
      await Promise.all([stack.gateway.start(), ...stack.builders.map((builder) => builder.start())]);
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.gateway.ports['http']}`;
  }

  /** A client of the HTTP API with a token of these claims. */
  async client(claims: TokenClaims): Promise<ApiClient> {
    const token = await this.issuer.token(claims);
    return new ApiClient(() => this.url, token);
  }

  tls(service: string): Record<string, string> {
    const { certificates } = this;
    return { TLS_CA_FILE: certificates.caFile, TLS_CERT_FILE: certificates.certFile(service), TLS_KEY_FILE: certificates.keyFile(service) };
  }

  private async bootstrap(): Promise<void> {
    const environment = {
      ADMIN_DATABASE_URL: this.postgres.superuserUrl(),
      LEDGER_OWNER_DATABASE_URL: this.urls.ledgerOwner,
      LEDGER_DATABASE_URL: this.urls.ledger,
      READ_OWNER_DATABASE_URL: this.urls.readOwner,
      READ_DATABASE_URL: this.urls.read,
      READ_GATEWAY_DATABASE_URL: this.urls.readGateway,
      LEDGER_VERIFIER_DATABASE_URL: this.urls.ledgerVerifier,
      READ_VERIFIER_DATABASE_URL: this.urls.readVerifier,
      AUDIT_OWNER_DATABASE_URL: this.urls.auditOwner,
      AUDIT_DATABASE_URL: this.urls.audit,
      SLOTS,
      ...(this.kafka === null ? {} : { KAFKA_BROKERS: this.kafka.brokers.join(',') }),
    };
    for (const service of ['ledger-writer', 'read-model-builder', 'admin-gateway'])
      await runOnce(join(ROOT, 'services', service, 'src/bootstrap.ts'), environment);
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await Promise.all(this.builders.map((builder) => builder.stop()));
    await Promise.all(this.writers.map((writer) => writer.stop()));
    await Promise.all([this.kafka?.stop(), this.postgres.stop(), this.issuer.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** All or none: what started is stopped again when another part does not. Without Java and Maven nothing is started. */
async function startParts(options: StackOptions, issuer: TestIssuer, folder: string): Promise<[TestPostgres, RunningKafka | null]> {
  let parts: [PromiseSettledResult<TestPostgres>, PromiseSettledResult<RunningKafka | null>, PromiseSettledResult<unknown>] | null = null;
  try {
    if (options.kafka === true) await kafkaJars();
    parts = await Promise.allSettled([createTestPostgres(), options.kafka === true ? startKafka() : null, issuer.start()]);
    const failed = parts.find((part) => part.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const [postgres, kafka] = parts as [PromiseFulfilledResult<TestPostgres>, PromiseFulfilledResult<RunningKafka | null>, unknown];
    return [postgres.value, kafka.value];
  } catch (error) {
    const [postgres, kafka, issued] = parts ?? [];
    if (postgres?.status === 'fulfilled') await postgres.value.stop();
    if (kafka?.status === 'fulfilled') await kafka.value?.stop();
    if (issued?.status === 'fulfilled') await issuer.stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function databaseUrls(postgres: TestPostgres): Stack['urls'] {
  const url = (user: string, database: string): string => `postgres://${user}:test@127.0.0.1:${postgres.port}/${database}`;
  return {
    ledgerOwner: url('ledgerflow_owner', 'ledgerflow_ledger'),
    ledger: url('ledgerflow_writer', 'ledgerflow_ledger'),
    readOwner: url('ledgerflow_read_owner', 'ledgerflow_read'),
    read: url('ledgerflow_read_builder', 'ledgerflow_read'),
    readGateway: url('ledgerflow_read_gateway', 'ledgerflow_read'),
    ledgerVerifier: url('ledgerflow_verifier', 'ledgerflow_ledger'),
    readVerifier: url('ledgerflow_read_verifier', 'ledgerflow_read'),
    auditOwner: url('ledgerflow_audit_owner', 'ledgerflow_audit'),
    audit: url('ledgerflow_audit_gateway', 'ledgerflow_audit'),
  };
}

/** Runs a command of a service to its end; throws with its output when it fails. */
async function runOnce(script: string, environment: Record<string, string>): Promise<void> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [script], {
    env: { PATH, HOME, NODE_ENV: 'test', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${script} ended with ${code}\n${Buffer.concat(output).toString()}`);
}
