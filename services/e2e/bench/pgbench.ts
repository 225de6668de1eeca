import { execFile, spawn } from 'node:child_process';
import { access, constants, glob, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Latencies } from '../driver/index.ts';
import type { Sample } from './result.ts';

const CLIENTS = 16;
const THREADS = 2;
/** One in twenty transactions is timed: a line of log each costs the client what it measures. */
const SAMPLING_RATE = 0.05;
const INIT_TIMEOUT_MS = 120_000;
const VERSION_TIMEOUT_MS = 5_000;
/** Field of a log line: elapsed time, in microseconds. */
const ELAPSED_FIELD = 2;

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/** PGBENCH, then PATH, then Debian's folders (the highest version). Null: there is none. */
export async function findPgbench(environment: NodeJS.ProcessEnv): Promise<string | null> {
  const given = environment['PGBENCH'];
  if (given !== undefined && given !== '') return (await isExecutable(given)) ? given : null;
  const candidates = (environment['PATH'] ?? '')
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'pgbench'));
  const debian: string[] = [];
  for await (const file of glob('/usr/lib/postgresql/*/bin/pgbench')) debian.push(file);
  const major = (file: string): number => Number(/postgresql\/(\d+)/.exec(file)?.[1] ?? 0);
  for (const file of [...candidates, ...debian.sort((a, b) => major(b) - major(a))]) if (await isExecutable(file)) return file;
  return null;
}

/** As it says itself: which pgbench is compared with is part of the result. */
export async function pgbenchVersion(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: VERSION_TIMEOUT_MS });
  return stdout.trim();
}

/** TPC-B as PostgreSQL's own tool runs it, prepared: 16 connections, one update transaction after the other on each. */
export class Pgbench {
  private readonly program: string;
  private readonly connection: string[];
  private readonly environment: NodeJS.ProcessEnv;
  readonly scale: number;

  /** `url`: a superuser's, of a database of its own. */
  constructor(program: string, url: string, scale: number) {
    const { hostname, port, username, password, pathname } = new URL(url);
    this.program = program;
    this.scale = scale;
    this.connection = ['-h', hostname, '-p', port, '-U', username];
    this.environment = { PATH: process.env['PATH'], LC_ALL: 'C', PGPASSWORD: decodeURIComponent(password), PGDATABASE: pathname.slice(1) };
  }

  private async run(words: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<string> {
    const child = spawn(this.program, [...this.connection, ...words], {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      timeout: timeoutMs,
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => output.push(part));
    child.stderr.on('data', (part: Buffer) => output.push(part));
    const code = await new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
    const text = Buffer.concat(output).toString();
    if (code !== 0) throw new Error(`pgbench ended with ${code ?? 'a signal'}: ${text.trim().slice(-500)}`);
    return text;
  }

  async initialise(signal: AbortSignal): Promise<void> {
    await this.run(['-i', '-s', String(this.scale), '-q'], INIT_TIMEOUT_MS, signal);
  }

  /** Whole seconds: pgbench knows no parts of them. */
  async measure(seconds: number, signal: AbortSignal): Promise<Sample> {
    const whole = Math.max(1, Math.round(seconds));
    const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-pgbench-'));
    try {
      const log = ['-l', `--log-prefix=${join(folder, 'log')}`, `--sampling-rate=${SAMPLING_RATE}`];
      const words = ['-M', 'prepared', '-c', String(CLIENTS), '-j', String(THREADS), '-n', '-T', String(whole), ...log];
      const text = await this.run(words, (whole + 60) * 1000, signal);
      const rate = Number(/tps = ([\d.]+)/.exec(text)?.[1]);
      const transactions = Number(/transactions actually processed: (\d+)/.exec(text)?.[1]);
      if (!(rate > 0) || !(transactions > 0)) throw new Error(`pgbench told no rate: ${text.trim().slice(-500)}`);
      return { rate, ...(await percentiles(folder)), units: transactions, extra: { scale: this.scale } };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function percentiles(folder: string): Promise<{ p50Ms: number | null; p99Ms: number | null }> {
  const latencies = new Latencies();
  for (const file of await readdir(folder))
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n'))
      if (line !== '') latencies.record(Number(line.split(' ')[ELAPSED_FIELD]) / 1000);
  const { count, p50Ms, p99Ms } = latencies.summary();
  return count === 0 ? { p50Ms: null, p99Ms: null } : { p50Ms, p99Ms };
}
