import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '@ledgerflow/local/postgres';
import { until } from './wait.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'services/local/src/main.ts');
const READY_TIMEOUT_MS = 90_000;

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

  /** Its address, when it says that it is ready. */
  ready(): Promise<string> {
    return until(
      'LedgerFlow is ready',
      () =>
        this.child.exitCode === null
          ? /ready after [\d.]+ s: (http:\/\/\S+)/.exec(this.output)?.[1]
          : Promise.reject(new Error(this.output)),
      READY_TIMEOUT_MS,
    );
  }

  /** Its exit code, when it and all below it have ended. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.child.kill(signal);
    return this.closed;
  }
}
