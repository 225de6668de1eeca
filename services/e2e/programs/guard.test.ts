import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnGuarded } from './guard.ts';

const WAIT_MS = 20_000;
const POLL_MS = 20;

async function untilGone(isThere: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (isThere()) {
    if (Date.now() > deadline) throw new Error(`${what} is still there after ${WAIT_MS} ms`);
    await delay(POLL_MS);
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('tells how a program ended', async () => {
  expect(await spawnGuarded('sh', ['-c', 'exit 3']).ended).toBe('exit code 3');
  expect(await spawnGuarded('/nowhere/at/all', []).ended).toContain('ENOENT');
  const sleeping = spawnGuarded('sleep', ['1000']);
  sleeping.signal('SIGKILL');
  expect(await sleeping.ended).toBe('SIGKILL');
  sleeping.signal('SIGKILL');
});

it('ends a program and what it started when this process is killed, and removes the folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guard-test-'));
  // A program with a child of its own, as `go build` has compilers.
  const script = `
    import { spawnGuarded } from ${JSON.stringify(join(import.meta.dirname, 'guard.ts'))};
    const { child } = spawnGuarded('sh', ['-c', 'sleep 1000 & echo $$ $!; wait'], { throwAwayDir: ${JSON.stringify(folder)} });
    child.stdout.pipe(process.stdout);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const pids = line.split(' ').map(Number);
  expect(pids.map(isAlive)).toEqual([true, true]);
  parent.kill('SIGKILL');
  await untilGone(() => pids.some(isAlive), 'a program');
  await untilGone(() => existsSync(folder), 'the folder');
});
