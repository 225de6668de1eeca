import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts, type TestPostgres } from '@ledgerflow/local/postgres';
import type { Certificates } from '@ledgerflow/local/certificates';
import type { RunningKafka } from '../kafka/index.ts';
import { AUDIENCE, type TestIssuer } from '../stack/issuer.ts';
import { expectNoLoggedSecrets, ServiceProcess } from '../stack/service.ts';
import { childrenRunning, type Watched } from './processes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SLOTS = '32';
/** A bootstrap takes a second or two. */
const COMMAND_TIMEOUT_MS = 60_000;
export const SERVICES = ['ledger-writer', 'read-model-builder', 'admin-gateway'] as const;
/** Of all roles, which all deployments of a server share; long enough to be found in a log as itself. */
export const DATABASE_PASSWORD = 'password-of-the-bench-databases';
type Service = (typeof SERVICES)[number];

/** What all deployments of a run share. */
export interface Ground {
  folder: string;
  postgres: TestPostgres;
  issuer: TestIssuer;
  certificates: Certificates;
}

export interface DeploymentOptions {
  /** Begins the names of its databases: deployments on one server do not meet. */
  name: string;
  writers?: number;
  /** Writers alone, or with gateway and builder. */
  isWhole: boolean;
  kafka?: RunningKafka | null;
}

interface Running {
  process: ServiceProcess;
  pid: number | null;
}

/**
 * LedgerFlow as production runs it, every service a process with its default configuration, in databases of its own. Unlike the Stack of the tests it shares its
 * PostgreSQL server with pgbench and with other deployments, and knows its process ids, because what each process costs is part of the result.
 */
export class Deployment {
  private readonly ground: Ground;
  private readonly options: DeploymentOptions;
  private readonly writers: Running[] = [];
  private builderProcess: Running | null = null;
  private gatewayProcess: Running | null = null;
  /** All that were started, also those that were stopped again. */
  private readonly begun: ServiceProcess[] = [];
  writerAddresses: string[] = [];

  constructor(ground: Ground, options: DeploymentOptions) {
    this.ground = ground;
    this.options = options;
  }

  url(role: string, database: 'ledger' | 'read' | 'audit'): string {
    return `postgres://${role}:${DATABASE_PASSWORD}@127.0.0.1:${this.ground.postgres.port}/${this.options.name}_${database}`;
  }

  superuserUrl(database: 'ledger' | 'read'): string {
    return this.ground.postgres.superuserUrl(`${this.options.name}_${database}`);
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.gatewayProcess?.process.ports['http'] ?? 0}`;
  }

  get hasBuilder(): boolean {
    return this.builderProcess !== null;
  }

  get writerPids(): (number | null)[] {
    return this.writers.map(({ pid }) => pid);
  }

  private one(service: 'writer' | 'builder' | 'gateway'): Running | null {
    if (service === 'writer') return this.writers.length === 1 ? (this.writers[0] as Running) : null;
    return service === 'builder' ? this.builderProcess : this.gatewayProcess;
  }

  /** Whether there is exactly one. */
  has(service: 'writer' | 'builder' | 'gateway'): boolean {
    return this.one(service) !== null;
  }

  /** Where the metrics of the one process of a service are. */
  opsUrl(service: 'writer' | 'builder' | 'gateway'): string {
    return `http://127.0.0.1:${this.one(service)?.process.ports['ops'] ?? 0}`;
  }

  get processes(): Watched[] {
    const watched: Watched[] = this.writers.map((writer, index) => ({
      name: this.writers.length === 1 ? 'writer' : `writer ${index + 1}`,
      pid: () => writer.pid,
      isService: true,
    }));
    if (!this.options.isWhole) return watched;
    watched.push({ name: 'gateway', pid: () => this.gatewayProcess?.pid ?? null, isService: true });
    watched.push({ name: 'builder', pid: () => this.builderProcess?.pid ?? null, isService: true });
    const kafka = this.options.kafka ?? null;
    if (kafka !== null) watched.push({ name: 'kafka', pid: () => kafka.pids()[0] ?? null });
    return watched;
  }

  async start(): Promise<void> {
    const { writers = 1, isWhole } = this.options;
    await this.bootstrap();
    const ports = await freePorts(writers);
    this.writerAddresses = ports.map((port) => `127.0.0.1:${port}`);
    const kafka = this.kafkaEnvironment();
    for (const [index, port] of ports.entries()) {
      const environment = {
        ...kafka,
        GRPC_PORT: String(port),
        DIRECTORY_DATABASE_URL: this.url('ledgerflow_writer', 'ledger'),
        LEDGER_CLUSTERS: `main=${this.url('ledgerflow_writer', 'ledger')}`,
      };
      this.writers.push(await this.run('ledger-writer', environment, `writer-${index + 1}`));
    }
    if (!isWhole) return;
    await this.startBuilder();
    this.gatewayProcess = await this.startGateway();
  }

  private startGateway(more: Record<string, string> = {}): Promise<Running> {
    return this.run('admin-gateway', {
      HTTP_PORT: '0',
      READ_DATABASE_URL: this.url('ledgerflow_read_gateway', 'read'),
      AUDIT_DATABASE_URL: this.url('ledgerflow_audit_gateway', 'audit'),
      WRITER_ADDRESSES: this.writerAddresses.join(','),
      OIDC_ISSUER: this.ground.issuer.url,
      OIDC_AUDIENCE: AUDIENCE,
      TOKEN_SECRET: 'a-secret-of-the-bench-of-32-characters!',
      ...more,
    });
  }

  /** While `work` runs a second gateway takes the place of the first: one that looks at no token. What is only for tests does not start in production. */
  withoutAuthentication<T>(work: () => Promise<T>): Promise<T> {
    return this.withAnother({ NODE_ENV: 'test', PLANTED_BUG: 'asks-nobody' }, work);
  }

  /** While `work` runs a second gateway takes the place of the first: one that has done nothing yet. */
  withFreshGateway<T>(work: () => Promise<T>): Promise<T> {
    return this.withAnother({}, work);
  }

  private async withAnother<T>(more: Record<string, string>, work: () => Promise<T>): Promise<T> {
    const usual = this.gatewayProcess;
    this.gatewayProcess = await this.startGateway(more);
    try {
      return await work();
    } finally {
      await this.gatewayProcess.process.stop();
      this.gatewayProcess = usual;
    }
  }

  async startBuilder(): Promise<void> {
    this.builderProcess = await this.run('read-model-builder', {
      ...this.kafkaEnvironment(),
      READ_DATABASE_URL: this.url('ledgerflow_read_builder', 'read'),
      WRITER_ADDRESSES: this.writerAddresses.join(','),
      FEED: this.options.kafka ? 'kafka' : 'log',
    });
  }

  async stopBuilder(): Promise<void> {
    await this.builderProcess?.process.stop();
    this.builderProcess = null;
  }

  private kafkaEnvironment(): Record<string, string> {
    const { kafka } = this.options;
    return kafka ? { KAFKA_BROKERS: kafka.brokers.join(',') } : {};
  }

  private async run(service: Service, environment: Record<string, string>, log: string = service): Promise<Running> {
    const { folder } = this.ground;
    const before = new Set(childrenRunning(`${service}/src/main.ts`));
    // LOG_LEVEL and every limit at their defaults; production, so that nothing made for tests is on.
    const common = { NODE_ENV: 'production', SLOTS, ...this.tls(service) };
    const started = new ServiceProcess(service, { ...common, ...environment }, join(folder, `${this.options.name}-${log}.log`));
    this.begun.push(started);
    try {
      await started.start();
    } catch (error) {
      await started.stop();
      throw error;
    }
    return { process: started, pid: childrenRunning(`${service}/src/main.ts`).find((pid) => !before.has(pid)) ?? null };
  }

  /** What commands of a service need, which run beside it. */
  forCommands(service: Service): { tls: (name: string) => Record<string, string>; urls: { read: string }; writerAddresses: string[] } {
    return {
      tls: () => this.tls(service),
      urls: { read: this.url('ledgerflow_read_builder', 'read') },
      writerAddresses: this.writerAddresses,
    };
  }

  private tls(service: Service): Record<string, string> {
    const { certificates } = this.ground;
    return { TLS_CA_FILE: certificates.caFile, TLS_CERT_FILE: certificates.certFile(service), TLS_KEY_FILE: certificates.keyFile(service) };
  }

  private async bootstrap(): Promise<void> {
    const environment = {
      ADMIN_DATABASE_URL: this.ground.postgres.superuserUrl(),
      LEDGER_OWNER_DATABASE_URL: this.url('ledgerflow_owner', 'ledger'),
      LEDGER_DATABASE_URL: this.url('ledgerflow_writer', 'ledger'),
      LEDGER_VERIFIER_DATABASE_URL: this.url('ledgerflow_verifier', 'ledger'),
      READ_OWNER_DATABASE_URL: this.url('ledgerflow_read_owner', 'read'),
      READ_DATABASE_URL: this.url('ledgerflow_read_builder', 'read'),
      READ_GATEWAY_DATABASE_URL: this.url('ledgerflow_read_gateway', 'read'),
      READ_VERIFIER_DATABASE_URL: this.url('ledgerflow_read_verifier', 'read'),
      AUDIT_OWNER_DATABASE_URL: this.url('ledgerflow_audit_owner', 'audit'),
      AUDIT_DATABASE_URL: this.url('ledgerflow_audit_gateway', 'audit'),
      SLOTS,
      ...this.kafkaEnvironment(),
    };
    const services = this.options.isWhole ? SERVICES : (['ledger-writer'] as const);
    for (const service of services) await runToEnd(join(ROOT, 'services', service, 'src/bootstrap.ts'), environment);
  }

  /** Throws when a service has logged a secret. */
  async stop(): Promise<void> {
    await this.gatewayProcess?.process.stop();
    this.gatewayProcess = null;
    await this.stopBuilder();
    await Promise.all(this.writers.splice(0).map(({ process: writer }) => writer.stop()));
    await expectNoLoggedSecrets(this.begun.splice(0), this.ground.issuer.secrets);
  }
}

/** Runs a command of a service to its end; throws with its output when it fails. */
async function runToEnd(script: string, environment: Record<string, string>): Promise<void> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [script], {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => output.push(part));
  child.stderr.on('data', (part: Buffer) => output.push(part));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${script} ended with ${code ?? 'a signal'}\n${Buffer.concat(output).toString()}`);
}
