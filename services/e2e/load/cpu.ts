import { readdir, readFile, readlink } from 'node:fs/promises';
import { localPort } from './address.ts';

/** CPU that a group of processes has used so far, in seconds, by what they are. */
export type CpuSeconds = Record<string, number>;

export interface ProcessLine {
  pid: number;
  parent: number;
  name: string;
  /** Its own, and of its children that have ended. */
  seconds: number;
}

/** USER_HZ, which is 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;
const LISTENING = '0A';
const PARENT_INDEX = 1;
const TIME_INDEX = 11;
const TIME_FIELDS = 4;
const SERVICE = /services\/([a-z-]+)\/src\/main\.ts/;

async function readProcess(pid: number): Promise<ProcessLine | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    // The name in parentheses may hold anything, so the fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(TIME_INDEX, TIME_INDEX + TIME_FIELDS).reduce((sum, field) => sum + Number(field), 0);
    const name = SERVICE.exec(command)?.[1] ?? (/postgres/.test(command) ? 'postgres' : 'other');
    return { pid, parent: Number(fields[PARENT_INDEX]), name, seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return null;
  }
}

async function allProcesses(): Promise<ProcessLine[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map(readProcess))).filter((line) => line !== null);
}

/** Inodes of the sockets that listen on a port. */
async function listeningInodes(port: number): Promise<Set<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')));
  const lines = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  return new Set(
    lines.filter(([, local, , state]) => local?.endsWith(suffix) === true && state === LISTENING).map((fields) => fields[9] as string),
  );
}

async function holdsSocket(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return links.some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''));
}

/** What LedgerFlow consists of, by name as `readProcess` gives it; `local` is npm start itself. */
const KNOWN = new Set(['admin-gateway', 'ledger-writer', 'read-model-builder', 'read-model', 'local', 'postgres']);
/** Adopts what has lost its parent, and may be the parent of everything. */
const INIT_PID = 1;

/** Of the descendants of `root` those that are known parts of a LedgerFlow, this process not among them. */
export function stackMembers(processes: readonly ProcessLine[], root: number): ProcessLine[] {
  const members = new Set([root]);
  // A child may be listed before its parent, so it goes on until nobody joins.
  for (let before = 0; before !== members.size;) {
    before = members.size;
    for (const { pid, parent } of processes) if (members.has(parent) && pid !== process.pid) members.add(pid);
  }
  return processes.filter(({ pid, name }) => members.has(pid) && KNOWN.has(name));
}

/**
 * The LedgerFlow on this machine whose gateway listens on a port: what is known of it among the gateway's parent (npm start) and all that descends from it. Null where
 * that cannot be seen: another system than Linux, another machine, another user's processes, a gateway without such a parent.
 */
export class StackCpu {
  private readonly root: number;

  private constructor(root: number) {
    this.root = root;
  }

  static async find(address: string): Promise<StackCpu | null> {
    const port = localPort(address);
    if (port === null) return null;
    try {
      const inodes = await listeningInodes(port);
      if (inodes.size === 0) return null;
      for (const { pid, parent, name } of await allProcesses())
        if (name === 'admin-gateway' && (await holdsSocket(pid, inodes))) return parent > INIT_PID ? new StackCpu(parent) : null;
      return null;
    } catch {
      return null;
    }
  }

  async read(): Promise<CpuSeconds> {
    const seconds: CpuSeconds = {};
    for (const line of stackMembers(await allProcesses(), this.root)) seconds[line.name] = (seconds[line.name] ?? 0) + line.seconds;
    return seconds;
  }
}

/** Of this process. */
export const ownCpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
};
