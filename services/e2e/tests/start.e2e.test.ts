import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expectNoSecrets, type KnownSecret } from '@ledgerflow/platform/log/testing';
import { ApiClient } from '../stack/client.ts';
import { freePort, Start } from '../stack/start.ts';
import { until } from '../stack/wait.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DOCTOR = join(ROOT, 'services/e2e/doctor/main.ts');
const VERIFY = join(ROOT, 'services/e2e/verify/main.ts');
const BUILDER = join(ROOT, 'services/read-model-builder/src/cli.ts');
const TOKEN = join(ROOT, 'services/local/src/token.ts');
const run = promisify(execFile);

interface Verified {
  code: number | null;
  report: { ok: boolean; records: number; ledgers: { ledger: string }[] } | null;
  stderr: string;
}

/** Runs `npm run verify` on a data folder. */
async function verify(folder: string): Promise<Verified> {
  const outcome = await run(process.execPath, [VERIFY, '--data-dir', folder, '--json'], { cwd: ROOT }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { ...outcome, report: outcome.stdout === '' ? null : (JSON.parse(outcome.stdout) as Verified['report']) };
}

/** Processes whose command line names the folder: what a stack leaves behind. */
async function processesOf(folder: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,args']);
  return stdout.split('\n').filter((line) => line.includes(folder) && !line.includes('ps -eo'));
}

/** The logs of a data folder, none when there is none. */
async function logsOf(data: string): Promise<{ name: string; text: string }[]> {
  const files = await readdir(join(data, 'logs')).catch(() => []);
  return Promise.all(files.map(async (name) => ({ name, text: await readFile(join(data, 'logs', name), 'utf8') })));
}

/** What a data folder keeps to itself. */
async function secretsOf(data: string): Promise<KnownSecret[]> {
  const text = await readFile(join(data, 'state.json'), 'utf8').catch(() => '{}');
  const {
    passwords = {},
    tokenSecret = '',
    sessionSecret = '',
  } = JSON.parse(text) as Record<string, string> & {
    passwords?: Record<string, string>;
  };
  const superuser = await readFile(join(data, 'postgres.password'), 'utf8').catch(() => '');
  return [
    ...Object.entries(passwords).map(([role, value]) => ({ kind: `the password of ${role}`, value })),
    { kind: 'the secret of cursors', value: tokenSecret },
    { kind: 'the secret of sessions', value: sessionSecret },
    { kind: "the superuser's password", value: superuser.trim() },
  ];
}

describe('npm start', () => {
  let folder: string;
  const started: Start[] = [];
  const start = (...args: string[]): Start => {
    const one = new Start(args);
    started.push(one);
    return one;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledgerflow-start-'));
  });
  afterEach(async () => {
    const all = started.splice(0);
    await Promise.all(all.map((one) => one.end('SIGTERM')));
    try {
      const terminal = all.map(({ output }, index) => ({ name: `terminal ${index + 1}`, text: output }));
      const data = join(folder, 'data');
      expectNoSecrets([...terminal, ...(await logsOf(data))], [...(await secretsOf(data)), ...tokens]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  const tokens: KnownSecret[] = [];
  const token = async (url: string, ...args: string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, [TOKEN, ...args], { env: { ...process.env, LEDGERFLOW_URL: url } });
    tokens.push({ kind: 'the signature of a token', value: stdout.trim().split('.').at(-1) ?? '' });
    return stdout.trim();
  };

  it('serves a first transfer, keeps its data over a stop, and leaves no process', async () => {
    const data = join(folder, 'data');
    const port = await freePort();
    const first = start('--port', String(port), '--data-dir', data);
    const url = await first.ready();
    const operator = new ApiClient(() => url, await token(url, 'operator', 'demo'));
    const accounts = await operator.get<{ data: { id: string; currency: string; posted: string }[] }>('/ledgers/demo/accounts');
    const [from, to] = accounts.body.data.filter((account) => account.currency === 'USD' && account.posted !== '0.00');
    const transfer = await operator.post<{ transactionId: string }>('/ledgers/demo/transfers', {
      from: from!.id,
      to: to!.id,
      amount: '1.00',
      currency: 'USD',
    });
    expect(transfer.status).toBe(201);
    const { PATH = '' } = process.env;
    const doctor = await run(process.execPath, [DOCTOR, '--data-dir', data, '--json'], { cwd: ROOT, env: { PATH } });
    const { findings, ok } = JSON.parse(doctor.stdout) as { ok: boolean; findings: { status: string }[] };
    expect([ok, findings.filter(({ status }) => status !== 'ok'), findings.length]).toEqual([true, [], expect.any(Number)]);
    const running = await verify(data);
    expect(running).toMatchObject({ code: 0, report: { ok: true, ledgers: [{ ledger: 'demo' }] } });
    expect(running.stderr).toContain('(running)');
    // As the guide of dead letters shows it.
    const environment = `--env-file=${join(data, 'read-model-builder.env')}`;
    const command = (...argv: string[]) => run(process.execPath, [environment, BUILDER, ...argv], { env: { PATH: process.env['PATH'] } });
    expect((await command('dead-letters', 'list')).stdout).toBe('Nothing is parked.\n');
    expect((await command('rebuild', '--ledger=demo', '--projection=account_summary')).stdout).toMatch(/: swapped\n$/);
    expect((await stat(join(data, 'read-model-builder.env'))).mode & 0o777).toBe(0o600);
    expect(await first.end('SIGINT')).toBe(0);
    expect(await processesOf(data)).toEqual([]);
    const logs = (await logsOf(data)).filter(({ text }) => text !== '').map(({ name }) => name);
    expect(logs).toEqual(expect.arrayContaining(['admin-gateway.log', 'ledger-writer.log', 'postgres.log', 'read-model-builder.log']));
    expect((await secretsOf(data)).filter(({ value }) => value.length < 24)).toEqual([]);

    const stopped = await verify(data);
    expect(stopped).toMatchObject({ code: 0, report: { ok: true, records: running.report!.records } });
    expect(stopped.stderr).toContain('(stopped');
    expect(await processesOf(data)).toEqual([]);

    // As an earlier version left it, which knew no verifier.
    const file = join(data, 'state.json');
    const state = JSON.parse(await readFile(file, 'utf8')) as { passwords: Record<string, string> };
    delete state.passwords['ledgerflow_verifier'];
    delete state.passwords['ledgerflow_read_verifier'];
    await writeFile(file, JSON.stringify(state));
    const old = await verify(data);
    expect(old).toMatchObject({ code: 2, report: null });
    expect(old.stderr).toMatch(/without the role ledgerflow_verifier: start LedgerFlow once/);

    const began = Date.now();
    const second = start('--port', String(port), '--data-dir', data);
    const again = await second.ready();
    expect(Date.now() - began).toBeLessThan(20_000);
    const viewer = new ApiClient(() => again, await token(again, 'viewer', 'demo'));
    expect((await viewer.get(`/ledgers/demo/transactions/${transfer.body.transactionId}`)).status).toBe(200);
    expect(await verify(data)).toMatchObject({ code: 0, report: { ok: true } });
    expect(await second.end('SIGINT')).toBe(0);
    expect(await processesOf(data)).toEqual([]);
  }, 150_000);

  it('restarts a crashed service and says so', async () => {
    const data = join(folder, 'data');
    const one = start('--port', String(await freePort()), '--data-dir', data, '--no-demo', '--ephemeral');
    const url = await one.ready();
    const { stdout } = await run('ps', ['-eo', 'pid,ppid,args']);
    const writer = stdout
      .split('\n')
      .find((line) => line.includes('ledger-writer/src/main.ts') && line.trim().split(/\s+/)[1] === String(one.child.pid));
    process.kill(Number(writer!.trim().split(/\s+/)[0]), 'SIGKILL');
    await until('it says that it restarts', () => /ledger-writer.*(again|restart)/i.test(one.output));
    const admin = new ApiClient(() => url, await token(url, 'admin'));
    await until(
      'writes work again',
      async () => (await admin.post('/ledgers', { id: 'after-crash' }, { key: 'after-crash' })).status === 201,
      30_000,
    );
  }, 90_000);

  it('leaves nothing when it is killed', async () => {
    const data = join(folder, 'data');
    const one = start('--port', String(await freePort()), '--data-dir', data, '--no-demo');
    await one.ready();
    await one.end('SIGKILL');
    await until('all processes have ended', async () => (await processesOf(data)).length === 0, 30_000);
  }, 90_000);

  it.each([
    ['there is none', (): string => join(folder, 'none'), /there is no data folder/],
    ['it is of something else', (): string => folder, /no data folder of LedgerFlow/],
  ])('does not verify a data folder when %s', async (_, path, message) => {
    const outcome = await verify(path());
    expect(outcome).toMatchObject({ code: 2, report: null });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['an unknown option', (): string[] => ['--prot', '1'], /--prot/],
    ['a port that is not one', (): string[] => ['--port', 'x'], /port/i],
  ])('refuses %s in one line', async (_, args, message) => {
    const one = start(...args());
    expect(await one.end()).not.toBe(0);
    expect(one.output).toMatch(message);
    expect(one.output).not.toMatch(/\n\s+at /);
  });

  it('refuses a taken port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const data = join(folder, 'data');
    const one = start('--port', String(port), '--data-dir', data);
    expect(await one.end()).not.toBe(0);
    expect(one.output).toContain(String(port));
    expect(await processesOf(data)).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  }, 60_000);

  it('refuses a data folder of another PostgreSQL version, and one that is a file', async () => {
    const data = join(folder, 'data');
    const first = start('--port', String(await freePort()), '--data-dir', data, '--no-demo');
    await first.ready();
    const taken = start('--port', String(await freePort()), '--data-dir', data);
    expect(await taken.end()).not.toBe(0);
    expect(taken.output).toMatch(/already|running/i);
    expect(await first.end('SIGTERM')).toBe(0);
    const version = join(data, 'postgres', 'PG_VERSION');
    expect((await readFile(version, 'utf8')).trim()).toBe('18');
    await writeFile(version, '15\n');
    const other = start('--port', String(await freePort()), '--data-dir', data);
    expect(await other.end()).not.toBe(0);
    expect(other.output).toMatch(/15/);
    const file = join(folder, 'file');
    await writeFile(file, '');
    const nowhere = start('--port', String(await freePort()), '--data-dir', '/proc/ledgerflow');
    expect(await nowhere.end()).not.toBe(0);
    expect(nowhere.output).toContain('/proc/ledgerflow');
    const unwritable = start('--port', String(await freePort()), '--data-dir', file);
    expect(await unwritable.end()).not.toBe(0);
    expect(await processesOf(data)).toEqual([]);
  }, 120_000);
});
