import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '@ledgerflow/local/certificates';
import { createTestPostgres } from '@ledgerflow/local/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { KafkaSetupError, type RunningKafka, startKafka } from '../kafka/index.ts';
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

type Close = () => Promise<unknown> | void;

/** The ground the rows stand on: one PostgreSQL server and, once a row asks for them, the deployments. `close` takes all of it away. */
export class Bench {
  readonly options: BenchOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly ground: Ground;
  readonly admin: Pool;
  readonly numbers = new Numbers();
  private readonly closers: Close[] = [];
  private readonly names = new Map<string, number>();
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
    const undo: Close[] = [];
    try {
      const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-bench-'));
      undo.push(() => rm(folder, { recursive: true, force: true }));
      const issuer = new TestIssuer();
      undo.push(() => issuer.stop());
      await issuer.start();
      const certificates = await ensureCertificates(join(folder, 'tls'), [...SERVICES]);
      signal.throwIfAborted();
      const postgres = await createTestPostgres({ settings: POSTGRES_SETTINGS });
      undo.push(() => postgres.stop());
      signal.throwIfAborted();
      const bench = new Bench(options, progress, signal, { folder, postgres, issuer, certificates });
      bench.closers.unshift(...undo);
      return bench;
    } catch (error) {
      await undoAll(undo, progress);
      throw error;
    }
  }

  /** Something of which there is one, made when it is first asked for; when that fails the next one who asks tries again. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const known = this.started.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.started.set(name, made);
    made.catch(() => this.started.delete(name));
    return made;
  }

  /** A name that was not given before: the one asked for, or with a number behind it when what it was for has to be made again. */
  freshName(name: string): string {
    const count = (this.names.get(name) ?? 0) + 1;
    this.names.set(name, count);
    return count === 1 ? name : `${name}-again-${count}`;
  }

  /** Called at the end, the last added first. */
  atEnd(close: Close): void {
    this.closers.push(close);
  }

  private deploy(name: string, part: { isWhole: boolean; writers?: number; kafka?: RunningKafka | null }): Promise<Deployment> {
    return this.once(`deployment ${name}`, async () => {
      const deployment = new Deployment(this.ground, { name, ...part });
      this.atEnd(() => deployment.stop());
      try {
        await deployment.start();
        return deployment;
      } catch (error) {
        await deployment.stop();
        throw error;
      }
    });
  }

  /** A writer alone: no builder and no gateway take processor time from it, as none take from pgbench. */
  alone(writers = 1): Promise<Deployment> {
    return this.deploy(writers === 1 ? 'bench_writer' : `bench_writers_${writers}`, { isWhole: false, writers });
  }

  hasAlone(): boolean {
    return this.started.has('deployment bench_writer');
  }

  /** All deployments of writers alone that were started. */
  aloneStarted(): Promise<Deployment[]> {
    const names = [...this.started.keys()].filter((name) => name.startsWith('deployment bench_writer'));
    return Promise.all(names.map((name) => this.started.get(name) as Promise<Deployment>));
  }

  whole(): Promise<Deployment> {
    return this.once('whole', async () => {
      const kafka = this.options.kafka ? await startKafka() : null;
      if (kafka !== null) this.atEnd(() => kafka.stop());
      return this.deploy('bench_whole', { isWhole: true, kafka });
    });
  }

  /** A whole deployment of its own with the relay, Kafka and the Kafka feed. Who asks stops it: what it uses would be missing elsewhere. */
  async onKafka(): Promise<{ deployment: Deployment; stop: () => Promise<void> } | null> {
    const kafka = await startKafka().catch((error: unknown) => {
      if (!(error instanceof KafkaSetupError)) throw error;
      this.progress.say(`  without Kafka: ${error.message}`);
      return null;
    });
    if (kafka === null) return null;
    this.atEnd(() => kafka.stop());
    const deployment = await this.deploy('bench_kafka', { isWhole: true, kafka });
    return {
      deployment,
      stop: async () => {
        await deployment.stop();
        await kafka.stop();
      },
    };
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

  /** Before every row's warm-up: what the row before made dirty is on disk, and not this one's burden. Of what this row touches, much has had its full-page image by the end of the warm-up. */
  async settle(): Promise<void> {
    await this.admin.query('checkpoint');
  }

  private async walPosition(): Promise<bigint> {
    const { rows } = await this.admin.query<{ bytes: string }>(`select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text as bytes`);
    return BigInt(rows[0]?.bytes ?? 0);
  }

  /** A checkpoint, then what `prepare` does (warming up, resting), then a piece of work, measured with what the processes use for it. */
  async timed<T extends Sample>(
    processes: readonly Watched[],
    work: () => Promise<T>,
    prepare?: () => Promise<unknown>,
  ): Promise<T & MeasuredSample> {
    await this.settle();
    await prepare?.();
    this.signal.throwIfAborted();
    const walBefore = await this.walPosition();
    const all: Watched[] = [
      ...processes,
      { name: 'postgres', pid: () => this.ground.postgres.pid, withChildren: true },
      { name: 'generator', pid: () => process.pid },
    ];
    const end = watch(all);
    try {
      const sample = await work();
      const usage = end();
      return { ...sample, usage: { ...usage, walBytes: Number((await this.walPosition()) - walBefore) } };
    } catch (error) {
      end();
      throw error;
    }
  }

  async close(): Promise<void> {
    await undoAll(this.closers, this.progress);
  }
}

/** The last first; one that fails keeps no other from being undone. */
async function undoAll(closers: readonly Close[], progress: Progress): Promise<void> {
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (error) {
      progress.say(`while cleaning up: ${(error as Error).message}`);
    }
  }
}
