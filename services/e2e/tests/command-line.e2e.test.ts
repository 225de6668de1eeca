import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ran } from '@ledgerflow/cli/testing';
import { createLedgerFlow, type LedgerFlow } from '@ledgerflow/client';
import type { TokenClaims } from '../stack/issuer.ts';
import { Stack } from '../stack/stack.ts';

const MAIN = join(import.meta.dirname, '../../cli/src/main.ts');
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/;

let stack: Stack;
let admin: NodeJS.ProcessEnv;
let api: LedgerFlow;

const environmentOf = async (claims: TokenClaims): Promise<NodeJS.ProcessEnv> => ({
  XDG_CONFIG_HOME: join(stack.folder, 'config'),
  LEDGERFLOW_URL: stack.url,
  LEDGERFLOW_TOKEN: await stack.issuer.token(claims),
});

beforeAll(async () => {
  stack = await Stack.start();
  admin = await environmentOf({ roles: ['admin', 'auditor'] });
  api = createLedgerFlow({ baseUrl: stack.url, credentials: admin['LEDGERFLOW_TOKEN'] ?? null });
  await api.openLedger({ body: { id: 'seen', currencies: ['USD'] } });
  for (const id of ['a', 'b', 'empty', 'frozeT', 'frozeJ']) await api.openAccount({ ledger: 'seen', body: { id, currency: 'USD' } });
  await api.createDeposit({ ledger: 'seen', account: 'a', body: { amount: '100.00', currency: 'USD', reference: 'first' } });
  // The commands below do not know of each other's writes.
  await api.getBalance({ ledger: 'seen', account: 'a' });
}, 120_000);
afterAll(() => stack?.stop());

/** Each in both forms; `%` becomes another word in each, so that a change can be made twice. */
const COMMANDS: [line: string, inTable: string | RegExp, inJson: object | null][] = [
  ['status', 'admin-gateway', { ready: true, roles: ['admin', 'auditor'] }],
  ['ledger list', 'seen', { id: 'seen' }],
  ['ledger get seen', 'USD (2)', { id: 'seen' }],
  ['ledger open new% EUR', 'new', { currencies: [{ code: 'EUR', scale: 2 }] }],
  ['account list seen --prefix a', 'AVAILABLE', { id: 'a', available: '100.00' }],
  ['account search seen empty', 'empty', { id: 'empty' }],
  ['account get seen a', '100.00', { id: 'a', posted: '100.00' }],
  [
    'account open seen opened% USD --initial-balance 3 --owner o --name N --min-balance none --metadata {"k":1}',
    '3.00',
    { minBalance: null, metadata: { k: 1 } },
  ],
  ['account update seen empty --name Name%', 'Name', { id: 'empty' }],
  ['account freeze seen froze% --reason r', 'frozen', { status: 'frozen' }],
  ['account unfreeze seen frozeT --reason r --dry-run', 'open', { status: 'open' }],
  ['account close seen empty --reason r --dry-run', 'closed', { status: 'closed' }],
  ['deposit seen a 1.50 USD --reference r', '1.50', { entries: [{ amount: '-1.50' }, { amount: '1.50' }] }],
  ['withdraw seen a 0.50 USD --if-version 0 --dry-run', '', null],
  ['withdraw seen a 0.50 USD', '-0.50', { entries: [{ amount: '-0.50' }, { amount: '0.50' }] }],
  ['transfer seen a empty 1 USD --dry-run', '-1.00', { entries: [{ account: 'a' }, { account: 'empty' }] }],
  ['balance seen a', 'available', { account: 'a', currency: 'USD' }],
  ['statement seen a --limit 1', TIME, { amount: '100.00', balanceAfter: '100.00' }],
  ['transactions seen --reference first', 'a 100.00 USD', { reference: 'first' }],
  ['events seen --limit 1', 'LedgerOpened', { position: '1', type: 'LedgerOpened' }],
  ['dlq list', 'STATE', null],
  ['rebuild start account_summary --ledger seen --follow', 'swapped', { projection: 'account_summary' }],
  ['rebuild list', 'account_summary', { projection: 'account_summary', state: 'swapped' }],
  ['audit --limit 1 --action rebuild.request', 'rebuild', { outcome: { outcome: 'accepted' } }],
  ['completion bash', 'complete -o default', null],
];

describe('ledgerflow', () => {
  it.each(COMMANDS)('%s', async (line, inTable, inJson) => {
    const argvOf = (form: string): string[] => line.split(' ').map((word) => word.replace('%', form));
    const isRefused = line.includes('--if-version 0');
    const table = await ran(argvOf('T'), { environment: admin });
    expect(table).toMatchObject({ code: isRefused ? 7 : 0 });
    expect(table.out).toMatch(inTable);
    expect(table.out).not.toContain('\u001b');
    const json = await ran(['--json', ...argvOf('J')], { environment: admin });
    if (isRefused) expect(JSON.parse(json.error)).toMatchObject({ error: { code: 'version_mismatch', exitCode: 7 } });
    else if (inJson !== null) expect(JSON.parse(json.out.split('\n')[0] ?? '')).toMatchObject(inJson);
    for (const { out, error } of [table, json]) expect(out + error).not.toContain(admin['LEDGERFLOW_TOKEN']);
  });

  it('asks of the past', async () => {
    const { openedAt } = await api.getLedger({ ledger: 'seen' });
    const { out } = await ran(['--json', 'balance', 'seen', 'a', '--at', new Date(Date.now() - 1).toISOString()], { environment: admin });
    expect(JSON.parse(out)).toMatchObject({ account: 'a' });
    expect(await ran(['balance', 'seen', 'a', '--at', openedAt], { environment: admin })).toMatchObject({ code: 6 });
  });

  it('has one effect under one key', async () => {
    const deposit = (): Promise<{ code: number; out: string }> =>
      ran(['--json', 'deposit', 'seen', 'a', '2', 'USD', '--idempotency-key', 'the-key'], { environment: admin });
    const first = await deposit();
    expect(await deposit()).toMatchObject({ code: 0, out: first.out });
  });

  it.each<[number, string]>([
    [2, ''],
    [2, 'nonsense'],
    [2, 'ledger nonsense'],
    [2, 'transfer seen a b 1'],
    [2, 'transfer seen a b 1 USD surplus'],
    [2, 'transfer seen a b one USD'],
    [2, 'transfer seen a b 1 USD --effective-at yesterday'],
    [2, 'transfer seen a b 1 USD --metadata [1]'],
    [2, 'account update seen a'],
    [2, 'account freeze seen a'],
    [2, 'account freeze seen a --reason r --scope some'],
    [2, 'ledger list --limit 0'],
    [2, 'ledger get ..'],
    [2, 'dlq retry'],
    [2, 'status --url nowhere'],
    [2, 'ledger list --url http://127.0.0.1:1'],
    [3, 'withdraw seen a 1000000 USD'],
    [3, 'transfer seen a empty 1.001 USD'],
    [3, 'account close seen a --reason r'],
    [6, 'ledger get none'],
    [6, 'account get seen none'],
    [6, 'transactions seen --id 99999'],
    [6, 'dlq show 999999'],
    [6, 'rebuild cancel all 8c8c3f3e-3b0c-4a57-a4b5-0cbfcbbd3a4c'],
    [7, 'ledger open seen'],
    [7, 'deposit seen a 1 USD --if-version 1'],
    // The services of this stack do not know each other's operations ports.
    [8, 'outbox'],
  ])('ends with %d: %s', async (code, line) => {
    const argv = line.split(' ').filter((word) => word !== '');
    const { code: found, out, error } = await ran(argv, { environment: admin });
    expect([found, out]).toEqual([code, '']);
    expect(error).not.toBe('');
    expect(error).not.toMatch(/\n\s+at /);
  });

  it('tells who is not let in from who may not', async () => {
    const viewer = await environmentOf({ roles: ['viewer'], ledgers: ['seen'] });
    expect(await ran(['deposit', 'seen', 'a', '1', 'USD'], { environment: viewer })).toMatchObject({ code: 5 });
    const { LEDGERFLOW_TOKEN: _token, ...nobody } = admin;
    expect(await ran(['ledger', 'list'], { environment: nobody })).toMatchObject({ code: 4 });
    expect(await ran(['ledger', 'list'], { environment: { ...nobody, LEDGERFLOW_TOKEN: 'x.y.z' } })).toMatchObject({ code: 4 });
  });

  it('names the key when the outcome of a change is unknown', async () => {
    const hangingUp = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(hangingUp, 'listening');
    const url = `http://127.0.0.1:${(hangingUp.address() as AddressInfo).port}`;
    const { code, error } = await ran(['--json', 'deposit', 'seen', 'a', '1', 'USD', '--url', url], { environment: admin });
    hangingUp.close();
    expect(code).toBe(9);
    const { idempotencyKey } = (JSON.parse(error) as { error: { idempotencyKey: string } }).error;
    expect(idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('follows events until Ctrl-C', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const following = ran(['--json', 'events', 'seen', '--follow', '--after', '0'], {
      environment: admin,
      signal: stop.signal,
      onOut: (text) => {
        seen.push(...text.trim().split('\n'));
        if (seen.length === 1) void api.createDeposit({ ledger: 'seen', account: 'a', body: { amount: '7.77', currency: 'USD' } });
        if (text.includes('7.77')) stop.abort(new Error('enough'));
      },
    });
    expect(await following).toMatchObject({ code: 130, error: '' });
    const positions = seen.map((line) => Number((JSON.parse(line) as { position: string }).position));
    expect(positions).toEqual(positions.map((_position, index) => index + 1));
  });

  it('as a process ends cleanly at a closed pipe and at Ctrl-C', async () => {
    const start = () => {
      const child = spawn(process.execPath, [MAIN, 'events', 'seen', '--follow', '--after', '0'], {
        env: { PATH: process.env['PATH'], ...admin },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let error = '';
      child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
      const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, error }));
      return { child, ended };
    };
    const piped = start();
    await once(piped.child.stdout, 'data');
    piped.child.stdout.destroy();
    await api.createDeposit({ ledger: 'seen', account: 'a', body: { amount: '1', currency: 'USD' } });
    expect(await piped.ended).toEqual({ code: 0, error: '' });
    const interrupted = start();
    await once(interrupted.child.stdout, 'data');
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended).toEqual({ code: 130, error: '' });
  });
});
