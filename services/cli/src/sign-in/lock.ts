import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../exit-codes.ts';

/** Longer than anything that is done under the lock: a renewal has two requests of 15 s at most. */
const STALE_MS = 60_000;
const WAIT_MS_MAX = 45_000;
const POLL_MS = 50;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

interface Holder {
  id: string;
  host: string;
  pid: number;
}

const read = (file: string): Promise<string | null> => readFile(file, 'utf8').catch(() => null);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function isOfDead(text: string): boolean {
  try {
    const { host, pid } = JSON.parse(text) as Partial<Holder>;
    return host === hostname() && typeof pid === 'number' && !isAlive(pid);
  } catch {
    // Of somebody who is just writing it, or died of it.
    return false;
  }
}

/** Takes a lock away whose holder ended without giving it back. Moved first, for between reading and deleting it may have become another's. */
async function dropStale(file: string): Promise<void> {
  const text = await read(file);
  const found = await stat(file).catch(() => null);
  if (text === null || found === null || !(Date.now() - found.mtimeMs > STALE_MS || isOfDead(text))) return;
  const moved = `${file}.${randomUUID()}`;
  await rename(file, moved).catch(() => undefined);
  if ((await read(moved)) !== text) await link(moved, file).catch(() => undefined);
  await rm(moved, { force: true });
}

async function taken(file: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
    await writeFile(file, text, { mode: FILE_MODE, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new CommandError('fault', `${file} cannot be written: ${(error as Error).message}`);
  }
}

/** Does the work while no other process does any under the same file. Rejects with the signal's reason, and with CommandError when the lock is not free within 45 s. */
export async function locked<T>(file: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const holder: Holder = { id: randomUUID(), host: hostname(), pid: process.pid };
  const text = JSON.stringify(holder);
  const endMs = performance.now() + WAIT_MS_MAX;
  for (;;) {
    signal.throwIfAborted();
    if (await taken(file, text)) break;
    await dropStale(file);
    if (performance.now() > endMs) throw new CommandError('unavailable', `another command holds ${file}`);
    await delay(POLL_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  try {
    return await work();
  } finally {
    // Not when it took so long that it became another's.
    if ((await read(file)) === text) await rm(file, { force: true });
  }
}
