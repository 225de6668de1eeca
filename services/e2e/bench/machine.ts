import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Bench } from './bench.ts';
import { findPgbench, pgbenchVersion } from './pgbench.ts';

const GIBIBYTE = 1024 ** 3;

/** What the figures depend on, in lines. */
export async function machineFacts(bench: Bench): Promise<string[]> {
  const { rows } = await bench.admin.query<{ server_version: string }>('show server_version');
  const system = /^PRETTY_NAME="?(.*?)"?$/m.exec(await readFile('/etc/os-release', 'utf8').catch(() => ''))?.[1] ?? type();
  const { rows: settings } = await bench.admin.query<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from pg_settings where name in ('fsync', 'synchronous_commit', 'shared_buffers', 'max_wal_size') order by name`,
  );
  const pgbench = bench.options.pgbench ? await findPgbench(process.env) : null;
  return [
    `${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? 'unknown'}), ${(totalmem() / GIBIBYTE).toFixed(0)} GiB of memory, ${system}, ${type()} ${release()}`,
    `Node.js ${process.versions.node}, PostgreSQL ${rows[0]?.server_version ?? 'unknown'} (${settings.map(({ name, setting }) => `${name} ${setting}`).join(', ')})${pgbench === null ? '' : `, ${await pgbenchVersion(pgbench)}`}`,
  ];
}
