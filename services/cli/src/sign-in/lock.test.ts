import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { locked } from './lock.ts';

const NEVER = new AbortController().signal;
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledgerflow-lock-'));
  file = join(folder, 'deeper', 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hold = async (text: string): Promise<void> => {
  await locked(file, NEVER, () => Promise.resolve());
  await writeFile(file, text);
};

describe('the lock', () => {
  it('lets one in at a time, and nothing is left of it', async () => {
    let inside = 0;
    const work = async (): Promise<number> => {
      inside += 1;
      await new Promise(setImmediate);
      const found = inside;
      inside -= 1;
      return found;
    };
    expect(await Promise.all([1, 2, 3].map(() => locked(file, NEVER, work)))).toEqual([1, 1, 1]);
    await expect(locked(file, NEVER, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await readdir(join(folder, 'deeper'))).toEqual([]);
  });

  it('is waited for until the signal comes', async () => {
    await hold(JSON.stringify({ id: 'x', host: 'elsewhere', pid: 1 }));
    const stop = new AbortController();
    const waiting = locked(file, stop.signal, () => Promise.resolve());
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('is taken from a process that is gone, and from anybody after a minute', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await hold(JSON.stringify({ id: 'x', host: hostname(), pid }));
    expect(await locked(file, NEVER, () => Promise.resolve('mine'))).toBe('mine');
    await hold('');
    await utimes(file, new Date(0), new Date(0));
    expect(await locked(file, NEVER, () => Promise.resolve('mine'))).toBe('mine');
    expect(await readdir(join(folder, 'deeper'))).toEqual([]);
  });
});
