import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 500;

/** Where what is made once for all checkouts is kept: LEDGERFLOW_CACHE, else the XDG cache folder. */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const { LEDGERFLOW_CACHE: own, XDG_CACHE_HOME: xdg } = environment;
  if (own !== undefined && own !== '') return own;
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'ledgerflow');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A lock is left behind when its process is gone, or when it is older than any work under it may take (its id belongs to another process by then). */
async function isLeftBehind(file: string, workMaxMs: number): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(file);
    return Date.now() - mtimeMs > workMaxMs || !isAlive(Number(await readFile(file, 'utf8')));
  } catch {
    return false;
  }
}

/**
 * Does `work` while no other process on this machine does any in the same folder. Waits for the others at most `workMaxMs`, then throws; `waiting` is called once
 * when there is something to wait for.
 */
export async function alone<T>(
  folder: string,
  workMaxMs: number,
  work: () => Promise<T>,
  waiting: () => void = () => undefined,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'lock');
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const deadline = Date.now() + workMaxMs;
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
      if (Date.now() > deadline) throw new Error(`${file} was held for longer than ${workMaxMs} ms: remove it if nobody works there`);
      if (await isLeftBehind(file, workMaxMs)) await rm(file, { force: true });
      else await delay(POLL_MS);
    }
  } finally {
    await rm(draft, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
