import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { PLANTED_BUGS_CONDITION } from '@ledgerflow/platform/config';
import type { SupervisorMessage } from '@ledgerflow/platform/lifecycle';
import { expectNoSecrets, type KnownSecret, secretsOf } from '@ledgerflow/platform/log/testing';
import { SERVICE_ENVIRONMENT } from '@ledgerflow/platform/runtime';

const ROOT = join(import.meta.dirname, '../../..');
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;

/** One service of the stack as a process of its own, started as production starts it: `node services/<name>/src/main.ts`. */
export class ServiceProcess {
  readonly name: string;
  readonly logFile: string;
  ports: Record<string, number> = {};
  private child: ChildProcess | null = null;
  private readonly environment: Record<string, string>;
  private readonly log: WriteStream;
  private extra: Record<string, string> = {};
  /** Of all its starts: resolved when no output of it is to come any more. */
  private outputs: Promise<unknown>[] = [];
  private readonly secrets = new Map<string, KnownSecret>();

  private readonly main: string;

  constructor(name: string, environment: Record<string, string>, logFile: string, main = join(ROOT, 'services', name, 'src/main.ts')) {
    this.name = name;
    this.main = main;
    this.environment = environment;
    this.logFile = logFile;
    this.log = createWriteStream(logFile, { flags: 'a' });
  }

  /** Resolves when the service says it is ready; rejects with the end of its log when it does not. */
  async start(extra: Record<string, string> = {}): Promise<void> {
    this.extra = extra;
    const { PATH = '', HOME = '' } = process.env;
    const environment: Record<string, string> = { ...this.environment, ...extra };
    const conditions = 'PLANTED_BUG' in environment ? [`--conditions=${PLANTED_BUGS_CONDITION}`] : [];
    const child = spawn(process.execPath, [...conditions, this.main], {
      env: { PATH, HOME, ...SERVICE_ENVIRONMENT, NODE_ENV: 'test', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    for (const secret of secretsOf(environment)) this.secrets.set(secret.value, secret);
    this.outputs.push(new Promise((resolve) => child.once('close', resolve)));
    child.stdout?.pipe(this.log, { end: false });
    child.stderr?.pipe(this.log, { end: false });
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(timer);
        reject(new Error(`${this.name} ${reason}\n${this.logTail()}`));
      };
      const timer = setTimeout(() => fail('was not ready in time'), READY_TIMEOUT_MS);
      child.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
      child.on('message', (message: SupervisorMessage) => {
        if (message.type === 'failed') return fail(`failed: ${message.message}`);
        clearTimeout(timer);
        this.ports = message.ports;
        resolve();
      });
    });
  }

  /** Starts it again as it was started last. */
  restart(): Promise<void> {
    return this.start(this.extra);
  }

  get running(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Whether SIGSTOP has reached it (Linux: state T in /proc). */
  isSuspended(): boolean {
    const pid = this.child?.pid;
    return pid !== undefined && /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Resolves when the process has ended, by itself or by a signal. */
  async ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const child = this.child;
    if (child === null) return { code: null, signal: null };
    if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
    return { code: child.exitCode, signal: child.signalCode };
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }

  async stop(): Promise<void> {
    if (this.running) {
      this.signal('SIGCONT');
      this.signal('SIGTERM');
      const timer = setTimeout(() => this.signal('SIGKILL'), STOP_TIMEOUT_MS);
      await this.ended();
      clearTimeout(timer);
    }
    this.child = null;
  }

  /** The secrets that it was started with. */
  get knownSecrets(): KnownSecret[] {
    return [...this.secrets.values()];
  }

  /** To be called when it has ended: resolves when all it wrote is in its file. */
  async written(): Promise<void> {
    await Promise.all(this.outputs);
    await new Promise((resolve) => this.log.write('', resolve));
  }

  /** All it wrote so far. */
  logText(): string {
    try {
      return readFileSync(this.logFile, 'utf8');
    } catch {
      return '';
    }
  }

  private logTail(): string {
    return this.logText().split('\n').slice(-30).join('\n');
  }
}

/** Throws when the log of one of them, all ended, has a secret in it: one that any of them was started with, or anything that looks like one. */
export async function expectNoLoggedSecrets(services: readonly ServiceProcess[], known: readonly KnownSecret[] = []): Promise<void> {
  await Promise.all(services.map((service) => service.written()));
  const secrets = [...services.flatMap(({ knownSecrets }) => knownSecrets), ...known];
  expectNoSecrets(
    services.map((service) => ({ name: service.logFile, text: service.logText() })),
    secrets,
  );
}
