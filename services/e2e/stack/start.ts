import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '@ledgerflow/local/postgres';
import { until } from './wait.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'services/local/src/main.ts');
const READY_TIMEOUT_MS = 90_000;
/** npm start gives its services half a minute in all. */
const END_TIMEOUT_MS = 60_000;

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** LedgerFlow as `npm start` starts it, all of it below one process. */
export class Start {
  /** All that it said. */
  output = '';
  readonly child: ChildProcess;
  private readonly closed: Promise<number | null>;

  constructor(args: string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: ROOT });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.closed = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Its address, when it says that it is ready. Rejects with all that it said when it ends instead. */
  async ready(): Promise<string> {
    const isEnded = (): boolean => this.child.exitCode !== null || this.child.signalCode !== null;
    const address = (): string | undefined => /ready after [\d.]+ s: (http:\/\/\S+)/.exec(this.output)?.[1];
    await until('LedgerFlow is ready', () => isEnded() || address(), READY_TIMEOUT_MS);
    const url = isEnded() ? undefined : address();
    if (url === undefined) throw new Error(`LedgerFlow ended with ${await this.closed}:\n${this.output}`);
    return url;
  }

  /** Its exit code, when it and all below it have ended; null when it had to be killed, which is said. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.child.kill(signal);
    const kill = setTimeout(() => {
      console.error(`LedgerFlow does not end, and is killed:\n${this.output}`);
      this.child.kill('SIGKILL');
    }, END_TIMEOUT_MS);
    return this.closed.finally(() => clearTimeout(kill));
  }
}
