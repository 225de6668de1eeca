import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { PostgresError } from './errors.ts';
import { isAlive } from './processes.ts';
import type { Launcher } from './unprivileged.ts';

export const POSTGRES_MAJOR = '18';
const INITDB_TIMEOUT_MS = 60_000;

async function contents(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new PostgresError('unwritable', `${folder} cannot be read: ${error.message}`);
  });
}

/** Whether the folder holds a cluster of our version (true) or nothing yet (false); anything else is an error. */
export async function checkVersion(dataDir: string): Promise<boolean> {
  const names = await contents(dataDir);
  if (names.length === 0) return false;
  if (!names.includes('PG_VERSION')) throw new PostgresError('not_a_data_folder', `${dataDir} is not empty and no PostgreSQL data folder`);
  const version = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim();
  if (version !== POSTGRES_MAJOR) {
    throw new PostgresError(
      'wrong_version',
      `${dataDir} is of PostgreSQL ${version}, this is PostgreSQL ${POSTGRES_MAJOR}: use another folder, or start afresh with --reset`,
    );
  }
  return true;
}

/** Refuses a folder whose server is running; takes away what a dead one left behind. */
export async function checkNotRunning(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (isRunningOn(pid, dataDir))
    throw new PostgresError('already_running', `${dataDir} is in use by a running PostgreSQL (process ${pid})`);
  // The id now belongs to somebody else: PostgreSQL itself would refuse to start.
  if (isAlive(pid)) await rm(file, { force: true });
}

/** Whether the process lives and is the server of this folder, as far as the system tells. */
export function isRunningOn(pid: number, dataDir: string): boolean {
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) && isServerOf(pid, dataDir);
}

function isServerOf(pid: number, dataDir: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(dataDir);
  } catch {
    return true;
  }
}

/** The superuser's password: beside the data folder, readable by its owner only. */
export function passwordFile(dataDir: string): string {
  return join(dirname(dataDir), `${basename(dataDir)}.password`);
}

export async function readPassword(dataDir: string): Promise<string> {
  const file = passwordFile(dataDir);
  return readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => {
      throw new PostgresError('not_a_data_folder', `${file}, the password of ${dataDir}, cannot be read`);
    },
  );
}

/** Makes a cluster beside its place and moves it there when complete: an interrupted start leaves no half of one. */
export async function initialize(binaries: Binaries, launcher: Launcher, dataDir: string, sync: boolean): Promise<void> {
  const stage = join(stagingFolder(dataDir), 'data');
  const input = join(stagingFolder(dataDir), 'password');
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile(dataDir), `${password}\n`, { mode: 0o600 });
  await writeFile(input, password, { mode: 0o600 });
  if (launcher.owner !== null) await chown(input, launcher.owner.uid, launcher.owner.gid);
  const words = [
    '-D',
    stage,
    '-U',
    'postgres',
    '--pwfile',
    input,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  const [command, ...rest] = [...launcher.prefix, binaries.initdb, ...words, ...(sync ? [] : ['--no-sync'])];
  try {
    await promisify(execFile)(command ?? binaries.initdb, rest, { timeout: INITDB_TIMEOUT_MS, cwd: '/' });
    await rm(dataDir, { recursive: true, force: true });
    await rename(stage, dataDir);
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new PostgresError('start_failed', `initdb failed: ${(stderr?.trim() || message).replaceAll('\n', ' ')}`);
  }
}

/** A folder of the server's user beside the data folder, for the time of a start. */
export function stagingFolder(dataDir: string): string {
  return `${dataDir}.new`;
}

export async function makeStagingFolder(dataDir: string): Promise<string> {
  const folder = stagingFolder(dataDir);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new PostgresError('unwritable', `${dirname(dataDir)} cannot be written: ${(error as Error).message}`);
  }
  return folder;
}
