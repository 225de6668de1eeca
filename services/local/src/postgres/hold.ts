import { fork, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { PostgresError, type PostgresErrorCode } from './errors.ts';
import { START_TIMEOUT_MS, STOP_TIMEOUT_MS, type PostgresOptions, type PostgresServer } from './server.ts';

export interface HolderStart {
  type: 'start';
  id: number;
  options: Omit<PostgresOptions, 'log' | 'onExit'>;
  /** Deleted after the stop. */
  removeFolder: string | null;
}
export type HolderRequest =
  HolderStart | { type: 'kill'; id: number; signal: NodeJS.Signals } | { type: 'restart'; id: number } | { type: 'stop'; id: number };
export type HolderReply =
  | { type: 'done'; id: number; port: number; pid: number | null; url: string }
  | { type: 'failed'; id: number; code: PostgresErrorCode; message: string }
  | { type: 'log'; line: string }
  | { type: 'exited' };

const HOLDER = new URL('./holder.ts', import.meta.url);
/** Start and stop, with initdb between: what a holder may take for one request. */
const REQUEST_TIMEOUT_MS = START_TIMEOUT_MS + STOP_TIMEOUT_MS + 30_000;

type Unnumbered<T> = T extends { id: number } ? Omit<T, 'id'> : never;

class HeldServer implements PostgresServer {
  readonly dataDir: string;
  port = 0;
  pid: number | null = null;
  private url = '';
  private readonly child: ChildProcess;
  private readonly options: PostgresOptions;
  private readonly waiting = new Map<number, (reply: HolderReply) => void>();
  private requests = 0;
  private stopped: Promise<void> | null = null;

  constructor(options: PostgresOptions, environment: Record<string, string>) {
    this.options = options;
    this.dataDir = resolve(options.dataDir);
    const env = { ...process.env, ...environment };
    this.child = fork(HOLDER, { detached: true, execArgv: [], env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.child.on('message', (reply: HolderReply) => this.receive(reply));
    this.child.once('exit', () => this.lost());
    this.child.on('error', () => this.lost());
    this.rest();
  }

  private receive(reply: HolderReply): void {
    if (reply.type === 'log') return this.options.log(reply.line);
    if (reply.type === 'exited') {
      this.pid = null;
      return this.options.onExit?.();
    }
    this.waiting.get(reply.id)?.(reply);
  }

  private lost(): void {
    const wasUp = this.pid !== null && this.stopped === null;
    this.pid = null;
    for (const [id, answer] of this.waiting)
      answer({ type: 'failed', id, code: 'holder_lost', message: 'the process that holds PostgreSQL ended' });
    if (wasUp) this.options.onExit?.();
  }

  /** A forgotten server does not keep its user's process from ending. */
  private rest(): void {
    this.child.unref();
    this.child.channel?.unref();
  }

  async ask(request: Unnumbered<HolderRequest>): Promise<void> {
    const id = ++this.requests;
    this.child.ref();
    this.child.channel?.ref();
    let timer: NodeJS.Timeout | undefined;
    try {
      const reply = await new Promise<HolderReply>((done) => {
        this.waiting.set(id, done);
        timer = setTimeout(
          () => done({ type: 'failed', id, code: 'start_failed', message: 'PostgreSQL did not answer in time' }),
          REQUEST_TIMEOUT_MS,
        );
        if (this.child.connected) this.child.send({ ...request, id });
        else done({ type: 'failed', id, code: 'holder_lost', message: 'the process that holds PostgreSQL is gone' });
      });
      if (reply.type === 'failed') throw new PostgresError(reply.code, reply.message);
      if (reply.type === 'done') ({ port: this.port, pid: this.pid, url: this.url } = reply);
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
      if (this.waiting.size === 0) this.rest();
    }
  }

  superuserUrl(database = 'postgres'): string {
    return `${this.url}${database}`;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.ask({ type: 'kill', signal });
  }

  async restart(): Promise<void> {
    await this.ask({ type: 'restart' });
  }

  stop(): Promise<void> {
    this.stopped ??= (async () => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return;
      const { port, url } = this;
      const exited = new Promise<void>((done) => this.child.once('exit', () => done()));
      await this.ask({ type: 'stop' }).catch(() => undefined);
      this.child.ref();
      if (this.child.connected) this.child.disconnect();
      await exited;
      Object.assign(this, { port, url });
    })();
    return this.stopped;
  }
}

/**
 * startPostgres in a process of its own, which ends the server when this process is gone, even by kill -9. After `stop` the handle cannot be used again.
 * `environment` is added to that of the holder and so of the server.
 */
export async function holdPostgres(
  options: PostgresOptions,
  removeFolder: string | null = null,
  environment: Record<string, string> = {},
): Promise<PostgresServer> {
  const server = new HeldServer(options, environment);
  const { dataDir, port, settings } = options;
  try {
    await server.ask({ type: 'start', options: { dataDir, port, settings }, removeFolder });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
