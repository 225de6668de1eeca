import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool } from '@ledgerflow/platform/postgres';
import type { HistoryReport } from '../load/check/history.ts';
import type { LoadReport } from '../load/report.ts';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';

const MAIN = join(import.meta.dirname, '../load/main.ts');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

type Meddle = (
  request: IncomingMessage,
  response: ServerResponse,
  pass: () => Promise<{ status: number; headers: Headers; text: string }>,
) => Promise<boolean>;

/** npm run load as its own process, against a whole LedgerFlow: what it says about a good one, and about one that lies or fails. */
describe('npm run load', () => {
  let stack: Stack;
  let token: string;
  const servers: Server[] = [];
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    stack = await Stack.start();
    token = await stack.issuer.token({ roles: ['admin'] });
  }, 120_000);
  afterAll(() => stack?.stop());
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  const databases = () => ({ VERIFY_LEDGER_DATABASE_URL: stack.urls.ledgerVerifier, VERIFY_READ_DATABASE_URL: stack.urls.readVerifier });

  function begin(args: string[], environment: Record<string, string> = {}) {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH, HOME, LEDGERFLOW_URL: stack.url, LEDGERFLOW_TOKEN: token, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    child.once('close', () => children.delete(child));
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
    return { child, ended };
  }

  async function load(args: string[], environment: Record<string, string> = {}): Promise<{ code: number | null; report: LoadReport }> {
    const { code, stdout, stderr } = await begin([...args, '--json'], environment).ended;
    if (stdout === '') throw new Error(`no report, exit code ${code}: ${stderr}`);
    return { code, report: JSON.parse(stdout) as LoadReport };
  }

  /** The API with somebody between it and its callers, who answers in its stead when `meddle` returns true. */
  async function between(meddle: Meddle): Promise<string> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const pass = async () => {
          const headers = Object.fromEntries(
            Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length'].includes(name)),
          );
          const body = parts.length === 0 ? undefined : Buffer.concat(parts).toString();
          const answer = await fetch(`${stack.url}${request.url}`, {
            method: request.method ?? 'GET',
            headers: headers as Record<string, string>,
            ...(body === undefined ? {} : { body }),
          });
          return { status: answer.status, headers: answer.headers, text: await answer.text() };
        };
        const serve = async (): Promise<void> => {
          if (await meddle(request, response, pass)) return;
          const { status, headers, text } = await pass();
          const consistency = headers.get('ledger-consistency');
          response
            .writeHead(status, {
              'content-type': 'application/json',
              ...(consistency === null ? {} : { 'ledger-consistency': consistency }),
            })
            .end(text);
        };
        serve().catch(() => request.socket.destroy());
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const SMALL = ['--duration=2', '--workers=4', '--accounts=10', '--seed=7'];
  const isDeposit = ({ url = '' }: IncomingMessage): boolean => url.endsWith('/deposits');
  let deposits = 0;
  /** Every fourth, so that each run of a second has some. */
  const isChosenDeposit = (request: IncomingMessage): boolean => isDeposit(request) && deposits++ % 4 === 3;

  it('reports and proves a good run in the databases, and sees a changed row in the next', async () => {
    const { code, report } = await load(
      [...SMALL, '--transfer-weight=30', '--create-weight=5', '--initial-deposit=500', '--ledger=kept'],
      databases(),
    );
    expect({ code, reasons: report.reasons, faults: report.faults }).toEqual({ code: 0, reasons: [], faults: [] });
    expect(report).toMatchObject({ ok: true, seed: 7, ledger: 'kept', ledgerOpened: true, interrupted: false, shed: null });
    expect(report.operations.map(({ operation }) => operation)).toEqual([
      'deposit',
      'withdraw',
      'transfer',
      'balance',
      'history',
      'create',
    ]);
    for (const { count, latency, done, refused, busy, faults } of report.operations) {
      expect([latency.count, done + refused + busy + faults]).toEqual([count, count]);
      expect(latency.p50Ms).toBeGreaterThan(0);
      expect(latency.p999Ms).toBeLessThanOrEqual(latency.maxMs * 1.001);
    }
    expect(report.checks.balances).toMatchObject({ outcome: 'ok', differences: [] });
    expect(report.checks.history).toMatchObject({ outcome: 'ok', difference: null });
    expect((report.checks.history as HistoryReport).entries).toBeGreaterThan(10);
    expect(report.checks.ledger).toMatchObject({ by: 'databases', outcome: 'ok', difference: null });
    expect(JSON.stringify(report)).not.toContain(token);

    const pool = createPool({ url: stack.postgres.superuserUrl('ledgerflow_read'), max: 1, applicationName: 'test', log: silentLogger });
    await pool.query(
      'update read.account_summary set posted = posted + 1 where ctid = (select ctid from read.account_summary where posted > 0 limit 1)',
    );
    await pool.end();
    const byDatabases = await load([...SMALL, '--duration=1', '--ledger=kept'], databases());
    expect(byDatabases).toMatchObject({
      code: 1,
      report: { ok: false, ledgerOpened: false, checks: { ledger: { by: 'databases', outcome: 'wrong' } } },
    });
    const byApi = await load([...SMALL, '--duration=1', '--ledger=kept']);
    expect(byApi).toMatchObject({
      code: 1,
      report: { reasons: ['the ledger is not consistent'], checks: { ledger: { by: 'api', outcome: 'wrong' } } },
    });
  }, 90_000);

  it('sends batches, and an open loop at its rate, checked through the API', async () => {
    const { code, report } = await load([...SMALL, '--batch=10', '--rate=50']);
    expect({ code, reasons: report.reasons }).toEqual({ code: 0, reasons: [] });
    expect(report.total.count + (report.shed ?? 0)).toBe(100);
    const batches = report.operations.find(({ operation }) => operation === 'batch');
    expect((report.batched?.done ?? 0) + (report.batched?.refused ?? 0)).toBe((batches?.done ?? 0) * 10);
    expect(report.checks.ledger).toMatchObject({ by: 'api', outcome: 'ok', because: expect.stringContaining('no data folder') });
  }, 60_000);

  it('tries again when an answer is lost, and nothing is done twice', async () => {
    let lost = 0;
    const url = await between(async (request, _response, pass) => {
      if (!isChosenDeposit(request)) return false;
      await pass();
      lost++;
      request.socket.destroy();
      return true;
    });
    const { code, report } = await load([...SMALL, `--base-url=${url}`, '--busy-max=1']);
    expect({ code, reasons: report.reasons }).toEqual({ code: 0, reasons: [] });
    expect(lost).toBeGreaterThan(0);
    expect(report.retries).toBe(lost);
  }, 60_000);

  it.each<[string, Meddle, Partial<LoadReport>]>([
    [
      'a write that fails with 500',
      async (request, response) => {
        if (!isChosenDeposit(request)) return false;
        response.writeHead(500, { 'content-type': 'application/problem+json' }).end('{"code":"internal"}');
        return true;
      },
      { reasons: [expect.stringMatching(/^\d+ faults$/) as unknown as string] },
    ],
    [
      'a write that is acknowledged and not done',
      async (request, response, pass) => {
        if (!isChosenDeposit(request)) return false;
        request.url = `${request.url}?dryRun=true`;
        const { text } = await pass();
        response
          .writeHead(201, { 'content-type': 'application/json', 'ledger-consistency': 'x' })
          .end(text.replace(/"position":"\d+"/, '"position":"1"'));
        return true;
      },
      { reasons: expect.arrayContaining(['balances differ from what was acknowledged']) as unknown as string[] },
    ],
    [
      'a stale read',
      async (request, response, pass) => {
        if (request.url?.endsWith('/balance') !== true) return false;
        const { status, text } = await pass();
        response.writeHead(status, { 'content-type': 'application/json' }).end(text.replace(/"asOfPosition":"\d+"/, '"asOfPosition":"1"'));
        return true;
      },
      { reasons: [expect.stringMatching(/^\d+ faults$/) as unknown as string] },
    ],
  ])(
    'ends with 1 for %s',
    async (_, meddle, expected) => {
      const url = await between(meddle);
      expect(await load([...SMALL, `--base-url=${url}`, '--duration=1'])).toMatchObject({ code: 1, report: { ok: false, ...expected } });
    },
    60_000,
  );

  it('reports and checks when it is interrupted', async () => {
    let seen = 0;
    const url = await between(async (request) => {
      if (isDeposit(request)) seen++;
      return false;
    });
    const { child, ended } = begin([...SMALL, '--duration=600', `--base-url=${url}`]);
    await until('there is load', () => seen > 20);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect({ code, isInterrupted: stdout.includes('interrupted') }).toEqual({ code: 0, isInterrupted: true });
    expect(stdout).toMatch(/operation +count +done +refused +busy +faults/);
    expect(stdout).toMatch(/balances +ok/);
  }, 60_000);

  it.each([
    [['--base-url=http://ledger.example.com'], 2, /--allow-remote/],
    [['--workers=none'], 2, /--workers/],
    [['--ledger=x', '--token=a.b.c'], 2, /ledger x cannot be used: the API answered 401 [^{]*$/],
    [['--base-url=http://127.0.0.1:1'], 2, /nothing answers there/],
    [['--data-dir=/nonexistent'], 2, /there is no data folder/],
    [['--ledger=../x'], 2, /cannot be the id of a ledger/],
  ])('%j: one line, and no load', async (args, expected, message) => {
    const { code, stdout, stderr } = await begin(args).ended;
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
