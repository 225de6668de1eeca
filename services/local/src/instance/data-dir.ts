import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkVersion } from '../postgres/data-folder.ts';
import { PostgresError } from '../postgres/errors.ts';
import { UserError } from './user-error.ts';

/** Names of which at least one is in every data folder of ours. */
const OURS = ['state.json', 'postgres', 'instance.lock', 'logs'];

function unwritable(folder: string, error: unknown): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason =
    code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? 'no permission'
      : code === 'ENOTDIR' || code === 'EEXIST'
        ? 'it is not a folder'
        : message;
  return new UserError(`the data folder ${folder} cannot be written (${reason}): choose another by --data-dir`);
}

/** mkdir with its parents, one by one: the recursive mkdir of Node.js never ends where a parent exists but can hold no folder (/proc). */
async function makeFolder(folder: string): Promise<void> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await makeFolder(dirname(folder));
  await mkdir(folder, { mode: 0o711 });
}

/** Makes the data folder if needed and sees that it can be written and is empty or ours. */
export async function openDataDir(folder: string): Promise<void> {
  let names: string[];
  try {
    // Others may pass through (PostgreSQL runs as another user when started by root), but not look: what is secret has mode 0600 or 0700 besides.
    await makeFolder(folder);
    names = await readdir(folder);
    const probe = join(folder, `.probe-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw unwritable(folder, error);
  }
  if (names.length > 0 && !names.some((name) => OURS.includes(name))) {
    throw new UserError(`${folder} is not empty and not a data folder of LedgerFlow: choose another by --data-dir`);
  }
}

/** Deletes what the folder holds, but for the lock. Called with the lock held. */
export async function resetDataDir(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('instance.lock')) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Throws UserError if the folder's database is of another PostgreSQL. */
export async function checkDatabaseVersion(folder: string): Promise<void> {
  try {
    await checkVersion(join(folder, 'postgres'));
  } catch (error) {
    throw error instanceof PostgresError ? new UserError(error.message) : error;
  }
}

export async function makeEphemeralDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-'));
  await chmod(folder, 0o711);
  return folder;
}
