import { spawn, type ChildProcess } from 'node:child_process';
import { SERVICE_ENVIRONMENT } from '@ledgerflow/platform/runtime';
import { signal, until } from '../postgres/processes.ts';
import { Backoff } from './backoff.ts';
import type { LogFile } from './log-file.ts';

/** A program to keep running. */
export interface ServiceSpec {
  name: string;
  /** What it is to a person. */
  title: string;
  /** Path of the script; it tells `{type: 'ready'}` or `{type: 'failed', message}` over IPC, and stops when that channel ends. */
  entry: string;
  arguments?: string[];
  environment: Record<string, string>;
}

/** How a service tells the person at the terminal and the rest of the stack what happened. */
export interface ServiceEvents {
  say(line: string): void;
  /** It cannot go on, nor be helped by a restart. */
  fatal(error: Error): void;
}

const EXIT_CONFIG = 78;
export const READY_TIMEOUT_MS = 60_000;
/** More than the 15 s in which a service ends its own stop. */
export const STOP_TIMEOUT_MS = 20_000;
const KILL_TIMEOUT_MS = 5_000;

export class ServiceFailure extends Error {
  override name = 'ServiceFailure';
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

type Outcome = { ready: true } | { ready: false; failure: ServiceFailure };

/** One supervised process: started again, with growing delays, when it ends unasked. */
export class Service {
  readonly spec: ServiceSpec;
  readonly log: LogFile;
  private readonly events: ServiceEvents;
  private readonly backoff = new Backoff();
  private child: ChildProcess | null = null;
  private readonly stopSignal = new AbortController();
  private upSince = 0;

  constructor(spec: ServiceSpec, log: LogFile, events: ServiceEvents) {
    this.spec = spec;
    this.log = log;
    this.events = events;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  private get stopping(): boolean {
    return this.stopSignal.signal.aborted;
  }

  /** Resolves when it is ready for the first time; throws ServiceFailure if it does not get there. */
  async start(): Promise<void> {
    const outcome = await this.run();
    if (!outcome.ready) throw outcome.failure;
  }

  private async run(): Promise<Outcome> {
    const { entry, environment, arguments: words = [] } = this.spec;
    // Its own process group: Ctrl-C reaches the supervisor alone, which stops its services in order.
    const child = spawn(process.execPath, [entry, ...words], {
      detached: true,
      env: { ...SERVICE_ENVIRONMENT, ...environment },
      stdio: ['ignore', this.log.fd, this.log.fd, 'ipc'],
    });
    this.child = child;
    let told: string | null = null;
    const outcome = await new Promise<Outcome>((done) => {
      const fail = (message: string, exitCode: number): void => done({ ready: false, failure: new ServiceFailure(message, exitCode) });
      const timer = setTimeout(() => {
        fail(`was not ready within ${READY_TIMEOUT_MS / 1000} s`, 1);
        if (child.pid !== undefined) signal(child.pid, 'SIGKILL');
      }, READY_TIMEOUT_MS);
      child.on('message', (message: { type?: string; message?: string }) => {
        if (message.type === 'ready') {
          clearTimeout(timer);
          done({ ready: true });
        }
        if (message.type === 'failed') told = message.message ?? null;
      });
      child.once('error', (error) => fail(error.message, 1));
      child.once('exit', (code, name) => {
        clearTimeout(timer);
        fail(told ?? this.lastWords(code, name), code === EXIT_CONFIG ? EXIT_CONFIG : 1);
      });
    });
    if (outcome.ready) {
      this.upSince = performance.now();
      if (child.exitCode !== null || child.signalCode !== null) this.ended(child.exitCode, child.signalCode);
      else child.once('exit', (code, name) => this.ended(code, name));
    }
    return outcome;
  }

  private lastWords(code: number | null, name: NodeJS.Signals | null): string {
    const how = name === null ? `exit code ${code}` : name;
    const lines = code === EXIT_CONFIG ? this.log.tail(10).filter((line) => !line.startsWith('{')) : [];
    return lines.length > 0 ? lines.join('\n') : `ended (${how})`;
  }

  private ended(code: number | null, name: NodeJS.Signals | null): void {
    if (this.stopping) return;
    void this.restart(`ended (${name ?? `exit code ${code}`})`, code === EXIT_CONFIG);
  }

  private async restart(why: string, isConfiguration: boolean): Promise<void> {
    let reason = why;
    let hopeless = isConfiguration;
    let upMs = performance.now() - this.upSince;
    // Without a bound on purpose: the delay is bounded, and giving up would need a human.
    while (!this.stopping) {
      if (hopeless) return this.events.fatal(new ServiceFailure(`${this.spec.name}: ${reason}`, EXIT_CONFIG));
      const delayMs = this.backoff.next(upMs);
      this.events.say(`${this.spec.name} ${reason.split('\n')[0]}: starting it again in ${delayMs / 1000} s (${this.log.path})`);
      await this.pause(delayMs);
      if (this.stopping) return;
      const outcome = await this.run();
      if (outcome.ready) return this.events.say(`${this.spec.name} is back`);
      reason = outcome.failure.message;
      hopeless = outcome.failure.exitCode === EXIT_CONFIG;
      upMs = 0;
    }
  }

  private async pause(delayMs: number): Promise<void> {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, delayMs);
      const abort = (): void => {
        clearTimeout(timer);
        done();
      };
      this.stopSignal.signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Asks it to drain and stop, and ends it if it does not. Returns whether it went by itself. */
  async stop(timeoutMs: number = STOP_TIMEOUT_MS): Promise<boolean> {
    this.stopSignal.abort();
    const { child } = this;
    if (child?.pid === undefined) return true;
    const { pid } = child;
    const gone = (): boolean => child.exitCode !== null || child.signalCode !== null;
    if (gone()) return true;
    signal(pid, 'SIGCONT');
    signal(pid, 'SIGTERM');
    if (await until(gone, timeoutMs)) return true;
    signal(pid, 'SIGKILL');
    await until(gone, KILL_TIMEOUT_MS);
    return false;
  }
}
