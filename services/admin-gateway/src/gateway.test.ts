import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { ROUTES } from './routes/index.ts';
import { TestGateway } from './test/gateway.ts';

const REPLAYED = 'idempotency-replayed';
const TOKEN = 'ledger-consistency';
const ID = '0190c1a0-0000-7000-8000-0000000000bb';
/** For the parameters of paths. */
const VALUES: Readonly<Record<string, string>> = {
  account: 'alice',
  transaction: '1',
  deadLetter: '1',
  projection: 'transactions',
  rebuild: ID,
  repair: ID,
};

describe('the gateway', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('main', { alice: '100.00', bob: '0', carol: '0' });
  });
  afterAll(() => test.stop());

  it('takes money in, moves it and tells the balance', async () => {
    const deposit = await test.post('/ledgers/main/accounts/alice/deposits', { amount: '12.5', currency: 'USD', reference: 'salary' });
    expect(deposit.status).toBe(201);
    expect(deposit.body).toEqual({
      transactionId: deposit.body['position'],
      position: expect.stringMatching(/^\d+$/),
      recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      effectiveAt: deposit.body['recordedAt'],
      entries: [
        { account: '@world:USD', amount: '-12.50', balanceAfter: '-112.50', heldAfter: '0.00', version: expect.any(String) },
        { account: 'alice', amount: '12.50', balanceAfter: '112.50', heldAfter: '0.00', version: '3' },
      ],
    });
    const transfer = await test.post('/ledgers/main/transfers', { from: 'alice', to: 'bob', amount: '2.50', currency: 'USD' });
    expect(transfer.status).toBe(201);
    const balance = await test.get('/ledgers/main/accounts/alice/balance', { [TOKEN]: transfer.headers.get(TOKEN)! });
    expect(balance.body).toEqual({
      account: 'alice',
      currency: 'USD',
      posted: '110.00',
      held: '0.00',
      available: '110.00',
      version: '4',
      asOf: transfer.body['recordedAt'],
      asOfPosition: transfer.body['position'],
    });
    const withdrawal = await test.post('/ledgers/main/accounts/alice/withdrawals', { amount: '1000', currency: 'USD' });
    expect(withdrawal.body).toMatchObject({
      status: 422,
      code: 'insufficient_funds',
      account: 'alice',
      requestId: withdrawal.headers.get('x-request-id'),
    });
    expect(withdrawal.headers.get(TOKEN)).toBeNull();
  });

  it.each([
    ['a transfer', '/ledgers/main/transfers', { from: 'alice', to: 'bob', amount: '1', currency: 'USD' }],
    [
      'a transaction',
      '/ledgers/main/transactions',
      { postings: [{ from: 'alice', to: 'bob', amount: '1', currency: 'USD' }], metadata: { b: 1, a: 2 } },
    ],
    [
      'an atomic batch',
      '/ledgers/main/transactions/batch',
      { atomic: true, transactions: [1, 2].map(() => ({ postings: [{ from: 'alice', to: 'bob', amount: '1', currency: 'USD' }] })) },
    ],
    [
      'an independent batch',
      '/ledgers/main/transactions/batch',
      { atomic: false, transactions: [1, 2].map(() => ({ postings: [{ from: 'alice', to: 'bob', amount: '1', currency: 'USD' }] })) },
    ],
    [
      'an account',
      '/ledgers/main/accounts',
      { currency: 'USD', name: 'Dora', metadata: { x: 1 }, initialBalance: '1', minBalance: null, maxBalance: '50' },
    ],
    ['a currency', '/ledgers/main/currencies', { code: 'GEM', scale: 5 }],
    ['a ledger', '/ledgers', { id: 'replayed', currencies: ['USD', { code: 'GOLD', scale: 9 }] }],
  ])('replays %s with equal JSON', async (_, path, body) => {
    const headers = { 'idempotency-key': `replay ${path} ${JSON.stringify(body).length}` };
    const first = await test.post(path, body, headers);
    const second = await test.post(path, body, headers);
    expect([first.status, first.headers.get(REPLAYED), second.status, second.headers.get(REPLAYED)]).toEqual([201, null, 201, 'true']);
    expect(second.text).toBe(first.text);
    expect(second.headers.get(TOKEN)).toBe(first.headers.get(TOKEN));
  });

  it('replays refusals, and refuses another body under the key', async () => {
    const headers = { 'idempotency-key': 'refused' };
    const body = { amount: '5000', currency: 'USD' };
    const [first, second] = [
      await test.post('/ledgers/main/accounts/bob/withdrawals', body, headers),
      await test.post('/ledgers/main/accounts/bob/withdrawals', body, headers),
    ];
    expect([first.status, second.status, second.headers.get(REPLAYED)]).toEqual([422, 422, 'true']);
    expect({ ...second.body, requestId: 0 }).toEqual({ ...first.body, requestId: 0 });
    const other = await test.post('/ledgers/main/accounts/bob/deposits', body, headers);
    expect(other.body['code']).toBe('idempotency_key_reused');
  });

  it('answers each transaction of an independent batch by itself, in order', async () => {
    const to = (account: string) => ({ postings: [{ from: 'alice', to: account, amount: '1', currency: 'USD' }] });
    const body = { atomic: false, transactions: [to('bob'), to('nobody'), { idempotencyKey: 'own', ...to('carol') }] };
    const headers = { 'idempotency-key': 'batch' };
    const reply = await test.post('/ledgers/main/transactions/batch', body, headers);
    expect(reply.status).toBe(200);
    const results = reply.body['results'] as { status: number; transaction?: { position: string }; problem?: { code: string } }[];
    expect(results.map(({ status, problem }) => [status, problem?.code])).toEqual([
      [201, undefined],
      [404, 'account_not_found'],
      [201, undefined],
    ]);
    const alone = await test.post('/ledgers/main/transactions', { postings: to('carol').postings }, { 'idempotency-key': 'own' });
    expect([alone.headers.get(REPLAYED), alone.body['position']]).toEqual(['true', results[2]?.transaction?.position]);
    const atomic = await test.post('/ledgers/main/transactions/batch', { ...body, atomic: true, transactions: [to('bob'), to('nobody')] });
    expect(atomic.body).toMatchObject({ status: 404, code: 'account_not_found', index: '1' });
  });

  it('changes accounts: limits, freeze, unfreeze, close; ETag and If-Match', async () => {
    const path = '/ledgers/main/accounts/dan';
    const opened = await test.post('/ledgers/main/accounts', { id: 'dan', currency: 'USD', name: 'Dan', ownerId: 'o-1' });
    expect(opened.body).toMatchObject({
      id: 'dan',
      status: 'open',
      posted: '0.00',
      minBalance: '0.00',
      maxBalance: null,
      ownerId: 'o-1',
      name: 'Dan',
      metadata: null,
      version: '1',
    });
    expect(opened.headers.get('etag')).toBe('"1"');
    const limited = await test.call(
      'PATCH',
      path,
      { maxBalance: '10.00', minBalance: null, metadata: { vip: true } },
      { 'if-match': '"1"' },
    );
    expect([limited.status, limited.body['maxBalance'], limited.body['minBalance'], limited.body['metadata']]).toEqual([
      200,
      '10.00',
      null,
      { vip: true },
    ]);
    const stale = await test.call('PATCH', path, { name: 'x' }, { 'if-match': '"1"' });
    expect([stale.status, stale.body['code']]).toEqual([412, 'version_mismatch']);
    const frozen = await test.post(
      `${path}/freeze`,
      { reason: 'court order', scope: 'debits' },
      { 'if-match': limited.headers.get('etag')! },
    );
    expect([frozen.status, frozen.body['status'], frozen.body['freezeScope']]).toEqual([200, 'frozen', 'debits']);
    expect((await test.post(`${path}/unfreeze`, { reason: 'over' })).body['status']).toBe('open');
    const closed = await test.post(`${path}/close`, { reason: 'gone' });
    expect(closed.body['status']).toBe('closed');
    const read = await test.get(path, { [TOKEN]: closed.headers.get(TOKEN)! });
    expect([read.body['status'], read.body['name'], read.headers.get('etag')]).toEqual(['closed', 'Dan', closed.headers.get('etag')]);
  });

  it('answers a dry run as if, and writes nothing', async () => {
    const before = await test.head('main');
    const reply = await test.post('/ledgers/main/transfers?dryRun=true', { from: 'alice', to: 'bob', amount: '1', currency: 'USD' });
    expect([reply.status, reply.headers.get(TOKEN)]).toEqual([201, null]);
    expect(await test.head('main')).toBe(before);
  });

  it('pages through lists with signed cursors', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 20; pages++) {
      const page = await test.get(`/ledgers/main/accounts?limit=2${cursor}`);
      seen.push(...(page.body['data'] as { id: string }[]).map(({ id }) => id));
      if (page.body['nextCursor'] === null) break;
      cursor = `&cursor=${page.body['nextCursor'] as string}`;
    }
    expect(seen).toEqual([...seen].sort());
    expect(seen).toEqual(expect.arrayContaining(['alice', 'bob', 'carol']));
    const stolen = await test.get(`/ledgers/main/balances?limit=2${cursor}`);
    expect([stolen.status, stolen.body['code']]).toEqual([400, 'invalid_cursor']);
    const otherGrant = await test.get(`/ledgers/main/accounts?limit=2${cursor}`, {}, { ledgers: ['main'] });
    expect(otherGrant.body['code']).toBe('invalid_cursor');
    const newest = await test.get('/ledgers/main/transactions?limit=3');
    const positions = (newest.body['data'] as { position: string }[]).map(({ position }) => Number(position));
    expect(positions).toEqual([...positions].sort((a, b) => b - a));
  });

  it('reads the log: records in order, by account, type and actor', async () => {
    const all = await test.get('/ledgers/main/events?after=1&limit=3');
    expect((all.body['data'] as { position: string }[]).map(({ position }) => position)).toEqual(['2', '3', '4']);
    const next = await test.get(`/ledgers/main/events?after=1&limit=3&cursor=${all.body['nextCursor'] as string}`);
    expect((next.body['data'] as { position: string }[])[0]?.position).toBe('5');
    const frozen = await test.get('/ledgers/main/events?type=AccountFrozen&account=dan&actor=tester');
    expect(frozen.body).toMatchObject({
      data: [
        {
          type: 'AccountFrozen',
          actor: 'tester',
          events: [{ index: 0, type: 'AccountFrozen', account: 'dan', data: { status: 'frozen', freezeScope: 'debits' } }],
        },
      ],
      nextCursor: null,
    });
    const ofAccount = await test.get('/ledgers/main/accounts/dan/events?limit=2');
    expect((ofAccount.body['data'] as { type: string }[]).map(({ type }) => type)).toEqual(['AccountOpened', 'AccountUpdated']);
    const rest = await test.get(`/ledgers/main/accounts/dan/events?limit=50&cursor=${ofAccount.body['nextCursor'] as string}`);
    expect((rest.body['data'] as { type: string }[]).map(({ type }) => type)).toEqual([
      'AccountFrozen',
      'AccountUnfrozen',
      'AccountClosed',
    ]);
  });

  it('takes a request id, gives it back and puts it into the record', async () => {
    const requestId = '0190c1a0-0000-7000-8000-0000000000aa';
    const reply = await test.post(
      '/ledgers/main/transfers',
      { from: 'alice', to: 'bob', amount: '0.01', currency: 'USD' },
      { 'x-request-id': requestId },
    );
    expect(reply.headers.get('x-request-id')).toBe(requestId);
    const records = await test.get(`/ledgers/main/events?after=${Number(reply.body['position']) - 1}`);
    expect(records.body['data']).toMatchObject([
      { causationId: requestId, correlationId: requestId, transactionId: reply.body['transactionId'] },
    ]);
    expect((await test.get('/me', { 'x-request-id': 'not a uuid' })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gathers the commands of concurrent requests', async () => {
    const before = test.writer.calls.length;
    const replies = await Promise.all(
      Array.from({ length: 64 }, () => test.post('/ledgers/main/accounts/carol/deposits', { amount: '1', currency: 'USD' })),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    const calls = test.writer.calls.slice(before);
    expect(calls.reduce((a, b) => a + b, 0)).toBe(64);
    expect(calls.length).toBeLessThan(48);
  });

  it('denies every route of a foreign ledger, also of one that does not exist, and shows it in no list', async () => {
    const claims = { roles: ['admin', 'operator', 'auditor', 'viewer'], ledgers: ['other'] };
    const before = await test.head('main');
    for (const ledger of ['main', 'nowhere']) {
      for (const { method, path } of ROUTES.filter((route) => route.path.includes('{ledger}'))) {
        const concrete = path.replace('{ledger}', ledger).replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] as string);
        const reply = await test.call(method, concrete, method === 'GET' ? undefined : {}, {}, claims);
        expect([method, path, reply.status, reply.body['code']]).toEqual([method, path, 403, 'forbidden']);
      }
    }
    expect(await test.head('main')).toBe(before);
    expect((await test.get('/ledgers', {}, claims)).body['data']).toEqual([]);
    for (const path of ['/admin/outbox', '/admin/projections']) expect((await test.get(path, {}, claims)).status).toBe(403);
    for (const path of ['/admin/dlq', '/admin/audit', '/admin/projections/all/rebuilds'])
      expect((await test.get(path, {}, claims)).body['data']).toEqual([]);
    expect((await test.post('/ledgers', { id: 'mine' }, {}, claims)).status).toBe(403);
  });

  it('answers 405 with what is allowed to every method that an address does not have, also where another address with a parameter fits', async () => {
    for (const path of new Set(ROUTES.map((route) => route.path))) {
      const allowed = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
      const concrete = path.replace('{ledger}', 'main').replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] as string);
      for (const method of ['GET', 'POST', 'PATCH', 'DELETE', 'PUT'].filter((one) => !(allowed as string[]).includes(one))) {
        const reply = await test.call(method, concrete);
        expect([method, path, reply.status, reply.headers.get('allow')]).toEqual([method, path, 405, allowed.join(', ')]);
      }
    }
  });

  it('asks each route for its role', async () => {
    for (const { method, path, access } of ROUTES) {
      if (access === 'authenticated' || access.role === 'viewer') continue;
      const concrete = path.replace('{ledger}', 'main').replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] as string);
      const lesser = { admin: ['operator', 'auditor', 'viewer'], auditor: ['operator', 'viewer'], operator: ['auditor', 'viewer'] }[
        access.role
      ];
      const reply = await test.call(method, concrete, method === 'GET' ? undefined : {}, {}, { roles: lesser });
      expect([method, path, reply.status]).toEqual([method, path, 403]);
    }
    expect((await test.get('/me', {}, { roles: [], ledgers: [] })).body).toMatchObject({ id: 'tester', roles: [], ledgers: [] });
    expect((await test.get('/ledgers/main', {}, { roles: [] })).status).toBe(403);
  });

  it('knows a key that the issuer rotates in, within seconds', async () => {
    await test.issuer.rotate('second');
    const endMs = Date.now() + 10_000;
    let reply = await test.get('/me', {}, { subject: 'rotated' });
    while (reply.status !== 200 && Date.now() < endMs) reply = await test.get('/me', {}, { subject: 'rotated' });
    expect(reply.body['id']).toBe('rotated');
  });

  it('serves its document, its page and its probes without a token', async () => {
    const document = await test.raw('GET', '/openapi.json', {});
    expect(Object.keys(document.body['paths'] as object).length).toBeGreaterThan(20);
    const page = await test.raw('GET', '/docs', {});
    expect([page.status, page.headers.get('content-security-policy')]).toEqual([200, expect.stringContaining("script-src 'self'")]);
    for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js'])
      expect((await test.raw('GET', `/docs/${asset}`, {})).status).toBe(200);
    expect((await test.raw('GET', '/healthz', {})).status).toBe(200);
    expect((await test.raw('GET', '/readyz', {})).body['status']).toBe('ready');
    const resource = await test.raw('GET', '/.well-known/oauth-protected-resource', {});
    expect(resource.body).toMatchObject({ resource: test.url, authorization_servers: [test.issuer.url] });
    expect((await test.raw('GET', '/metrics', {})).status).toBe(404);
    for (const header of ['x-powered-by', 'etag']) expect(page.headers.get(header)).toBeNull();
  });
});

describe('what is at / of the gateway', () => {
  it.each([
    ['with a dashboard its page', true],
    ['without one the way to the description of the API', false],
  ])('is %s', async (_what, has) => {
    const folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
    await writeFile(join(folder, 'index.html'), '<meta nonce="__CSP_NONCE__">');
    const test = await TestGateway.start(has ? { dashboardDir: folder } : {});
    try {
      const answer = await fetch(`http://127.0.0.1:${test.gateway.port}/`, { redirect: 'manual', headers: { accept: 'text/html' } });
      expect([answer.status, answer.headers.get('location')]).toEqual(has ? [200, null] : [302, '/docs']);
    } finally {
      await test.stop();
      await rm(folder, { recursive: true });
    }
  });
});

it('counts what it refuses at the door, and does not log it', async () => {
  const metrics = createMetrics('test');
  const test = await TestGateway.start({ metrics, limits: { concurrentMax: 0 } });
  try {
    const { status, body } = await test.post('/ledgers/main/transfers', { from: 'a', to: 'b', amount: '1', currency: 'USD' });
    expect([status, body['code']]).toEqual([503, 'overloaded']);
    expect(await metrics.metrics()).toMatch(/operation="POST \/ledgers\/\{ledger\}\/transfers",outcome="overloaded"[^\n]* 1\n/);
    expect(test.captured.text()).not.toContain('overloaded');
  } finally {
    await test.stop();
  }
});
