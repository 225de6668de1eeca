/** Command lines against a gateway and an identity provider that do what the test says. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kindOf } from './exit-codes.ts';
import { SignInStore } from './sign-in/store.ts';
import { ran } from './test/ran.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const NEVER = new AbortController().signal;
const ME = { id: 'robot', roles: ['viewer'], ledgers: ['l'], expiresAt: 'later' };

let folder: string;
let server: Server;
let url: string;
let environment: NodeJS.ProcessEnv;
/** By what the path ends with; a query is left out. */
let handlers: Record<string, Handler>;
let asked: string[];

const say =
  (status: number, body: object): Handler =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const problem = (status: number, code: string): Handler => say(status, { code, title: code, detail: code, status });
const lost: Handler = (request) => void request.socket.destroy();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledgerflow-run-'));
  server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    asked.push(`${request.method} ${request.url}`);
    const [, handler] = Object.entries(handlers).find(([end]) => path.endsWith(end)) ?? [];
    (handler ?? problem(404, 'not_found'))(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  handlers = {};
  asked = [];
  environment = { XDG_CONFIG_HOME: join(folder, 'config'), LEDGERFLOW_URL: url, LEDGERFLOW_TOKEN: 'given' };
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true, force: true });
});

const lines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('a command', () => {
  it.each([['--json'], ['--json', 'nonsense'], ['--json', 'ledger', 'list', '--limit', '0']])(
    'says as JSON what is wrong with %j',
    async (...argv) => {
      const { code, out, error } = await ran(argv, { environment });
      expect([code, out]).toEqual([2, '']);
      expect(lines(error)).toMatchObject([{ error: { kind: 'usage', exitCode: 2 } }]);
      expect((lines(error)[0] as { error: { message: string } }).error.message).not.toContain('outputHelp');
    },
  );

  it('does not take its own faults for a wrong command line', () => {
    expect(kindOf(new TypeError('x is not a function'))).toBe('fault');
  });

  it('tells that a list goes on, without asking for more of it', async () => {
    handlers = { '/ledgers': say(200, { data: [{ id: 'a', currencies: [] }], nextCursor: 'c' }) };
    expect(await ran(['--json', 'ledger', 'list', '--limit', '1'], { environment })).toMatchObject({
      code: 0,
      error: '{"hasMore":true}\n',
    });
    expect((await ran(['ledger', 'list', '--limit', '1'], { environment })).error).toContain('--all');
    expect(asked).toHaveLength(2);
    handlers = { '/ledgers': say(200, { data: [{ id: 'a', currencies: [] }], nextCursor: null }) };
    expect(await ran(['--json', 'ledger', 'list', '--limit', '1'], { environment })).toMatchObject({ code: 0, error: '' });
  });

  it('shows who one is also to whom the services are not shown, and when they cannot be asked', async () => {
    handlers = { '/me': say(200, ME), '/admin/health': problem(403, 'forbidden') };
    const json = await ran(['--json', 'status'], { environment });
    expect([json.code, lines(json.out)]).toMatchObject([0, [{ id: 'robot', ready: null, services: null }]]);
    expect(await ran(['status'], { environment })).toMatchObject({
      code: 0,
      out: expect.stringContaining('robot'),
      error: 'the services are shown to admins\n',
    });
    handlers = { '/me': say(200, ME), '/admin/health': problem(404, 'not_found') };
    expect(await ran(['status'], { environment })).toMatchObject({ code: 6, out: expect.stringContaining('robot') });
    handlers = { '/me': say(200, ME), '/admin/health': say(200, { ready: false, services: [] }) };
    expect((await ran(['status'], { environment })).code).toBe(8);
  });

  it('tells a program which rebuild it follows before the end of it', async () => {
    const rebuild = { id: 'r1', projection: 'all', percent: 100, recordsPerSecond: null, secondsLeft: null, error: null };
    handlers = {
      '/rebuilds': say(202, { ...rebuild, state: 'requested', finishedAt: null }),
      '/rebuilds/r1': say(200, { ...rebuild, state: 'swapped', finishedAt: 'now' }),
    };
    const { code, out } = await ran(['--json', 'rebuild', 'start', 'all', '--follow'], { environment });
    expect([code, lines(out)]).toMatchObject([
      0,
      [
        { id: 'r1', state: 'requested' },
        { id: 'r1', state: 'swapped' },
      ],
    ]);
  });

  it('shows the parts of a rebuild to a person as a table, without what is of no use to him', async () => {
    const part = { ledger: 'l', projection: 'entries', generation: 2, state: 'swapped', position: '9', rows: '18', digest: 'ab' };
    const rebuild = { id: 'r1', projection: 'all', state: 'swapped', percent: 100, byIdOnly: false, finishedAt: 'now', error: null };
    handlers = {
      '/rebuilds': say(202, { ...rebuild, state: 'waiting', finishedAt: null }),
      '/rebuilds/r1': say(200, { ...rebuild, difference: null, partsTotal: 1, partsDone: 1, parts: [part] }),
    };
    for (const argv of [
      ['rebuild', 'start', 'all', '--follow'],
      ['rebuild', 'start', 'all'],
    ]) {
      const { code, out } = await ran(argv, { environment });
      expect(code).toBe(0);
      expect(out).not.toMatch(/[{[]|byIdOnly|digest/);
    }
    const { out } = await ran(['rebuild', 'follow', 'all', 'r1'], { environment });
    expect(out).toMatch(/^LEDGER +PROJECTION +STATE +POSITION +ROWS\nl +entries +swapped +9 +18$/m);
    expect(lines((await ran(['--json', 'rebuild', 'follow', 'all', 'r1'], { environment })).out)).toMatchObject([{ parts: [part] }]);
  });

  it('says of a dry run that nothing was done', async () => {
    const movement = { transactionId: '7', position: '7', recordedAt: 't', effectiveAt: 't', entries: [] };
    handlers = { '/transfers': say(201, movement), '/close': say(200, { id: 'a', status: 'closed' }) };
    const transfer = ['transfer', 'l', 'a', 'b', '1', 'USD'];
    const dry = await ran([...transfer, '--dry-run'], { environment });
    expect(dry.out).toMatch(/^dry run: nothing was done\n/);
    expect(dry.error).toBe('it would be transaction 7 at position 7, t\n');
    expect((await ran(['account', 'close', 'l', 'a', '--reason', 'r', '--dry-run'], { environment })).out).toContain(
      'dry run: nothing was done',
    );
    expect(lines((await ran(['--json', ...transfer, '--dry-run'], { environment })).out)).toEqual([{ ...movement, dryRun: true }]);
    const real = await ran(transfer, { environment });
    expect(real.out + real.error).not.toContain('dry run');
    expect(lines((await ran(['--json', ...transfer], { environment })).out)).toEqual([movement]);
  });

  it('shows events alike, with their amounts, whether it follows them or not', async () => {
    const event = { index: 0, type: 'EntryPosted', account: 'a', amount: '1.00', data: { currency: 'USD' } };
    const record = { position: '7', recordedAt: '2026-11-22T02:05:21.758000Z', type: 'FundsDeposited', actor: 'robot', events: [event] };
    handlers = {
      '/events': say(200, { data: [record], nextCursor: null }),
      '/events/stream': (_request, response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`id: 7\ndata: ${JSON.stringify(record)}\n\n`),
    };
    const stop = new AbortController();
    const onOut = (text: string): void => void (text.includes('USD') && stop.abort(new DOMException('interrupted', 'AbortError')));
    const followed = await ran(['events', 'l', '--follow'], { environment, signal: stop.signal, onOut });
    const listed = await ran(['events', 'l'], { environment });
    const words = (text: string): string[] =>
      text
        .trim()
        .split('\n')
        .map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
    expect(words(listed.out)).toEqual([
      'POSITION | RECORDED | TYPE | ACTOR | EVENTS',
      '7 | 2026-11-22T02:05:21.758000Z | FundsDeposited | robot | EntryPosted a 1.00 USD',
    ]);
    expect(words(followed.out)).toEqual(words(listed.out));
  });

  it('that could send nothing did nothing', async () => {
    const nobody = createServer();
    await new Promise<void>((done) => nobody.listen(0, '127.0.0.1', done));
    const { port } = nobody.address() as AddressInfo;
    // Nobody listens at another address of this machine; a port that is given back may be another's at once.
    const { code, error } = await ran(['--json', '--url', `http://127.0.0.2:${port}`, 'rebuild', 'start', 'all'], { environment });
    expect([code, lines(error)]).toMatchObject([8, [{ error: { kind: 'unavailable', isOutcomeUnknown: false } }]]);
    const blocked = await ran(['--url', 'http://127.0.0.1:1', 'balance', 'l', 'a'], { environment });
    expect(blocked).toMatchObject({ code: 2, error: 'fetch sends nothing to the port of http://127.0.0.1:1\n' });
  });

  it('that has no key does not name one when its answer is lost', async () => {
    handlers = { '/rebuilds': lost };
    const { code, error } = await ran(['rebuild', 'start', 'all'], { environment });
    expect(code).toBe(9);
    expect(error).toContain('look before you repeat it');
    expect(error).not.toContain('null');
    expect(asked).toHaveLength(1);
  });

  it('that is interrupted while it is under way names its key', async () => {
    const stop = new AbortController();
    handlers = { '/deposits': () => stop.abort(new DOMException('interrupted', 'AbortError')) };
    const { code, error } = await ran(['--json', 'deposit', 'l', 'a', '1', 'USD', '--idempotency-key', 'k'], {
      environment,
      signal: stop.signal,
    });
    expect([code, lines(error)]).toMatchObject([130, [{ error: { kind: 'interrupted', idempotencyKey: 'k', isOutcomeUnknown: true } }]]);
  });

  it.each([
    [[], ''],
    [['--newest'], '&order=desc'],
  ])('states an account from its oldest entry, or %j', async (argv, order) => {
    handlers = { '/entries': say(200, { data: [], nextCursor: null }) };
    expect((await ran(['statement', 'l', 'a', '--limit', '5', ...argv], { environment })).code).toBe(0);
    expect(asked).toEqual([`GET /api/v1/ledgers/l/accounts/a/entries?limit=5${order}`]);
  });

  it('follows only what is asked for', async () => {
    const stop = new AbortController();
    handlers = { '/events/stream': () => stop.abort(new DOMException('interrupted', 'AbortError')) };
    await ran(['events', 'l', '--follow', '--type', 'T', '--account', 'a', '--actor', 'x'], { environment, signal: stop.signal });
    expect(asked).toEqual(['GET /api/v1/ledgers/l/events/stream?account=a&type=T&actor=x']);
  });
});

describe('a sign-in', () => {
  const EXPIRED = { kind: 'device' as const, clientId: 'c', accessToken: 'old', refreshToken: 'r1', expiresAtMs: 0 };
  const discovery: Handler = (_request, response) =>
    say(200, { issuer: url, token_endpoint: `${url}/token`, response_types_supported: ['code'] })(_request, response);
  const tokens = say(200, { access_token: 'new', refresh_token: 'r2', token_type: 'bearer', expires_in: 3_600 });
  const file = (): string => join(environment['XDG_CONFIG_HOME'] ?? '', 'ledgerflow/credentials.json');
  const renewals = (): number => asked.filter((line) => line.includes('/token')).length;

  beforeEach(async () => {
    delete environment['LEDGERFLOW_TOKEN'];
    await new SignInStore(environment).set(url, { ...EXPIRED, issuer: url }, NEVER);
    handlers = {
      '/openid-configuration': discovery,
      '/token': tokens,
      '/me': say(200, ME),
      '/ledgers': say(200, { data: [], nextCursor: null }),
    };
  });

  it('is renewed once by commands at the same time', async () => {
    const codes = await Promise.all([1, 2, 3].map(async () => (await ran(['ledger', 'list'], { environment })).code));
    expect([codes, renewals()]).toEqual([[0, 0, 0], 1]);
    expect(await readFile(file(), 'utf8')).toContain('"r2"');
  });

  it('has expired when the provider says so', async () => {
    handlers['/token'] = say(400, { error: 'invalid_grant' });
    const { code, error } = await ran(['ledger', 'list'], { environment });
    expect(code).toBe(4);
    expect(error).toContain('the sign-in has expired');
  });

  it.each<[string, string, Handler]>([
    ['is broken', '/token', say(500, { error: 'server_error' })],
    ['is busy', '/token', say(503, {})],
    ['is away', '/token', lost],
    ['is away at the first question', '/openid-configuration', lost],
  ])('has not expired when the provider %s', async (_what, path, handler) => {
    handlers[path] = handler;
    const { code, error } = await ran(['ledger', 'list'], { environment });
    expect(code).toBe(8);
    expect(error).not.toContain('expired');
    expect(await readFile(file(), 'utf8')).toContain('"r1"');
  });

  it('is not waited for after Ctrl-C', async () => {
    const stop = new AbortController();
    handlers['/token'] = () => stop.abort(new DOMException('interrupted', 'AbortError'));
    expect((await ran(['ledger', 'list'], { environment, signal: stop.signal })).code).toBe(130);
  });

  it('that was deleted while it was renewed stays so', async () => {
    handlers['/token'] = (request, response) => {
      void writeFile(file(), JSON.stringify({ gateways: {} })).then(() => tokens(request, response));
    };
    expect((await ran(['ledger', 'list'], { environment })).code).toBe(0);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ gateways: {} });
  });

  it('is shown as whom it signs in, though the environment has another token', async () => {
    const seen: (string | undefined)[] = [];
    handlers['/oauth-protected-resource'] = say(200, { authorization_servers: [url] });
    handlers['/me'] = (request, response) => {
      seen.push(request.headers.authorization);
      say(200, ME)(request, response);
    };
    const { code, out, error } = await ran(['login', '--client-id', 'c'], {
      environment: { ...environment, LEDGERFLOW_TOKEN: 'other', LEDGERFLOW_CLIENT_SECRET: 's' },
    });
    expect([code, seen]).toEqual([0, ['Bearer new']]);
    expect(out).toMatch(/^roles +viewer$/m);
    expect(error).toContain('LEDGERFLOW_TOKEN is set');
  });
});
