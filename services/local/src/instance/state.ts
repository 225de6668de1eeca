import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from './user-error.ts';

/** The database roles of the services; each has a random password. */
export const DATABASE_ROLES = [
  'ledgerflow_owner',
  'ledgerflow_writer',
  'ledgerflow_read_owner',
  'ledgerflow_read_builder',
  'ledgerflow_read_gateway',
  'ledgerflow_verifier',
  'ledgerflow_read_verifier',
  'ledgerflow_audit_owner',
  'ledgerflow_audit_gateway',
] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];

/** What a data folder remembers besides the database. */
export interface InstanceState {
  passwords: Record<DatabaseRole, string>;
  /** Signs cursors and consistency tokens, which so outlive a restart. */
  tokenSecret: string;
  /** Encrypts the session cookies of browsers, which so outlive a restart. */
  sessionSecret: string;
  /** The identity provider's; kept because it is part of the issuer's name, and so of every token. */
  identityPort: number;
  demoDone: boolean;
}

/** Written by an earlier version, perhaps. */
export type StoredState = Omit<InstanceState, 'sessionSecret'> & { sessionSecret?: string };

const secret = (): string => randomBytes(24).toString('base64url');

const stateFile = (dataDir: string): string => join(dataDir, 'state.json');

/** What the folder remembers, nothing when it is new. A folder of an earlier version lacks what that did not know. */
export async function readState(dataDir: string): Promise<StoredState | null> {
  const file = stateFile(dataDir);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    const hint = error.code === 'EACCES' || error.code === 'EPERM' ? ': run this as the user that the data folder belongs to' : '';
    throw new UserError(`${file} cannot be read (${error.code ?? error.message})${hint}`);
  });
  if (text === null) return null;
  try {
    const state = JSON.parse(text) as StoredState | null;
    if (state !== null && typeof state === 'object' && state.passwords !== null && typeof state.passwords === 'object') return state;
  } catch {
    // Told below.
  }
  throw new UserError(`${file} is damaged: put a copy of it back, or start afresh with --reset`);
}

/** The same with every password and secret, made and kept on first use. */
export async function loadState(dataDir: string): Promise<InstanceState> {
  const found = await readState(dataDir);
  const missing = DATABASE_ROLES.filter((role) => found?.passwords[role] === undefined);
  if (found !== null && missing.length === 0 && found.sessionSecret !== undefined) return { ...found, sessionSecret: found.sessionSecret };
  const made = Object.fromEntries(missing.map((role) => [role, secret()])) as Record<DatabaseRole, string>;
  const state: InstanceState = {
    sessionSecret: secret(),
    ...(found ?? { tokenSecret: secret(), identityPort: 0, demoDone: false }),
    passwords: { ...found?.passwords, ...made },
  };
  await saveState(dataDir, state);
  return state;
}

export async function saveState(dataDir: string, state: InstanceState): Promise<void> {
  const file = stateFile(dataDir);
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
