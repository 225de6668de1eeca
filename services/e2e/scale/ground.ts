import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { Numbers } from '../bench/commands.ts';
import { POSTGRES_SETTINGS } from '../bench/bench.ts';
import { gatewayCredentials, WriterClient } from '../bench/writer-client.ts';
import { HttpTarget } from '../driver/index.ts';
import { KafkaSetupError } from '../kafka/index.ts';
import { Stack } from '../stack/stack.ts';
import type { Progress } from '../terminal/index.ts';
import { Figures, line } from './figures.ts';
import { FULL_SIZE, type ScaleOptions } from './options.ts';

const SLOTS = 32;
const TOKEN_SECONDS = 24 * 3600;
const CONNECTIONS = 32;
const APPLIED_DEADLINE_MS = 1_800_000;
const POLL_MS = 20;
/** So that what the statements cost can be told. */
const STATEMENTS = { shared_preload_libraries: 'pg_stat_statements' };

export const LEDGER = 'ledgerflow_ledger';
export const READ = 'ledgerflow_read';

/** What the parts of a run stand on: a LedgerFlow of its own, those who write and read, and the figures. */
export class Ground {
  readonly options: ScaleOptions;
  readonly stack: Stack;
  readonly http: HttpTarget;
  readonly writer: WriterClient;
  readonly log: Pool;
  readonly read: Pool;
  readonly numbers = new Numbers();
  readonly figures: Figures;
  readonly progress: Progress;
  readonly signal: AbortSignal;

  private constructor(options: ScaleOptions, stack: Stack, token: string, progress: Progress, signal: AbortSignal) {
    this.options = options;
    this.stack = stack;
    this.progress = progress;
    this.signal = signal;
    this.figures = new Figures((figure) => progress.say(line(figure)));
    this.http = new HttpTarget(stack.url, {
      connections: CONNECTIONS,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    this.writer = new WriterClient(stack.writerAddresses[0] as string, gatewayCredentials(stack.certificates));
    const pool = (database: string): Pool =>
      createPool({ url: stack.postgres.superuserUrl(database), max: 2, applicationName: 'scale', log: silentLogger });
    this.log = pool(LEDGER);
    this.read = pool(READ);
  }

  /** With Kafka unless it was not asked for or Java or Maven is missing, which is said. */
  static async open(options: ScaleOptions, progress: Progress, signal: AbortSignal): Promise<Ground> {
    const start = (kafka: boolean): Promise<Stack> =>
      Stack.start({ kafka, builders: 2, slots: SLOTS, postgres: { settings: { ...POSTGRES_SETTINGS, ...STATEMENTS } } });
    const stack = await (options.kafka
      ? start(true).catch((error: unknown) => {
          if (!(error instanceof KafkaSetupError)) throw error;
          progress.say(`without Kafka, by the log feed: ${error.message}`);
          return start(false);
        })
      : start(false));
    try {
      const token = await stack.issuer.token({ roles: ['admin'], subject: 'scale', expiresInSeconds: TOKEN_SECONDS });
      const ground = new Ground(options, stack, token, progress, signal);
      await ground.log.query('create extension if not exists pg_stat_statements');
      return ground;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  get isFullLedgers(): boolean {
    return this.options.ledgers >= FULL_SIZE.ledgers;
  }

  get isFullAccounts(): boolean {
    return this.options.accounts >= FULL_SIZE.accounts;
  }

  /** An answer 2xx of the gateway; throws what else it says. */
  async ask<T>(path: string, request: { method?: 'GET' | 'POST' | 'DELETE'; headers?: Record<string, string>; body?: unknown } = {}) {
    const { method = 'GET', headers = {}, body } = request;
    const answer = await this.http.request({
      method,
      path: `/api/v1${path}`,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path} was answered with ${answer.status}: ${answer.text.slice(0, 500)}`);
    return { ...answer, body: JSON.parse(answer.text === '' ? 'null' : answer.text) as T };
  }

  /** Sum of the positions of the ledgers whose id begins with the prefix: how many records there are, or how many of them are applied. */
  async records(where: 'log' | 'read', prefix: string): Promise<number> {
    const from = where === 'log' ? 'ledger.heads' : 'read.checkpoints';
    const { rows } = await this[where].query<{ sum: string }>(
      `select coalesce(sum(position), 0)::text as sum from ${from} where starts_with(id, $1)`,
      [prefix],
    );
    return Number(rows[0]?.sum);
  }

  /** Waits until all that is written to ledgers of the prefix is applied; the seconds it took. */
  async applied(prefix: string): Promise<number> {
    const startedMs = performance.now();
    const written = await this.records('log', prefix);
    for (;;) {
      const applied = await this.records('read', prefix);
      if (applied >= written) return (performance.now() - startedMs) / 1_000;
      this.progress.update(() => `${applied.toLocaleString('en')} of ${written.toLocaleString('en')} records are applied`);
      this.signal.throwIfAborted();
      if (performance.now() - startedMs > APPLIED_DEADLINE_MS) throw new Error(`only ${applied} of ${written} records are applied`);
      await delay(POLL_MS);
    }
  }

  async close(): Promise<void> {
    this.writer.close();
    await Promise.all([this.http.close(), this.log.end(), this.read.end()]);
    await this.stack.stop();
  }
}
