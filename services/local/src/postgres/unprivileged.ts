import { execFile } from 'node:child_process';
import { chown, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PostgresError } from './errors.ts';

const run = promisify(execFile);

/**
 * How to start a PostgreSQL program: the words before it, and who has to own its files. The server refuses to run as root, so root has to start it as somebody
 * else, who cannot look below a folder of mode 0700 such as /root or one made by mktemp.
 */
export interface Launcher {
  prefix: string[];
  /** Owner of the data folder; null: the user of this process. */
  owner: { uid: number; gid: number } | null;
}

const CAPABILITIES = { dac_override: 1, dac_read_search: 2 } as const;

/** The capability that lets the server's user pass through folders that are root's alone, if this process has it. */
async function searchCapability(): Promise<string | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const has = (bit: number): boolean => (effective >> BigInt(bit)) % 2n === 1n;
  if (has(CAPABILITIES.dac_read_search)) return 'dac_read_search';
  return has(CAPABILITIES.dac_override) ? 'dac_override' : null;
}

/** User `postgres` if the machine has it, else `nobody`: initdb wants one that has a name. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const fields = lines.find((line) => line[0] === name);
    if (fields !== undefined && Number(fields[2]) > 0) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new PostgresError(
    'no_unprivileged_user',
    'PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody: start LedgerFlow as another user',
  );
}

/**
 * Linux ends the server (by a fast shutdown) when the process that started it is gone, even by kill -9. Tried first with, then without: `setpriv` is part of
 * util-linux, but not everywhere.
 */
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'INT', '--'];

async function rootLaunchers(dataDir: string): Promise<Launcher[]> {
  const existing = await stat(dataDir).catch(() => null);
  const owner = existing !== null && existing.uid !== 0 ? { uid: existing.uid, gid: existing.gid } : await unprivilegedUser();
  const asOwner = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--pdeathsig', 'INT'];
  const capability = await searchCapability();
  const launchers: Launcher[] = [];
  if (capability !== null) {
    // access(2) judges by the real user and drops capabilities for any but root, unless no_setuid_fixup is set: without it initdb does not find its neighbour.
    const capabilities = [
      `--inh-caps=-all,+${capability}`,
      `--ambient-caps=+${capability}`,
      `--bounding-set=-all,+${capability}`,
      '--securebits=+no_setuid_fixup',
    ];
    launchers.push({ prefix: ['setpriv', ...asOwner, ...capabilities, '--'], owner });
  }
  launchers.push({ prefix: ['setpriv', ...asOwner, '--'], owner });
  // A user namespace in which root has another number: everything stays root's, outside and on disk.
  const namespace = ['unshare', '--user', `--map-user=${owner.uid}`, '--'];
  const namespaces = [[...namespace, ...DIE_WITH_PARENT], namespace].map((prefix): Launcher => ({ prefix, owner: { uid: 0, gid: 0 } }));
  return existing?.uid === 0 && (await isInitialized(dataDir)) ? namespaces : [...launchers, ...namespaces];
}

async function isInitialized(dataDir: string): Promise<boolean> {
  return stat(`${dataDir}/PG_VERSION`).then(
    () => true,
    () => false,
  );
}

const PROBE_TIMEOUT_MS = 10_000;

async function works(launcher: Launcher, program: string, folder: string): Promise<string | null> {
  const [command, ...words] = [...launcher.prefix, '/bin/sh', '-c', '"$0" --version && test -w "$1"', program, folder];
  try {
    await run(command ?? '/bin/sh', words, { timeout: PROBE_TIMEOUT_MS });
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return (stderr?.trim() || message).split('\n')[0] ?? message;
  }
}

/**
 * The first way of starting `program` that works here and can write `folder`, which is given to the user the server will run as.
 */
export async function findLauncher(program: string, dataDir: string, folder: string): Promise<Launcher> {
  const root = process.getuid?.() === 0;
  const launchers = root
    ? await rootLaunchers(dataDir)
    : [...(process.platform === 'linux' ? [{ prefix: DIE_WITH_PARENT, owner: null }] : []), { prefix: [], owner: null }];
  const reasons: string[] = [];
  for (const launcher of launchers) {
    if (launcher.owner !== null) await chown(folder, launcher.owner.uid, launcher.owner.gid);
    const reason = await works(launcher, program, folder);
    if (reason === null) return launcher;
    reasons.push(reason);
  }
  throw new PostgresError(
    root ? 'no_unprivileged_user' : 'start_failed',
    `PostgreSQL cannot be started ${root ? 'by root ' : ''}here: ${reasons[0] ?? 'unknown reason'}`,
  );
}
