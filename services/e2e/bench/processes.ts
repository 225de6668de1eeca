import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts a process's CPU time in ticks of a hundredth of a second, whatever the kernel's own clock. */
const MICROS_PER_TICK = 10_000;
const BYTES_PER_KIB = 1_024;
/** Fields of /proc/<pid>/stat after the command name (proc(5) counts from 3). */
const FIELD = { parent: 1, user: 11, system: 12, childrenUser: 13, childrenSystem: 14 } as const;

function stat(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

const ticks = (fields: string[], ...names: (keyof typeof FIELD)[]): number =>
  names.reduce((sum, name) => sum + Number(fields[FIELD[name]]), 0);

function childrenOf(pid: number): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((child) => stat(child)?.[FIELD.parent] === String(pid));
  } catch {
    return [];
  }
}

/** A process, or a tree of one (PostgreSQL), whose use of the machine is told apart in the results. */
export interface Watched {
  name: string;
  pid: () => number | null;
  /** Its children count too, those that ended meanwhile included. */
  withChildren?: boolean;
  /** Not itself: what the children that ended have used (pgbench, which we start and wait for). */
  onlyEnded?: boolean;
  /** Whether the memory target (of each Node process) is about it. */
  isService?: boolean;
}

/** CPU time used so far, in microseconds; null where the system does not tell (no /proc). */
export function cpuMicros(watched: Watched): number | null {
  const pid = watched.pid();
  const fields = pid === null ? null : stat(pid);
  if (pid === null || fields === null) return null;
  if (watched.onlyEnded === true) return ticks(fields, 'childrenUser', 'childrenSystem') * MICROS_PER_TICK;
  if (watched.withChildren !== true) return ticks(fields, 'user', 'system') * MICROS_PER_TICK;
  let sum = ticks(fields, 'user', 'system', 'childrenUser', 'childrenSystem');
  for (const child of childrenOf(pid)) {
    const own = stat(child);
    if (own !== null) sum += ticks(own, 'user', 'system');
  }
  return sum * MICROS_PER_TICK;
}

function bytesOf(pid: number | null, field: 'VmRSS' | 'VmHWM'): number | null {
  if (pid === null) return null;
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match === null ? null : Number(match[1]) * BYTES_PER_KIB;
  } catch {
    return null;
  }
}

/** Resident memory, in bytes. */
export const residentBytes = (pid: number | null): number | null => bytesOf(pid, 'VmRSS');

/** The most resident memory that it ever had, in bytes. */
export const peakBytes = (pid: number | null): number | null => bytesOf(pid, 'VmHWM');

/** Memory of a process and its children with what they share counted once (PSS), in bytes. It costs the kernel a walk of their page tables: not while something is measured. */
export function proportionalBytes(pid: number | null): number | null {
  if (pid === null) return null;
  let sum = 0;
  for (const each of [pid, ...childrenOf(pid)]) {
    try {
      const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'));
      sum += match === null ? 0 : Number(match[1]) * BYTES_PER_KIB;
    } catch {
      // It ended meanwhile, or is not ours to look at.
    }
  }
  return sum === 0 ? null : sum;
}

/** The children of this process that run a script, by a part of their command line, in the order of their start. */
export function childrenRunning(script: string): number[] {
  return childrenOf(process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script);
      } catch {
        return false;
      }
    })
    .sort((a, b) => a - b);
}
