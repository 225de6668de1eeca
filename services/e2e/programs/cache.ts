import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 500;
const RENEW_MS = 20_000;
/** A lock that was not renewed for so long belongs to nobody, even if there is a process with that id. */
const LEFT_BEHIND_MS = 300_000;

/** Where what is made once for all checkouts is kept: LEDGERFLOW_CACHE, else the XDG cache folder. */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const { LEDGERFLOW_CACHE: own, XDG_CACHE_HOME: xdg } = environment;
  if (own !== undefined && own !== '') return own;
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'ledgerflow');
}

function isAlive(pid: number): boolean {
  // 0 and below are groups of processes.
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isLeftBehind(file: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(file);
    return Date.now() - mtimeMs > LEFT_BEHIND_MS || !isAlive(Number(await readFile(file, 'utf8')));
  } catch {
    return false;
  }
}

/**
 * Does `work` while no other process on this machine does any in the same folder. Waits for the others at most `waitMaxMs`, then throws; `waiting` is called once
 * when there is something to wait for.
 */
export async function alone<T>(
  folder: string,
  waitMaxMs: number,
  work: () => Promise<T>,
  waiting: () => void = () => undefined,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'lock');
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const deadline = Date.now() + waitMaxMs;
  try {
    for (let attempt = 0; ; attempt++) {
      await writeFile(draft, String(process.pid));
      // A link appears whole or not at all, and only if there is none yet.
      const isMine = await link(draft, file).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
          return false;
        },
      );
      if (isMine) break;
      if (attempt === 0) waiting();
      if (Date.now() > deadline) throw new Error(`${file} was held for longer than ${waitMaxMs} ms: remove it if nobody works there`);
      if (await isLeftBehind(file)) await rm(file, { force: true });
      else await delay(POLL_MS);
    }
  } finally {
    await rm(draft, { force: true });
  }
  const renewal = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await rm(file, { force: true });
  }
}
