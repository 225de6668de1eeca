import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { passwordFile } from './data-folder.ts';
import { holdPostgres } from './hold.ts';
import type { PostgresServer } from './server.ts';
import { TEST_SETTINGS, type TestPostgres } from './test-server.ts';

/** A streaming replica of a test's server; every role and password is the primary's. */
export interface TestStandby extends PostgresServer {
  /** Goes on receiving, and shows nothing new. */
  pauseReplay(): Promise<void>;
  resumeReplay(): Promise<void>;
}

/** What a copy does without; the folders among them it has empty. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);

/** Copies a folder whose files change and vanish meanwhile, with their owners and modes. */
async function copyFolder(from: string, to: string): Promise<void> {
  const { uid, gid, mode } = await stat(from);
  await mkdir(to, { recursive: true });
  for (const entry of LEFT_OUT.has(basename(from)) ? [] : await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    try {
      if (entry.isDirectory()) await copyFolder(source, target);
      else if (entry.isFile() && !LEFT_OUT.has(entry.name)) {
        const file = await stat(source);
        await copyFile(source, target);
        await chown(target, file.uid, file.gid);
        await chmod(target, file.mode);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  await chown(to, uid, gid);
  await chmod(to, mode);
}

/** A base backup by hand: the embedded distribution has no pg_basebackup. The slot keeps what is written meanwhile. */
async function backUp(primary: TestPostgres, dataDir: string, slot: string): Promise<void> {
  const pool = createPool({ url: primary.superuserUrl(), max: 1, applicationName: 'standby', log: silentLogger });
  const client = await pool.connect();
  try {
    await client.query('select pg_create_physical_replication_slot($1, true)', [slot]);
    await client.query(`select pg_backup_start('standby', true)`);
    await copyFolder(primary.dataDir, dataDir);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    const { uid, gid } = await stat(primary.dataDir);
    for (const [name, text] of [
      ['backup_label', rows[0]!.labelfile],
      ['standby.signal', ''],
    ] as const) {
      await writeFile(join(dataDir, name), text, { mode: 0o600 });
      await chown(join(dataDir, name), uid, gid);
    }
    await copyFile(passwordFile(primary.dataDir), passwordFile(dataDir));
  } finally {
    client.release(true);
    await pool.end();
  }
}

let standbys = 0;

/** Starts a replica; `stop` removes it. Its primary has to be stopped after it. */
export async function createTestStandby(primary: TestPostgres): Promise<TestStandby> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-standby-'));
  const dataDir = join(folder, 'postgres');
  const slot = `standby_${process.pid}_${++standbys}`;
  try {
    await backUp(primary, dataDir, slot);
    const url = new URL(primary.superuserUrl());
    const conninfo = `host=127.0.0.1 port=${primary.port} user=${url.username} password=${url.password} application_name=${slot}`;
    const settings = { ...TEST_SETTINGS, primary_conninfo: conninfo, primary_slot_name: slot, wal_receiver_status_interval: '1s' };
    const server = await holdPostgres({ dataDir, settings, log: () => undefined }, folder);
    const ask = async (sql: string): Promise<void> => {
      const pool: Pool = createPool({ url: server.superuserUrl(), max: 1, applicationName: 'test', log: silentLogger });
      await pool.query(sql).finally(() => pool.end());
    };
    return Object.assign(server, {
      pauseReplay: () => ask('select pg_wal_replay_pause()'),
      resumeReplay: () => ask('select pg_wal_replay_resume()'),
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
