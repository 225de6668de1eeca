import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import helmet from 'helmet';
import { SECURITY_HEADERS } from '../http/respond.ts';
import { TestGateway } from '../test/gateway.ts';
import { closedAfterMs, rawExchange, rawSocket } from '../test/raw.ts';

const TIMEOUTS = { headersMs: 300, requestMs: 2_000, stalledMs: 2_500, checkMs: 50 };
/** Far above the time-outs, far below what the defaults would take. */
const SOON_MS = 10_000;
const ACCOUNTS = '/api/v1/ledgers/main/accounts';

describe('HTTP as it arrives', () => {
  let test: TestGateway;
  let bearer: string;
  beforeAll(async () => {
    test = await TestGateway.start({ timeouts: TIMEOUTS });
    await test.seed('main', { alice: '100', bob: '0' });
    bearer = `authorization: Bearer ${await test.token()}\r\n`;
  });
  afterAll(() => test.stop());

  const port = (): number => test.gateway.port;
  const statuses = (answer: string): string[] => [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status as string);
  const deposit = (key: string, framing: string, body: string): string =>
    `POST ${ACCOUNTS}/bob/deposits HTTP/1.1\r\nhost: x\r\n${bearer}idempotency-key: ${key}\r\ncontent-type: application/json\r\n${framing}\r\n${body}`;
  const BODY = '{"amount":"1","currency":"USD"}';
  const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n';
  const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

  describe('request smuggling: one message has one length, or it is refused and the connection closed', () => {
    const cases: [string, () => string][] = [
      [
        'Content-Length and Transfer-Encoding',
        () => deposit('s1', `content-length: ${BODY.length}\r\ntransfer-encoding: chunked\r\n`, chunked(BODY) + SMUGGLED),
      ],
      [
        'Transfer-Encoding before Content-Length',
        () => deposit('s2', 'transfer-encoding: chunked\r\ncontent-length: 4\r\n', chunked(BODY) + SMUGGLED),
      ],
      ['one Content-Length twice', () => deposit('s0', `content-length: ${BODY.length}\r\n`.repeat(2), BODY + SMUGGLED)],
      ['two different Content-Lengths', () => deposit('s3', `content-length: ${BODY.length}\r\ncontent-length: 0\r\n`, BODY + SMUGGLED)],
      ['a list of Content-Lengths', () => deposit('s4', `content-length: ${BODY.length}, 0\r\n`, BODY + SMUGGLED)],
      ['a signed Content-Length', () => deposit('s5', `content-length: +${BODY.length}\r\n`, BODY + SMUGGLED)],
      ['a negative Content-Length', () => deposit('s6', 'content-length: -1\r\n', BODY + SMUGGLED)],
      ['a hexadecimal Content-Length', () => deposit('s7', 'content-length: 0x1f\r\n', BODY + SMUGGLED)],
      ['an endless Content-Length', () => deposit('s8', `content-length: ${'9'.repeat(30)}\r\n`, BODY + SMUGGLED)],
      ['Transfer-Encoding: xchunked', () => deposit('s9', 'transfer-encoding: xchunked\r\n', chunked(BODY) + SMUGGLED)],
      ['chunked not last', () => deposit('s10', 'transfer-encoding: chunked, identity\r\n', chunked(BODY) + SMUGGLED)],
      ['chunked twice', () => deposit('s11', 'transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n', chunked(BODY) + SMUGGLED)],
      ['a blank before the colon', () => deposit('s12', 'transfer-encoding : chunked\r\n', chunked(BODY) + SMUGGLED)],
      ['a tab in the name', () => deposit('s13', '\ttransfer-encoding: chunked\r\n', chunked(BODY) + SMUGGLED)],
      ['a vertical tab in the value', () => deposit('s14', 'transfer-encoding: \x0bchunked\r\n', chunked(BODY) + SMUGGLED)],
      ['a folded header', () => deposit('s15', 'x-a: b\r\n transfer-encoding: chunked\r\ncontent-length: 5\r\n', BODY + SMUGGLED)],
      ['lines that end in LF alone', () => deposit('s16', `content-length: ${BODY.length}\r\n`, BODY).replaceAll('\r\n', '\n')],
      ['a CR alone', () => deposit('s17', `x-a: b\rcontent-length: ${BODY.length}\r\n`, BODY + SMUGGLED)],
      ['NUL in a header', () => deposit('s18', `x-a: b\0c\r\ncontent-length: ${BODY.length}\r\n`, BODY + SMUGGLED)],
      ['a chunk size that is none', () => deposit('s19', 'transfer-encoding: chunked\r\n', `1f;\r\n${BODY.slice(0, 3)}\r\nzz\r\n`)],
      ['a chunk longer than it says', () => deposit('s20', 'transfer-encoding: chunked\r\n', `5\r\n${BODY}\r\n0\r\n\r\n`)],
      [
        'a chunk that ends in LF alone',
        () => deposit('s21', 'transfer-encoding: chunked\r\n', `${BODY.length.toString(16)}\n${BODY}\n0\n\n`),
      ],
      [
        'chunk extensions of 20 KiB',
        () => deposit('s22', 'transfer-encoding: chunked\r\n', `1f;x=${'y'.repeat(20_000)}\r\n${BODY}\r\n0\r\n\r\n`),
      ],
      ['a version that is none', () => `GET /healthz HTTP/1.9\r\nhost: x\r\n\r\n`],
      ['HTTP/2 without TLS', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['no Host', () => `GET /healthz HTTP/1.1\r\n\r\n`],
      ['an unknown method', () => `STEAL /healthz HTTP/1.1\r\nhost: x\r\n\r\n`],
    ];
    it.each(cases)('refuses %s', async (_, bytes) => {
      const head = await test.head('main');
      const answer = await rawExchange(port(), bytes());
      expect(statuses(answer)).toEqual([expect.stringMatching(/^4/)]);
      expect(answer).toMatch(/content-type: application\/problem\+json/i);
      expect(answer).toMatch(/connection: close/i);
      expect(await test.head('main')).toBe(head);
    });

    it.each(['Host', 'Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Last-Event-ID', 'X-LedgerFlow-CSRF'])(
      'refuses %s that stands twice, on whatever path and in whatever letters',
      async (name) => {
        const host = name === 'Host' ? '' : 'host: x\r\n';
        const bytes = `GET /healthz HTTP/1.1\r\n${host}${name}: x\r\n${name.toUpperCase()}: x\r\n\r\n${SMUGGLED}`;
        const answer = await rawExchange(port(), bytes, (text) => text.includes('"requestId"') || text.includes(' 200 '));
        expect(statuses(answer)).toEqual(['400']);
        expect(answer).toMatch(/connection: close/i);
        expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'invalid_request', field: name });
      },
    );

    it('takes what may stand on several lines', async () => {
      const written = await test.post('/ledgers/main/accounts/bob/deposits', { amount: '1', currency: 'USD' });
      const several = { 'x-forwarded-for': '10.0.0.1', accept: '*/*', 'ledger-consistency': written.headers.get('ledger-consistency')! };
      const lines = Object.entries(several).map(([name, value]) => `${name}: ${value}\r\n`.repeat(2));
      const asked = `GET ${ACCOUNTS}/bob HTTP/1.1\r\nhost: x\r\n${bearer}${lines.join('')}__proto__: x\r\nconnection: close\r\n\r\n`;
      expect(statuses(await rawExchange(port(), asked))).toEqual(['200']);
    });

    it('writes nothing into an answer that is under way', async () => {
      const stream = `GET /api/v1/ledgers/main/events/stream HTTP/1.1\r\nhost: x\r\n${bearer}\r\n`;
      const socket = await rawSocket(port());
      let answer = '';
      const begun = new Promise<void>((resolve) =>
        socket.on('data', (bytes: Buffer) => {
          answer += bytes.toString('latin1');
          if (answer.includes(': connected')) resolve();
        }),
      );
      socket.write(stream);
      await begun;
      socket.write('no HTTP at all\r\n\r\n');
      await closedAfterMs(socket);
      expect(statuses(answer)).toEqual(['200']);
    });
    it.each(['/ledgers/main/events/stream', '/admin/audit/export'])('runs nothing that goes on for HEAD %s', async (path) => {
      const answer = await rawExchange(port(), `HEAD /api/v1${path} HTTP/1.1\r\nhost: x\r\n${bearer}connection: close\r\n\r\n`);
      expect(statuses(answer)).toEqual(['405']);
      expect(answer).toContain('allow: GET');
    });
    it('takes one chunked body as one', async () => {
      const answer = await rawExchange(port(), deposit('chunked', 'transfer-encoding: chunked\r\nconnection: close\r\n', chunked(BODY)));
      expect(statuses(answer)).toEqual(['201']);
    });

    it('answers two requests on one connection each by itself', async () => {
      const two =
        deposit('p1', `content-length: ${BODY.length}\r\n`, BODY) +
        deposit('p2', `content-length: ${BODY.length}\r\nconnection: close\r\n`, BODY);
      expect(statuses(await rawExchange(port(), two))).toEqual(['201', '201']);
    });
  });

  describe('sizes', () => {
    const header = (count: number, length: number): string =>
      Array.from({ length: count }, (_, i) => `x-${i}: ${'y'.repeat(length)}\r\n`).join('');
    it.each<[string, () => string, string]>([
      ['headers of 17 KiB', () => `GET /healthz HTTP/1.1\r\nhost: x\r\n${header(1, 17_000)}\r\n`, '431'],
      ['101 headers', () => `GET /healthz HTTP/1.1\r\nhost: x\r\n${header(100, 1)}\r\n`, '431'],
      [
        'an address of 9,000 characters',
        () => `GET ${ACCOUNTS}?q=${'a'.repeat(9_000)} HTTP/1.1\r\nhost: x\r\n${bearer}connection: close\r\n\r\n`,
        '414',
      ],
      ['a body that says it has 9 MiB', () => deposit('b1', `content-length: ${9 * 1024 * 1024}\r\n`, ''), '413'],
      [
        'a body of 2 MiB',
        () => deposit('b2', `content-length: ${2 * 1024 * 1024}\r\nconnection: close\r\n`, `"${'x'.repeat(2 * 1024 * 1024 - 2)}"`),
        '413',
      ],
      [
        'an endless chunked body',
        () =>
          deposit('b3', 'transfer-encoding: chunked\r\n', Array.from({ length: 90 }, () => `19000\r\n${'x'.repeat(0x19000)}\r\n`).join('')),
        '413',
      ],
      ['an expectation that is none', () => `GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: tea\r\n\r\n`, '400'],
    ])('refuses %s', async (_, bytes, status) => {
      const answer = await rawExchange(port(), bytes(), (text) => text.includes('"requestId"'));
      expect(statuses(answer)[0]).toBe(status);
    });

    it.each<[string, string, number, string]>([
      ['headers of 17 KiB', `GET /healthz HTTP/1.1\r\nhost: x\r\n${header(1, 17_000)}\r\n`, 431, 'headers_too_large'],
      ['half a head', 'GET /healthz HTTP/1.1\r\nhost: x\r\n', 408, 'request_timeout'],
      ['what is not HTTP', 'tea, please\r\n\r\n', 400, 'invalid_request'],
    ])('answers %s by a problem with an id, as all that the document describes', async (_, bytes, status, code) => {
      const [head = '', body = ''] = (await rawExchange(port(), bytes)).split('\r\n\r\n');
      const problem = JSON.parse(body) as Record<string, unknown>;
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(problem).toMatchObject({ type: `urn:ledgerflow:problem:${code}`, status, code, requestId: expect.any(String) });
      expect(head).toContain(`x-request-id: ${String(problem['requestId'])}`);
      expect(head).toContain('connection: close');
    });

    it.each([
      ['33 levels of lists', `${'['.repeat(33)}${']'.repeat(33)}`],
      ['100,000 levels of lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
      ['33 levels of objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`],
      ['a member __proto__', '{"__proto__":{"admin":true},"amount":"1","currency":"USD"}'],
      ['a member constructor', '{"constructor":{"prototype":{}},"amount":"1","currency":"USD"}'],
      ['a byte order mark', `\ufeff${BODY}`],
    ])('refuses a body with %s', async (_, body) => {
      const reply = await test.raw(
        'POST',
        `${ACCOUNTS}/bob/deposits`,
        {
          authorization: `Bearer ${await test.token()}`,
          'idempotency-key': 'deep',
          'content-type': 'application/json',
        },
        body,
      );
      expect([reply.status, ({} as Record<string, unknown>)['admin']]).toEqual([400, undefined]);
    });
  });

  describe('slow clients are cut off', () => {
    it.each([
      ['says nothing', ''],
      ['sends half a head', 'GET /healthz HTTP/1.1\r\nhost: x\r\n'],
    ])('one that %s', async (_, text) => {
      const socket = await rawSocket(port());
      socket.write(text);
      expect(await closedAfterMs(socket)).toBeLessThan(SOON_MS);
    });

    it('one that sends its head a byte at a time', async () => {
      const socket = await rawSocket(port());
      let sent = 0;
      const drip = setInterval(() => socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(10_000)}`[sent++] ?? 'y'), 20);
      try {
        expect(await closedAfterMs(socket)).toBeLessThan(SOON_MS);
      } finally {
        clearInterval(drip);
      }
    });

    it('one that sends its body a byte at a time, with nothing done', async () => {
      const head = await test.head('main');
      const socket = await rawSocket(port());
      socket.write(deposit('slow', 'content-length: 1000\r\n', '{'));
      const drip = setInterval(() => socket.write(' '), 20);
      try {
        expect(await closedAfterMs(socket)).toBeLessThan(SOON_MS);
      } finally {
        clearInterval(drip);
      }
      expect(await test.head('main')).toBe(head);
    });

    it('one that does not read a large answer', async () => {
      const alone = await TestGateway.start({ timeouts: { ...TIMEOUTS, stalledMs: 300 } });
      const until = async (count: number): Promise<number> => {
        const endMs = Date.now() + SOON_MS;
        for (let open = -1; ;) {
          open = await new Promise<number>((resolve) => alone.gateway.connections(resolve));
          if (open === count || Date.now() > endMs) return open;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const socket = await rawSocket(alone.gateway.port);
      // Asked for again and again without reading, until the buffers of both systems are full.
      socket.pause();
      socket.write('GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(300));
      expect(await until(1)).toBe(1);
      expect(await until(0)).toBe(0);
      await alone.stop();
      socket.destroy();
    });
  });

  describe('headers of every answer', () => {
    const expected: Record<string, string> = {};
    helmet()(
      {} as never,
      { setHeader: (name: string, value: string) => void (expected[name.toLowerCase()] = value), removeHeader: () => undefined } as never,
      () => undefined,
    );

    it('are those of helmet, with a stricter policy', () => {
      expect(Object.keys(SECURITY_HEADERS)).toEqual(expect.arrayContaining(Object.keys(expected)));
      expect(SECURITY_HEADERS).toMatchObject({
        'x-frame-options': 'DENY',
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      });
    });

    it.each<[string, () => string]>([
      ['a success', () => `GET /api/v1/me HTTP/1.1\r\nhost: x\r\n${bearer}connection: close\r\n\r\n`],
      ['401', () => 'GET /api/v1/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
      ['404', () => 'GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
      ['405', () => 'DELETE /api/v1/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
      ['a path that is not UTF-8', () => `GET ${ACCOUNTS}/%ff HTTP/1.1\r\nhost: x\r\n${bearer}connection: close\r\n\r\n`],
      ['what is not HTTP', () => 'HELLO\r\n\r\n'],
      ['headers that are too large', () => `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`],
      ['a request without Host', () => 'GET / HTTP/1.1\r\n\r\n'],
      ['a wrong expectation', () => 'GET / HTTP/1.1\r\nhost: x\r\nexpect: tea\r\n\r\n'],
      ['a request that came too slowly', () => 'GET / HTTP/1.1\r\nhost: x\r\n'],
      ['a malformed body', () => deposit('h', 'content-length: 1\r\nconnection: close\r\n', '{')],
      ['/healthz', () => 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
      ['/openapi.json', () => 'GET /openapi.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
      ['/docs', () => 'GET /docs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
      ['a redirect', () => 'GET /docs/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
      ['an event stream', () => `GET /api/v1/ledgers/main/events/stream HTTP/1.1\r\nhost: x\r\n${bearer}\r\n`],
    ])('are on %s', async (_, bytes) => {
      const answer = await rawExchange(port(), bytes(), (text) => text.includes(': connected'));
      const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase();
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
        if (name === 'content-security-policy') expect(head).toMatch(/content-security-policy: default-src 'none';/);
        else expect(head).toContain(`${name}: ${value.toLowerCase()}`);
      }
      expect(head).not.toMatch(/unsafe-|x-powered-by|\nserver:/);
    });
  });
});
