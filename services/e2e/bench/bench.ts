import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '@ledgerflow/local/certificates';
import { createTestPostgres } from '@ledgerflow/local/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { type RunningKafka, startKafka } from '../kafka/index.ts';
import { TestIssuer } from '../stack/issuer.ts';
import type { Progress } from '../terminal/index.ts';
import { Numbers } from './commands.ts';
import { Deployment, type Ground, SERVICES } from './deployment.ts';
import type { BenchOptions } from './options.ts';
import type { Watched } from './processes.ts';
import type { MeasuredSample, Sample } from './result.ts';
import { watch } from './watch.ts';
import { gatewayCredentials, WriterClient } from './writer-client.ts';

/** One server for everything that is compared. Durable as in production; large enough that no row waits for a checkpoint of another. */
export const POSTGRES_SETTINGS: Record<string, string> = {
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  min_wal_size: '1GB',
  checkpoint_timeout: '15min',
  max_connections: '200',
};
const ADMIN_CONNECTIONS_MAX = 2;

/** The ground the rows stand on: one PostgreSQL server and, once a row asks for them, the deployments. `close` takes all of it away. */
export class Bench {
  readonly options: BenchOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly ground: Ground;
  readonly admin: Pool;
  readonly numbers = new Numbers();
  private readonly closers: (() => Promise<unknown> | void)[] = [];
  private readonly started = new Map<string, Promise<unknown>>();
  private readonly pools = new Map<string, Pool>();

  private constructor(options: BenchOptions, progress: Progress, signal: AbortSignal, ground: Ground) {
    this.options = options;
    this.progress = progress;
    this.signal = signal;
    this.ground = ground;
    this.admin = this.pool(ground.postgres.superuserUrl());
  }

  static async open(options: BenchOptions, progress: Progress, signal: AbortSignal): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-bench-'));
    const issuer = new TestIssuer();
    try {
      const certificates = await ensureCertificates(join(folder, 'tls'), [...SERVICES]);
      const postgres = await createTestPostgres({ settings: POSTGRES_SETTINGS });
      const bench = new Bench(options, progress, signal, { folder, postgres, issuer, certificates });
      bench.closers.unshift(
        () => rm(folder, { recursive: true, force: true }),
        () => postgres.stop(),
        () => issuer.stop(),
      );
      await issuer.start();
      return bench;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Something of which there is one, made when it is first asked for. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const made = (this.started.get(name) as Promise<T> | undefined) ?? make();
    this.started.set(name, made);
    return made;
  }

  /** Called at the end, the last added first. */
  atEnd(close: () => Promise<unknown> | void): void {
    this.closers.push(close);
  }

  private deploy(name: string, part: { isWhole: boolean; writers?: number; kafka?: RunningKafka | null }): Promise<Deployment> {
    return this.once(`deployment ${name}`, async () => {
      const deployment = new Deployment(this.ground, { name, ...part });
      this.atEnd(() => deployment.stop());
      await deployment.start();
      return deployment;
    });
  }

  /** A writer alone: no builder and no gateway take processor time from it, as none take from pgbench. */
  alone(writers = 1): Promise<Deployment> {
    return this.deploy(writers === 1 ? 'bench_writer' : `bench_writers_${writers}`, { isWhole: false, writers });
  }

  hasAlone(): boolean {
    return this.started.has('deployment bench_writer');
  }

  whole(): Promise<Deployment> {
    return this.once('whole', async () => {
      const kafka = this.options.kafka ? await startKafka() : null;
      if (kafka !== null) this.atEnd(() => kafka.stop());
      return this.deploy('bench_whole', { isWhole: true, kafka });
    });
  }

  writerClients(deployment: Deployment): Promise<WriterClient[]> {
    return this.once(`clients ${deployment.writerAddresses.join()}`, () => {
      const credentials = gatewayCredentials(this.ground.certificates);
      const clients = deployment.writerAddresses.map((address) => new WriterClient(address, credentials));
      this.atEnd(() => clients.forEach((client) => client.close()));
      return Promise.resolve(clients);
    });
  }

  /** A superuser's few connections to a database. */
  pool(url: string): Pool {
    const known = this.pools.get(url);
    if (known !== undefined) return known;
    const pool = createPool({ url, max: ADMIN_CONNECTIONS_MAX, applicationName: 'bench', log: silentLogger });
    this.pools.set(url, pool);
    this.atEnd(() => pool.end());
    return pool;
  }

  /** Before every row: what the row before made dirty is on disk, and not this one's burden. */
  async settle(): Promise<void> {
    await this.admin.query('checkpoint');
  }

  /** Settles, then measures a piece of work with what the processes use for it. */
  async timed<T extends Sample>(processes: readonly Watched[], work: () => Promise<T>): Promise<T & MeasuredSample> {
    await this.settle();
    this.signal.throwIfAborted();
    const all: Watched[] = [
      ...processes,
      { name: 'postgres', pid: () => this.ground.postgres.pid, withChildren: true },
      { name: 'generator', pid: () => process.pid },
    ];
    const end = watch(all);
    try {
      const sample = await work();
      return { ...sample, usage: end() };
    } catch (error) {
      end();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const close of this.closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        this.progress.say(`while cleaning up: ${(error as Error).message}`);
      }
    }
  }
}
