import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { DOCTOR_FILE } from '../instance/command-environment.ts';
import { holderOf, lockInstance } from '../instance/lock.ts';
import { readState, type DatabaseRole, type StoredState } from '../instance/state.ts';
import { UserError } from '../instance/user-error.ts';
import { checkVersion, isRunningOn } from '../postgres/data-folder.ts';
import { PostgresError } from '../postgres/errors.ts';
import { holdPostgres } from '../postgres/hold.ts';

export { UserError } from '../instance/user-error.ts';

/** The databases of one data folder, for those who only read. */
export interface FolderDatabases {
  /** As the role ledgerflow_verifier. */
  ledgerUrl: string;
  /** As the role ledgerflow_read_verifier. */
  readUrl: string;
  /** False: PostgreSQL was started for this, without LedgerFlow, and `close` stops it. */
  running: boolean;
  close(): Promise<void>;
}

const NEEDS_START = 'start LedgerFlow once by npm start, then try again';

async function stateOf(dataDir: string): Promise<StoredState> {
  const found = await stat(dataDir).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error)
    throw new UserError(
      found.code === 'ENOENT'
        ? `there is no data folder ${dataDir}: npm start makes one; another is named by --data-dir`
        : `the data folder ${dataDir} cannot be read (${found.code ?? found.message}): run this as the user it belongs to`,
    );
  const state = await readState(dataDir);
  if (state === null) throw new UserError(`${dataDir} is no data folder of LedgerFlow: it has no state.json`);
  return state;
}

/** Whether the folder's server runs, and its port: lines 1, 4 and 8 of postmaster.pid. */
async function runningPort(postgresDir: string): Promise<number | null> {
  const lines = (await readFile(join(postgresDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return lines[7]?.trim() === 'ready' && port > 0 && isRunningOn(pid, postgresDir) ? port : null;
}

function urlsOn(port: number, state: StoredState, dataDir: string): Pick<FolderDatabases, 'ledgerUrl' | 'readUrl'> {
  const urlOf = (role: DatabaseRole, database: string): string => {
    const password = (state.passwords as Partial<Record<DatabaseRole, string>>)[role];
    if (password === undefined)
      throw new UserError(`the databases of ${dataDir} were made by an earlier version, without the role ${role}: ${NEEDS_START}`);
    return `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  };
  return { ledgerUrl: urlOf('ledgerflow_verifier', 'ledgerflow_ledger'), readUrl: urlOf('ledgerflow_read_verifier', 'ledgerflow_read') };
}

/**
 * Finds the databases of a data folder: those of the LedgerFlow that runs on it, else its PostgreSQL is started for as long as the caller needs it, with the
 * folder locked against a start of LedgerFlow meanwhile. Throws UserError for what a person can put right.
 */
export async function openFolderDatabases(folder: string, purpose: string): Promise<FolderDatabases> {
  const dataDir = resolve(folder);
  const state = await stateOf(dataDir);
  const postgresDir = join(dataDir, 'postgres');
  try {
    if (!(await checkVersion(postgresDir))) throw new UserError(`${dataDir} has no databases yet: ${NEEDS_START}`);
    const port = await runningPort(postgresDir);
    // The server of one who only reads stops with him.
    const holder = port === null ? null : await holderOf(dataDir);
    if (holder?.url === purpose)
      throw new UserError(`${purpose} is already reading ${dataDir}, which is stopped (process ${holder.pid}): wait until it has ended`);
    if (port !== null) return { ...urlsOn(port, state, dataDir), running: true, close: async () => undefined };
    urlsOn(0, state, dataDir);
    const lock = await lockInstance(dataDir, purpose).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS')
        throw new UserError(`the data folder ${dataDir} cannot be written (${error.code}), so its PostgreSQL cannot be started`);
      throw error;
    });
    try {
      const server = await holdPostgres({ dataDir: postgresDir, log: () => undefined });
      const close = async (): Promise<void> => {
        await server.stop();
        await lock.release();
      };
      return { ...urlsOn(server.port, state, dataDir), running: false, close };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw error instanceof PostgresError ? new UserError(error.message) : error;
  }
}

/** What the LedgerFlow that runs on a data folder consists of, by the doctor's variables, and the address of its API. Throws UserError when none runs there. */
export async function folderInstallation(folder: string): Promise<{ url: string; variables: NodeJS.Dict<string> }> {
  const dataDir = resolve(folder);
  await stateOf(dataDir);
  const holder = await holderOf(dataDir);
  if (holder === null)
    throw new UserError(`nothing runs on ${dataDir}: start it by npm start, or name the parts of an installation in the environment`);
  const text = await readFile(join(dataDir, DOCTOR_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'it is still starting, or of an earlier version' : (error.code ?? error.message);
    throw new UserError(`${join(dataDir, DOCTOR_FILE)} cannot be read: ${why}`);
  });
  return { url: holder.url, variables: parseEnv(text) };
}
