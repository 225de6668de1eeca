import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, startTime } from '../postgres/processes.ts';
import { UserError } from './user-error.ts';

interface Holder {
  pid: number;
  /** Start time of the process, so that a later one with its id is not taken for it; null where it is unknown. */
  startTime: string | null;
  url: string;
}

export interface InstanceLock {
  /** An earlier instance ended without letting go: what it started may still be on its way out. */
  tookOver: boolean;
  release(): Promise<void>;
}

const ATTEMPTS_MAX = 5;

async function readHolder(file: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

const holds = (holder: Holder): boolean => isAlive(holder.pid) && (holder.startTime === null || startTime(holder.pid) === holder.startTime);

/** The process that holds a data folder, if one does. */
export async function holderOf(dataDir: string): Promise<{ pid: number; url: string } | null> {
  const holder = await readHolder(join(dataDir, 'instance.lock'));
  return holder !== null && holds(holder) ? holder : null;
}

/** Makes this process the only one on a data folder, or throws UserError naming the one that is. */
export async function lockInstance(dataDir: string, url: string): Promise<InstanceLock> {
  const file = join(dataDir, 'instance.lock');
  const draft = `${file}.${process.pid}`;
  const mine: Holder = { pid: process.pid, startTime: startTime(process.pid), url };
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  let tookOver = false;
  try {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      // A link appears whole or not at all, and only if there is none yet.
      const taken = await link(draft, file).then(
        () => false,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
          return true;
        },
      );
      if (!taken) return { tookOver, release: async () => rm(file, { force: true }) };
      const holder = await readHolder(file);
      if (holder !== null && holds(holder)) {
        throw new UserError(
          `LedgerFlow is already running on ${dataDir} (process ${holder.pid}, ${holder.url}): stop it, or use another --data-dir and --port`,
        );
      }
      tookOver = true;
      await rm(file, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new UserError(`${file} cannot be locked: others are starting on this folder at the same time`);
}
