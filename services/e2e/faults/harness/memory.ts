import { readFile } from 'node:fs/promises';

const KIB_PER_MIB = 1024;

/** Resident memory of a process, in whole MiB (Linux). */
export async function residentMiB(pid: number | null): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / KIB_PER_MIB);
}
