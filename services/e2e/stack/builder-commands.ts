import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { SERVICE_ENVIRONMENT } from '@ledgerflow/platform/runtime';
import type { Stack } from './stack.ts';

/** What a rebuild's pod runs. */
export const CLI = join(import.meta.dirname, '../../read-model-builder/src/cli.ts');

export interface RebuildEvent {
  event: string;
  rebuild: string;
  error?: string | null;
  difference?: unknown;
  percent?: number;
}

export interface RebuildCommand {
  child: ChildProcess;
  /** Its exit code (null when it was killed) and what it said. */
  ended: Promise<{ code: number | null; events: RebuildEvent[] }>;
}

type Deployed = Pick<Stack, 'tls' | 'writerAddresses'> & { urls: Pick<Stack['urls'], 'read'> };

/** Its whole environment. */
export function environmentOf(stack: Deployed): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return {
    PATH,
    HOME,
    ...SERVICE_ENVIRONMENT,
    ...stack.tls('read-model-builder'),
    READ_DATABASE_URL: stack.urls.read,
    WRITER_ADDRESSES: stack.writerAddresses.join(','),
    LOG_LEVEL: 'error',
  };
}

/** `read-model-builder dead-letters …` to its end. */
export const lettersCommand = (stack: Deployed, ...options: string[]) => toItsEnd(stack, 'dead-letters', ...options);

/** `read-model-builder adopt-epoch …` to its end. */
export const adoptCommand = (stack: Deployed, ...options: string[]) => toItsEnd(stack, 'adopt-epoch', ...options);

async function toItsEnd(stack: Deployed, ...argv: string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [CLI, ...argv], {
    env: environmentOf(stack),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}

/** `read-model-builder rebuild …`, as a Kubernetes Job runs it. */
export function rebuildCommand(stack: Deployed, ...options: string[]): RebuildCommand {
  const child = spawn(process.execPath, [CLI, 'rebuild', '--json', ...options], {
    env: environmentOf(stack),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<{ code: number | null; events: RebuildEvent[] }>((resolve) =>
    child.once('close', (code) =>
      resolve({
        code,
        events: text.split('\n').flatMap((line) => (line.startsWith('{"event"') ? [JSON.parse(line) as RebuildEvent] : [])),
      }),
    ),
  );
  return { child, ended };
}
