import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { findBinaries } from './binaries.ts';
import { checkNotRunning, checkVersion, initialize, makeStagingFolder, readPassword } from './data-folder.ts';
import { PostgresError } from './errors.ts';
import { childrenOf, isAlive, signal, until } from './processes.ts';
import { findLauncher, type Launcher } from './unprivileged.ts';

export interface PostgresOptions {
  dataDir: string;
  /** A free one if absent. */
  port?: number;
  /** Server settings by name, over the ones of this module. */
  settings?: Record<string, string>;
  /** Gets each line of the server's log. */
  log: (line: string) => void;
  /** Called when the server ends without having been asked to. */
  onExit?: () => void;
}

/** A running server; `pid` is its main process, null while it is down. */
export interface PostgresServer {
  readonly port: number;
  readonly pid: number | null;
  readonly dataDir: string;
  superuserUrl(database?: string): string;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
  /** A crash: SIGKILL, SIGSTOP and SIGCONT reach all processes of the server, others its main process. Resolves, for SIGKILL, when all are gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it (after a stop, if it runs) on the same port and folder. */
  restart(): Promise<void>;
}

export const START_TIMEOUT_MS = 60_000;
export const STOP_TIMEOUT_MS = 30_000;
const QUIT_TIMEOUT_MS = 5_000;
const START_ATTEMPTS_MAX = 20;
const RETRY_WAIT_MS = 100;
const LOG_LINES_MAX = 50;

/** For one machine with a person on it: durable (G2), but modest in memory. */
const SETTINGS: Record<string, string> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '120',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '10min',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_min_messages: 'warning',
};

/** Below the ports that the system gives to outgoing connections (from 32768 on Linux), so that none of those takes a port between its choice and its use. */
const PORT_MIN = 20_000;
const PORT_COUNT = 12_000;
const PORT_ATTEMPTS_MAX = 200;

async function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => done(true)));
  });
}

/** Different ports of 127.0.0.1 on which nobody listens at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt >= PORT_ATTEMPTS_MAX)
      throw new PostgresError('port_taken', `no free port between ${PORT_MIN} and ${PORT_MIN + PORT_COUNT}`);
    const port = PORT_MIN + randomInt(PORT_COUNT);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

const SHARED_WITH_ALL: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGSTOP', 'SIGCONT'];

class Server implements PostgresServer {
  port: number;
  readonly dataDir: string;
  private readonly options: PostgresOptions;
  private readonly launcher: Launcher;
  private readonly password: string;
  private child: ChildProcess | null = null;
  private recent: string[] = [];
  private stopping = false;

  constructor(options: PostgresOptions, dataDir: string, launcher: Launcher, password: string) {
    this.options = options;
    this.port = options.port ?? 0;
    this.dataDir = dataDir;
    this.launcher = launcher;
    this.password = password;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  superuserUrl(database = 'postgres'): string {
    return `postgres://postgres:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Tries again where a moment helps: a free port that was taken meanwhile, memory of a killed server that its last process still holds. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (this.port === 0) this.port = await freePort();
      const failure = await this.startOnce();
      if (failure === null) return;
      const portTaken = failure.includes('Address already in use');
      const busy = /pre-existing shared memory block|postmaster.pid" already exists/.test(failure);
      if (attempt >= START_ATTEMPTS_MAX || !(busy || (portTaken && this.options.port === undefined))) {
        if (portTaken) throw new PostgresError('port_taken', `port ${this.port} on 127.0.0.1 is taken: PostgreSQL cannot listen on it`);
        throw new PostgresError('start_failed', `PostgreSQL did not start: ${failure}`);
      }
      if (portTaken) this.port = 0;
      await new Promise((done) => setTimeout(done, RETRY_WAIT_MS));
    }
  }

  private async startOnce(): Promise<string | null> {
    // At each start: an installation while the server ran has put the package back without the links to its libraries.
    const { postgres } = await findBinaries();
    const settings = Object.entries({ ...SETTINGS, ...this.options.settings, port: String(this.port) }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const [command, ...words] = [...this.launcher.prefix, postgres, '-D', this.dataDir, ...settings];
    this.recent = [];
    this.stopping = false;
    // Its own session: the terminal's Ctrl-C is the supervisor's business.
    const child = spawn(command ?? postgres, words, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, cwd: '/' });
    this.child = child;
    child.once('error', (error) => this.recent.push(error.message));
    createInterface({ input: child.stderr }).on('line', (line) => this.logLine(line));
    const closed = new Promise<void>((done) => child.once('close', () => done()));
    child.once('exit', () => this.exited(child));
    const ready = await until(() => this.child !== child || this.isReady(child), START_TIMEOUT_MS);
    if (this.child === child && ready) return null;
    if (this.child === child) await this.stop();
    await closed;
    return (
      this.recent.find((line) => line.includes('could not bind')) ??
      this.recent.findLast((line) => line.includes('FATAL')) ??
      this.recent.at(-1) ??
      'no reason given'
    );
  }

  private logLine(line: string): void {
    this.recent.push(line);
    if (this.recent.length > LOG_LINES_MAX) this.recent.shift();
    this.options.log(line);
  }

  private exited(child: ChildProcess): void {
    if (this.child !== child) return;
    const wasReady = this.ready;
    this.child = null;
    this.ready = false;
    if (wasReady && !this.stopping) this.options.onExit?.();
  }

  private ready = false;

  /** postmaster.pid: line 1 is the process, line 8 its state; the file of a dead server names another process. */
  private isReady(child: ChildProcess): boolean {
    try {
      const lines = readFileSync(join(this.dataDir, 'postmaster.pid'), 'utf8').split('\n');
      this.ready = lines[0] === String(child.pid) && lines[7]?.trim() === 'ready';
    } catch {
      this.ready = false;
    }
    return this.ready;
  }

  async stop(): Promise<void> {
    const pid = this.pid;
    if (pid === null) return;
    this.stopping = true;
    const gone = (): boolean => this.pid !== pid;
    signal(pid, 'SIGCONT');
    signal(pid, 'SIGINT');
    if (await until(gone, STOP_TIMEOUT_MS)) return;
    signal(pid, 'SIGQUIT');
    if (!(await until(gone, QUIT_TIMEOUT_MS))) await this.kill('SIGKILL');
  }

  async kill(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const pid = this.pid;
    if (pid === null) return;
    if (name === 'SIGKILL') this.stopping = true;
    const children = SHARED_WITH_ALL.includes(name) ? await childrenOf(pid) : [];
    for (const each of [pid, ...children]) signal(each, name);
    if (name === 'SIGKILL') await until(() => this.pid !== pid && !children.some(isAlive), QUIT_TIMEOUT_MS);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}

/**
 * Starts a real PostgreSQL 18 on a folder, which it makes on first use. It listens on 127.0.0.1 only, with a random superuser password beside the folder.
 * Throws PostgresError. The server ends with this process where the system allows it (Linux); use a holder to be sure.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const dataDir = resolve(options.dataDir);
  const exists = await checkVersion(dataDir);
  if (exists) await checkNotRunning(dataDir);
  const binaries = await findBinaries();
  const staging = await makeStagingFolder(dataDir);
  try {
    const launcher = await findLauncher(binaries.postgres, dataDir, staging);
    if (!exists) await initialize(binaries, launcher, dataDir, options.settings?.['fsync'] !== 'off');
    const server = new Server(options, dataDir, launcher, await readPassword(dataDir));
    await server.start();
    return server;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
