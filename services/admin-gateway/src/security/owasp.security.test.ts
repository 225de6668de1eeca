import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LedgerServiceClient } from '@ledgerflow/contracts/grpc';
import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { ensureCertificates } from '@ledgerflow/local/certificates';
import { clientCredentials, readTls, type TlsFiles } from '@ledgerflow/platform/grpc';
import { ROUTES } from '../routes/index.ts';
import { type Claims, TestGateway } from '../test/gateway.ts';
import { startTestWriter, tlsFiles } from '../test/writer.ts';

const MAIN = '/ledgers/main';
const OTHER = '/ledgers/other';
const viewer: Claims = { roles: ['viewer'], ledgers: ['main'], subject: 'viewer' };
const operator: Claims = { roles: ['operator'], ledgers: ['main'], subject: 'operator' };
const MONEY = { amount: '1', currency: 'USD' };
const TOKEN = 'ledger-consistency';

describe('OWASP API Security 2023', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await TestGateway.start();
    for (const ledger of ['main', 'other']) await test.seed(ledger, { alice: '100', bob: '0', carol: '0' });
  });
  afterAll(() => test.stop());

  describe('API1 broken object level authorization', () => {
    it.each([
      '',
      '/accounts',
      '/accounts/alice',
      '/accounts/alice/balance',
      '/accounts/alice/entries',
      '/events',
      '/transactions',
      '/trial-balance',
      '/events/stream',
    ])("refuses another ledger's %s, whether or not it exists", async (path) => {
      const [foreign, absent] = [await test.get(OTHER + path, {}, viewer), await test.get(`/ledgers/absent${path}`, {}, viewer)];
      expect([foreign.status, absent.status]).toEqual([403, 403]);
      expect({ ...foreign.body, requestId: 0 }).toEqual({ ...absent.body, requestId: 0 });
    });
    it.each(['main%2f..%2fother', '..%2fother', 'main/../other', 'MAIN', 'main%00', '*'])(
      'is not led astray by the ledger %s',
      async (ledger) => {
        expect((await test.get(`/ledgers/${ledger}/accounts/alice`, {}, { ...viewer, ledgers: ['main'] })).status).toBeGreaterThanOrEqual(
          400,
        );
      },
    );
    it('keeps a cursor to its route, ledger, filters and caller', async () => {
      const cursor = (await test.get(`${MAIN}/accounts?limit=1`)).body['nextCursor'] as string;
      const tried = await Promise.all([
        test.get(`${MAIN}/accounts?limit=1&cursor=${cursor}`),
        test.get(`${OTHER}/accounts?limit=1&cursor=${cursor}`),
        test.get(`${MAIN}/accounts?limit=1&status=open&cursor=${cursor}`),
        test.get(`${MAIN}/transactions?limit=1&cursor=${cursor}`),
        test.get(`${MAIN}/accounts?limit=1&cursor=${cursor}`, {}, { ...viewer, ledgers: ['main'] }),
      ]);
      expect(tried.map(({ status: code, body }) => [code, body['code']])).toEqual([
        [200, undefined],
        ...Array.from({ length: 4 }, () => [400, 'invalid_cursor']),
      ]);
    });
  });

  describe('API2 broken authentication', () => {
    it.each<[string, () => Promise<string> | string]>([
      ['unsigned', () => test.issuer.unsigned()],
      ['expired', () => test.issuer.token({ expiresInSeconds: -60 })],
      ['for another audience', () => test.issuer.token({ audience: 'another' })],
      ['of another issuer', () => test.issuer.token({ issuer: 'https://evil.test' })],
      [
        'signed by the public key',
        () => {
          const input = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from('{"sub":"x","exp":9999999999}').toString('base64url')}`;
          return `${input}.${createHmac('sha256', JSON.stringify(test.issuer.keys[0])).update(input).digest('base64url')}`;
        },
      ],
    ])('refuses a token that is %s', async (_, token) => {
      const reply = await test.raw('GET', '/api/v1/me', { authorization: `Bearer ${await token()}` });
      expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer /)]);
    });
    it.each(['?access_token=', '?token=', '?authorization='])('takes no token from the address (%s)', async (query) => {
      expect((await test.raw('GET', `/api/v1/me${query}${await test.token()}`, {})).status).toBe(401);
    });
    describe('with one wrong token in a second', () => {
      let strict: TestGateway;
      beforeAll(async () => (strict = await TestGateway.start({ limits: { wrongTokensPerSecond: 1 } })));
      afterAll(() => strict.stop());
      const ask = (token: string) => strict.raw('GET', '/api/v1/me', { authorization: `Bearer ${token}` });

      it('takes many new tokens at once from one address, and one of many requests', async () => {
        const fresh = await Promise.all(Array.from({ length: 100 }, (_, i) => strict.issuer.token({ subject: `fresh ${i}` })));
        const tokens = [...Array.from({ length: 300 }, () => fresh[0]!), ...fresh];
        const replies = await Promise.all(tokens.map(ask));
        expect(replies.filter(({ status: code }) => code !== 200)).toEqual([]);
      });
      it('bounds what wrong tokens cost, and goes on taking the tokens it knows', async () => {
        const good = await strict.get('/me');
        const wrong = await Promise.all(
          Array.from({ length: 100 }, (_, i) => strict.issuer.token({ audience: 'another', subject: `guesser ${i}` })),
        );
        const codes = (await Promise.all(wrong.map(ask))).map(({ status: code }) => code);
        expect(new Set(codes)).toEqual(new Set([401, 429]));
        expect([good.status, (await strict.get('/me')).status]).toEqual([200, 200]);
        const endMs = Date.now() + 5_000;
        let last = 0;
        while ((last = (await strict.get('/me', {}, { subject: `new-${Date.now()}` })).status) !== 200 && Date.now() < endMs);
        expect(last).toBe(200);
      });
    });
  });

  describe('API3 broken object property level authorization', () => {
    it.each([
      ['balance', '1'],
      ['posted', '1'],
      ['status', 'open'],
      ['version', '9'],
      ['roles', ['admin']],
      ['ledger', 'other'],
      ['__proto__x', 1],
    ])("refuses a member that is not the caller's to set: %s", async (name, value) => {
      const reply = await test.post(`${MAIN}/accounts`, { id: 'props', currency: 'USD', [name]: value });
      expect([reply.status, reply.body['code']]).toEqual([400, 'invalid_request']);
    });
    it.each(['@world:USD', '@transit:main:USD'])('lets nobody name the system account %s', async (account) => {
      expect((await test.post(`${MAIN}/transfers`, { from: account, to: 'bob', ...MONEY })).status).toBe(422);
    });
  });

  describe('API4 unrestricted resource consumption', () => {
    it.each([
      'limit=0',
      'limit=1001',
      'limit=1e9',
      'limit=-1',
      `q=${'x'.repeat(5_000)}`,
      Array.from({ length: 40 }, (_, i) => `a${i}=1`).join('&'),
    ])('refuses the query %.30s', async (query) => {
      expect((await test.get(`${MAIN}/accounts?${query}`)).status).toBe(400);
    });
    it('refuses a batch of more than 1,000', async () => {
      const transactions = Array.from({ length: 1_001 }, () => ({ postings: [{ from: 'alice', to: 'bob', ...MONEY }] }));
      expect((await test.post(`${MAIN}/transactions/batch`, { atomic: true, transactions })).status).toBe(400);
    });
    it('limits an address before it looks at tokens, and each address by itself', async () => {
      const limited = await TestGateway.start({ limits: { addressRatePerSecond: 5, trustedProxies: 'loopback' } });
      try {
        const from = (address: string) => limited.raw('GET', '/api/v1/me', { 'x-forwarded-for': address });
        const codes = (await Promise.all(Array.from({ length: 30 }, () => from('1.1.1.1')))).map(({ status: code }) => code);
        expect(codes.filter((code) => code === 429).length).toBeGreaterThan(10);
        expect((await from('2.2.2.2')).status).toBe(401);
      } finally {
        await limited.stop();
      }
    });
  });

  describe('API5 broken function level authorization', () => {
    const admin = ROUTES.filter(({ access }) => access !== 'authenticated' && access.role === 'admin' && access.ledger !== 'filtered');
    it.each(admin.map(({ method, path }) => [method, path] as const))('refuses an operator %s %s', async (method, path) => {
      const real = path.replace('{ledger}', 'main').replaceAll(/\{\w+\}/g, '1');
      expect((await test.call(method, real, method === 'GET' ? undefined : {}, {}, operator)).status).toBe(403);
    });
    it.each(['x-http-method-override', 'x-method-override', 'x-original-url', 'x-rewrite-url', 'x-forwarded-user', 'x-user', 'x-roles'])(
      'does not heed %s',
      async (name) => {
        const reply = await test.get(`${MAIN}/accounts/alice`, { [name]: name.includes('url') ? '/api/v1/admin/health' : 'admin' }, viewer);
        expect([reply.status, reply.body['id']]).toEqual([200, 'alice']);
      },
    );
  });

  describe('API6 unrestricted access to sensitive business flows', () => {
    it('has one effect for one key, however often it is sent at once', async () => {
      const before = (await test.get(`${MAIN}/accounts/carol/balance`)).body['posted'];
      const headers = { 'idempotency-key': 'many at once' };
      const replies = await Promise.all(Array.from({ length: 20 }, () => test.post(`${MAIN}/accounts/carol/deposits`, MONEY, headers)));
      expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
      const token = replies[0]!.headers.get(TOKEN) as string;
      const after = (await test.get(`${MAIN}/accounts/carol/balance`, { [TOKEN]: token })).body['posted'];
      expect(Number(after) - Number(before)).toBe(1);
    });
  });

  describe('API7 server side request forgery: the gateway fetches no address that a caller gives', () => {
    it('goes nowhere for addresses in metadata, tokens and headers', async () => {
      const url = `${test.issuer.url}/forged`;
      let fetched = 0;
      test.issuer.server.on('request', ({ url: path }) => void (fetched += path === '/forged' ? 1 : 0));
      const reply = await test.post(
        `${MAIN}/accounts`,
        { id: 'forged', currency: 'USD', metadata: { url } },
        { referer: url, 'x-forwarded-host': url, 'x-forwarded-for': url, forwarded: `host=${url}`, link: `<${url}>` },
      );
      expect(reply.status).toBe(201);
      expect(fetched).toBe(0);
    });
  });

  describe('API8 security misconfiguration', () => {
    it.each(['TRACE', 'PROPFIND', 'OPTIONS'])('answers %s with nothing to use', async (method) => {
      if (method === 'TRACE') return expect(test.raw(method, '/api/v1/me', {})).rejects.toThrow();
      const reply = await test.raw(method, '/api/v1/me', { origin: 'https://evil.test' });
      expect([reply.status >= 400, reply.headers.get('access-control-allow-origin')]).toEqual([true, null]);
    });
    it.each([
      '/metrics',
      '/.env',
      '/.git/config',
      '/docs/../package.json',
      '/docs/..%2f..%2fpackage.json',
      '/docs/%2e%2e/package.json',
      '/server-status',
    ])('serves no %s', async (path) => {
      expect((await test.raw('GET', path, {})).status).toBe(404);
    });
    it('tells nothing of its inside when something breaks', async () => {
      const { model } = test.reads;
      const { getAccount } = model;
      model.getAccount = () => Promise.reject(new TypeError('inside: the password is hunter2'));
      try {
        const reply = await test.get(`${MAIN}/accounts/alice`);
        expect([reply.status, reply.body['code']]).toEqual([500, 'internal']);
        expect(JSON.stringify([reply.body, ...reply.headers])).not.toMatch(/inside|hunter2|TypeError|node_modules|\.ts:|at \w+ \(|stack/);
      } finally {
        model.getAccount = getAccount;
      }
    });
  });

  describe('API9 improper inventory management', () => {
    it('serves no other version, and no route that its document does not have', async () => {
      for (const path of ['/api/v0/me', '/api/v2/me', '/api/me', '/api/v1/debug', '/api/v1/internal'])
        expect((await test.raw('GET', path, { authorization: `Bearer ${await test.token()}` })).status).toBe(404);
      const document = (await test.raw('GET', '/openapi.json', {})).body as { paths: Record<string, unknown> };
      expect(Object.keys(document.paths)).toEqual(
        expect.arrayContaining(ROUTES.map(({ path }) => expect.stringContaining(path) as unknown as string)),
      );
    });
  });

  describe('API10 unsafe consumption of APIs: what the gateway itself asks', () => {
    let folder: string;
    beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'ledgerflow-owasp-'))));
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const code = (client: LedgerServiceClient): Promise<number> =>
      new Promise((resolve) => {
        const principal = { id: 'x', roles: ['admin'], ledgers: ['*'], source: 'api' };
        client.getHeads(
          { principal, ledgers: ['main'], slots: [], recordedSince: 0n },
          { deadline: Date.now() + 5_000 } as never,
          (error: ServiceError | null) => {
            client.close();
            resolve(error?.code ?? status.OK);
          },
        );
      });
    const at = (): string => `127.0.0.1:${test.writer.port}`;

    it('is refused by the writer without a certificate', async () => {
      expect(await code(new LedgerServiceClient(at(), credentials.createInsecure()))).toBe(status.UNAVAILABLE);
    });
    const withFiles = (files: TlsFiles, address = at()): Promise<number> =>
      code(new LedgerServiceClient(address, clientCredentials(readTls(files))));

    it('is answered by the writer with its own certificate', async () => {
      expect(await withFiles(tlsFiles(test.certificates, 'admin-gateway'))).toBe(status.OK);
    });
    it('is refused by the writer with a certificate of another authority', async () => {
      const foreign = tlsFiles(await ensureCertificates(folder, ['admin-gateway']), 'admin-gateway');
      expect(await withFiles({ ...foreign, TLS_CA_FILE: test.certificates.caFile })).toBe(status.UNAVAILABLE);
    });
    it('is refused by the writer with the certificate of a service that may not call', async () => {
      const files = await ensureCertificates(test.folder, ['billing-consumer']);
      expect(await withFiles(tlsFiles(files, 'billing-consumer'))).toBe(status.PERMISSION_DENIED);
    });
    it('is refused by the writer with a certificate that has expired', async () => {
      const old = join(folder, 'old');
      await ensureCertificates(old, ['admin-gateway'], new Date(Date.now() - 400 * 86_400_000));
      const files = await ensureCertificates(old, ['ledger-writer']);
      const writer = await startTestWriter(files);
      try {
        expect(await withFiles(tlsFiles(files, 'admin-gateway'), `127.0.0.1:${writer.port}`)).toBe(status.UNAVAILABLE);
      } finally {
        await writer.stop(0);
      }
    });
  });

  describe('consistency tokens', () => {
    it('that are forged, changed or of nothing are refused', async () => {
      const good = (await test.post(`${MAIN}/accounts/bob/deposits`, MONEY)).headers.get(TOKEN) as string;
      for (const bad of ['x', `${good}x`, good.slice(0, -2), good.replace(/^./, '_'), 'a'.repeat(5_000)]) {
        const reply = await test.get(`${MAIN}/accounts/bob/balance`, { [TOKEN]: bad });
        expect([bad.slice(0, 20), reply.status]).toEqual([bad.slice(0, 20), 400]);
      }
    });
  });
});
