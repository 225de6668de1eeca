import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

const HERE = import.meta.dirname;
const ENDS_MAX_MS = 20_000;

/** A service that does nothing, and the signal that ends it. Its log is a pipe to us. */
const SERVICE = (level: string, chatter: number): string => `
  import { createLogger } from ${JSON.stringify(join(HERE, '../log/index.ts'))};
  import { runService } from ${JSON.stringify(join(HERE, 'index.ts'))};
  const log = createLogger('idle', ${JSON.stringify(level)});
  await runService(log, async (parts) => {
    const timer = setInterval(() => undefined, 1_000);
    parts.add('timer', () => {
      clearInterval(timer);
      for (let line = 0; line < ${chatter}; line++) log.info({ line, filler: 'x'.repeat(1_000) }, 'last');
    });
    return { ports: {} };
  });`;

describe('a service that stops', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function started(chatter = 0): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', SERVICE('info', chatter)], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    children.push(child);
    await once(child, 'message');
    return child;
  }

  async function ended(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
    const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_MAX_MS);
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    return code ?? signal;
  }

  it('writes its last lines', async () => {
    const child = await started();
    let text = '';
    child.stdout?.on('data', (data: Buffer) => (text += data.toString()));
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(text).toContain('"msg":"stopped"');
  });

  it('ends although nobody reads its log any more', async () => {
    const child = await started();
    child.stdout?.destroy();
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
  });

  it('ends although the reader of its log is stuck', async () => {
    const child = await started(2_000);
    child.stdout?.pause();
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
  });
});
