import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool } from '@ledgerflow/platform/postgres';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBinaries } from './binaries.ts';
import { createTestPostgres, startPostgres, type PostgresError, type TestPostgres } from './index.ts';
import { passwordFile } from './data-folder.ts';
import { isAlive, until } from './processes.ts';

const DEADLINE_MS = 20_000;
let server: TestPostgres;
let folder: string;

beforeAll(async () => {
  server = await createTestPostgres();
  folder = await mkdtemp(join(tmpdir(), 'postgres-test-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const pool = createPool({ url, max: 1, applicationName: 'test', log: silentLogger });
  try {
    return (await pool.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await pool.end();
  }
}

const failure = async (promise: Promise<unknown>): Promise<PostgresError> =>
  promise.then(
    () => {
      throw new Error('was expected to fail');
    },
    (error: PostgresError) => error,
  );

describe('the embedded server', () => {
  it('is PostgreSQL 18, durable, on this machine only, with a password', async () => {
    const [row] = await query(
      server.superuserUrl(),
      `select current_setting('server_version') version, current_setting('fsync') fsync, current_setting('synchronous_commit') commit, current_setting('full_page_writes') pages,
         current_setting('listen_addresses') listen, current_setting('server_encoding') encoding, current_setting('data_checksums') checksums`,
    );
    expect(row).toMatchObject({ fsync: 'on', commit: 'on', pages: 'on', listen: '127.0.0.1', encoding: 'UTF8', checksums: 'on' });
    expect(String(row?.['version'])).toMatch(/^18\./);
    expect((await stat(passwordFile(server.dataDir))).mode & 0o777).toBe(0o600);
    const wrong = new URL(server.superuserUrl());
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
  });

  it('copies a template', async () => {
    const template = await server.createDatabase();
    await query(template.url, 'create table t as select 1 as n');
    const copy = await server.createDatabase(template.name);
    expect(await query(copy.url, 'select n from t')).toEqual([{ n: 1 }]);
  });

  it('has its own process group, out of reach of Ctrl-C', async () => {
    const text = await readFile(`/proc/${server.pid}/stat`, 'utf8');
    expect(text.slice(text.lastIndexOf(')') + 2).split(' ')[2]).toBe(String(server.pid));
  });

  it('keeps what was committed through a kill -9, on the same port', async () => {
    const { url } = await server.createDatabase();
    await query(url, 'create table t as select 7 as n');
    const { pid, port } = server;
    await server.kill();
    expect(server.pid).toBeNull();
    await expect(query(url, 'select 1')).rejects.toThrow();
    await server.restart();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
    expect(await query(url, 'select n from t')).toEqual([{ n: 7 }]);
  });

  it("makes its libraries' links again, which npm drops when it installs the package again while the server runs", async () => {
    // Of all links the one that no program here loads: other tests use this package at the same time.
    const link = join(dirname((await findBinaries()).postgres), '..', 'lib', 'libecpg_compat.so');
    await rm(link);
    await server.restart();
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  it('ends and removes its folder when its user is killed', async () => {
    const script = `import { createTestPostgres } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      const server = await createTestPostgres({ fsync: false });
      process.stdout.write(JSON.stringify([server.pid, server.dataDir]));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: dirname(fileURLToPath(import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid, dataDir] = await new Promise<[number, string]>((done) =>
      child.stdout.once('data', (text) => done(JSON.parse(String(text)) as [number, string])),
    );
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    expect(await until(() => !isAlive(pid) && !existsSync(dirname(dataDir)), DEADLINE_MS)).toBe(true);
  });
});

describe('what a person can put right has a code', () => {
  const start = async (dataDir: string, port?: number): Promise<unknown> => startPostgres({ dataDir, port, log: () => undefined });

  it('another version', async () => {
    const dataDir = join(folder, 'old');
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'PG_VERSION'), '17\n');
    expect(await failure(start(dataDir))).toMatchObject({ code: 'wrong_version' });
  });

  it('a folder of something else', async () => {
    await writeFile(join(folder, 'thesis.txt'), '');
    expect(await failure(start(folder))).toMatchObject({ code: 'not_a_data_folder' });
  });

  it('a server that runs already', async () => {
    expect(await failure(start(server.dataDir))).toMatchObject({ code: 'already_running' });
  });

  it('a taken port', async () => {
    expect(await failure(start(join(folder, 'new'), server.port))).toMatchObject({ code: 'port_taken' });
  });

  it("a dead server's file that names another process is no obstacle", async () => {
    const other = await startPostgres({ dataDir: join(folder, 'stale'), log: () => undefined });
    const lines = (await readFile(join(other.dataDir, 'postmaster.pid'), 'utf8')).split('\n');
    await other.stop();
    await writeFile(join(other.dataDir, 'postmaster.pid'), [String(process.pid), ...lines.slice(1)].join('\n'));
    const again = await startPostgres({ dataDir: other.dataDir, log: () => undefined });
    await again.stop();
    expect(again.pid).toBeNull();
  });
});
