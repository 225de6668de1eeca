import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appliedPosition } from '@ledgerflow/read-model';
import { startReadServer, TestLedger, type ReadServer } from '@ledgerflow/read-model/testing';
import { until } from './testing/builder.ts';
import { FakeWriter, testCertificates } from './testing/fake-writer.ts';

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let folder: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  server = await startReadServer();
  tls = await testCertificates();
  folder = await mkdtemp(join(tmpdir(), 'ledgerflow-builder-'));
  await Promise.all(Object.entries(tls.builder).map(([name, pem]) => writeFile(join(folder, name), pem, { mode: 0o600 })));
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await server.stop();
  await tls.remove();
  await rm(folder, { recursive: true });
});

interface Run {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
}

function run(script: string, env: Record<string, string>): Run {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  void exit.then(() => running.delete(child));
  return { child, output: () => output, exit };
}

describe('the service', () => {
  it('is bootstrapped twice, starts, applies, tells its state and stops', async () => {
    const db = await server.create();
    const urls = { READ_DATABASE_URL: db.builderUrl, READ_GATEWAY_DATABASE_URL: db.gatewayUrl, READ_OWNER_DATABASE_URL: db.ownerUrl };
    for (let i = 0; i < 2; i++) {
      const bootstrap = run('./bootstrap.ts', { ADMIN_DATABASE_URL: server.postgres.superuserUrl(), ...urls });
      expect([await bootstrap.exit, bootstrap.output()]).toEqual([0, expect.anything()]);
    }
    const writer = new FakeWriter();
    await writer.start(tls.writer);
    const ledger = new TestLedger('books', 1);
    writer.ledgers.set('books', ledger);
    const files = { TLS_CA_FILE: join(folder, 'ca'), TLS_CERT_FILE: join(folder, 'cert'), TLS_KEY_FILE: join(folder, 'key') };
    const builder = run('./main.ts', { ...files, READ_DATABASE_URL: db.builderUrl, WRITER_ADDRESSES: `127.0.0.1:${writer.port}` });
    await until(
      `applied; it said ${builder.output()}`,
      async () => (await appliedPosition(db.gateway, 'books'))?.position === ledger.position,
    );
    const port = /"ops":(\d+)/.exec(builder.output())?.[1];
    const ops = `http://127.0.0.1:${port}`;
    await until('ready', async () => (await fetch(`${ops}/readyz`)).status === 200);
    expect(await (await fetch(`${ops}/metrics`)).text()).toContain('ledgerflow_builder_records_total');
    await writer.stop();
    await until('not ready without a writer', async () => (await fetch(`${ops}/readyz`)).status === 503);
    expect(await (await fetch(`${ops}/readyz`)).text()).toContain('the log feed is not connected');
    builder.child.kill('SIGTERM');
    expect(await builder.exit).toBe(0);
  });

  it('the gateway’s role can not write', async () => {
    const db = await server.create();
    for (const table of ['checkpoints', 'account_summary', 'transactions']) {
      const client = await db.gateway.connect();
      await client.query('begin read write');
      await expect(client.query(`delete from read.${table}`)).rejects.toThrow('permission denied');
      client.release(true);
    }
    await expect(db.builder.query('create table read.mine (id int)')).rejects.toThrow('permission denied');
  });

  it('refuses a wrong configuration, all mistakes at once, with 78', async () => {
    const builder = run('./main.ts', { READ_DATABASE_URL: 'mysql://x', FEED: 'pigeon' });
    expect(await builder.exit).toBe(78);
    for (const mistake of [
      'READ_DATABASE_URL',
      'FEED must be one of log, kafka',
      'WRITER_ADDRESSES is required',
      'TLS_CA_FILE is required',
    ])
      expect(builder.output()).toContain(mistake);
  });
});
