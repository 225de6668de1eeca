import { spawn, type StdioOptions } from 'node:child_process';
import type { LogFile } from './log-file.ts';
import { ServiceFailure } from './service.ts';

/** A program that ends by itself. */
export interface TaskSpec {
  name: string;
  entry: string;
  environment: Record<string, string>;
}

const TASK_TIMEOUT_MS = 120_000;

/** Runs a task to its end. Throws ServiceFailure with what it last said if that is not exit 0. */
export async function runTask(spec: TaskSpec, log: LogFile, abort: AbortSignal): Promise<void> {
  const stdio: StdioOptions = ['ignore', log.fd, log.fd];
  const child = spawn(process.execPath, [spec.entry], {
    env: spec.environment,
    stdio,
    timeout: TASK_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    signal: abort,
  });
  const code = await new Promise<number | null>((done) => {
    child.on('error', () => done(null));
    child.once('exit', done);
  });
  if (code !== 0) throw new ServiceFailure(`${spec.name} failed: ${log.reason()} (${log.path})`, code ?? 1);
}
