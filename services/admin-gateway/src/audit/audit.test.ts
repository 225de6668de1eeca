import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Claims, TestGateway } from '../test/gateway.ts';
import { TestAudit, TestOperations } from '../test/operations.ts';
import { ROUTES } from '../routes/index.ts';
import { createPrincipal } from '../auth/principal.ts';
import type { Call } from '../contract/route.ts';
import { Problem } from '../http/problem.ts';
import { AuditExports } from './export.ts';
import type { Step } from './search.ts';
import type { AuditEntry } from './store.ts';

const REQUEST = '0190c1a0-0000-7000-8000-0000000000cc';
const AUDITOR: Claims = { roles: ['auditor'], ledgers: ['*'], subject: 'ada' };
const DEADLINE_MS = 10_000;

/** A call of each route below /admin that changes something, which gets as far as doing it. A route that is missing here fails the test. */
const ADMIN_ACTIONS: Record<string, [path: string, body?: unknown]> = {
  retryDeadLetter: ['/admin/dlq/1/retry'],
  discardDeadLetter: ['/admin/dlq/1/discard', { reason: 'x' }],
  retryAllDeadLetters: ['/admin/dlq/retry-all', {}],
  createRebuild: ['/admin/projections/account_summary/rebuilds', { ledger: 'books' }],
  cancelRebuild: ['/admin/projections/account_summary/rebuilds/{rebuild}'],
};

interface Entry {
  source: string;
  action: string;
  actor: string | null;
  ledger: string | null;
  target: string | null;
  requestId: string;
  recordedAt: string;
  outcome: { outcome: string } | null;
  parameters: Record<string, unknown>;
}

describe('the audit of the gateway', () => {
  let test: TestGateway;
  let builder: TestOperations;
  let audit: TestAudit;
  let rebuild: string;
  beforeAll(async () => {
    builder = new TestOperations();
    audit = new TestAudit();
    test = await TestGateway.start({ operations: builder.operations, repairOutcomes: builder.outcomes, audit });
    await test.seed('books', { alice: '100.00', bob: '0' });
    await test.seed('other', { carol: '1.00' });
  });
  beforeEach(async () => {
    builder.letters = [];
    builder.letter('books', 7n);
    builder.rebuilds = [];
    builder.requests.length = 0;
    rebuild = (await builder.operations.requestRebuild({
      projection: 'account_summary',
      ledger: 'other',
      account: null,
      maxRate: null,
      isProveOnly: false,
      actor: 'ann',
    }))!;
    audit.isDown = false;
  });
  afterAll(() => test.stop());

  const search = async (query: string, claims: Claims = AUDITOR): Promise<Entry[]> => {
    const reply = await test.get(`/admin/audit?${query}`, {}, claims);
    expect(reply.status).toBe(200);
    return reply.body['data'] as Entry[];
  };
  /** What is written behind the requests comes in its time. */
  async function eventually(query: string, claims?: Claims): Promise<Entry[]> {
    for (const endMs = Date.now() + DEADLINE_MS; Date.now() < endMs;) {
      const found = await search(query, claims);
      if (found.length > 0) return found;
    }
    throw new Error(`nothing was found by ${query}`);
  }

  it('is written before each action of an administrator, and without it nothing is done', async () => {
    const actions = ROUTES.filter(({ method, path }) => method !== 'GET' && path.startsWith('/admin/'));
    expect(actions.map(({ id }) => id).sort()).toEqual(Object.keys(ADMIN_ACTIONS).sort());
    for (const { id, method } of actions) {
      const [path, body] = ADMIN_ACTIONS[id]!;
      const call = () => test.call(method, path.replace('{rebuild}', rebuild), body, {}, { subject: id });
      const before = JSON.stringify([builder.rebuilds.map(({ state }) => state), builder.requests.length]);
      audit.isDown = true;
      const refused = await call();
      expect([id, refused.status, refused.body['code']]).toEqual([id, 503, 'audit_unavailable']);
      expect([id, JSON.stringify([builder.rebuilds.map(({ state }) => state), builder.requests.length])]).toEqual([id, before]);
      audit.isDown = false;
      expect([id, (await call()).status < 300]).toEqual([id, true]);
      expect([id, (await search(`source=gateway&actor=${id}`)).length > 0]).toEqual([id, true]);
    }
  });

  it('has every refusal of a caller: who, what, from where', async () => {
    const viewer: Claims = { roles: ['viewer'], ledgers: ['books'], subject: 'vera' };
    expect((await test.post('/ledgers/books/transfers', {}, { 'x-request-id': REQUEST }, viewer)).status).toBe(403);
    expect((await test.get('/ledgers/other', {}, viewer)).status).toBe(403);
    expect(
      (await test.post('/admin/dlq/retry-all', { ledger: 'other' }, {}, { ...viewer, roles: ['admin'], subject: 'olga' })).status,
    ).toBe(403);
    expect((await test.raw('GET', '/api/v1/ledgers/books/accounts/alice', { authorization: 'Bearer a.b.c' })).status).toBe(401);
    expect(await eventually('outcome=forbidden&actor=vera&action=createTransfer')).toMatchObject([
      {
        source: 'gateway',
        actor: 'vera',
        ledger: 'books',
        target: '/api/v1/ledgers/books/transfers',
        requestId: REQUEST,
        roles: ['viewer'],
      },
    ]);
    expect(await search(`requestId=${REQUEST}&source=gateway`)).toHaveLength(1);
    // Of another ledger than the caller's: it is that one's auditor who is told.
    expect(await eventually('outcome=forbidden', { ...AUDITOR, ledgers: ['other'] })).toMatchObject([
      { actor: 'vera', ledger: 'other', action: 'getLedger' },
    ]);
    expect(await eventually('outcome=forbidden&actor=olga')).toMatchObject([{ action: 'retryAllDeadLetters' }]);
    const [unknown] = await eventually('outcome=unauthenticated');
    expect(unknown).toMatchObject({
      actor: null,
      ledger: 'books',
      action: 'getAccount',
      parameters: { address: expect.stringContaining('127.0.0.1') },
    });
  });

  it('has the calls of administrators that came to nothing, and each once', async () => {
    const admin: Claims = { roles: ['admin'], ledgers: ['*'], subject: 'nora' };
    expect((await test.post('/admin/dlq/99/retry', undefined, {}, admin)).status).toBe(404);
    expect((await test.call('DELETE', `/admin/projections/account_summary/rebuilds/${REQUEST}`, undefined, {}, admin)).status).toBe(404);
    expect((await test.post('/admin/dlq/retry-all', { nonsense: 1 }, {}, admin)).status).toBe(400);
    await test.get(`/admin/dlq?${'x'.repeat(2_000)}=1`, {}, admin);
    await eventually('actor=nora&action=listDeadLetters');
    const found = await search('actor=nora&source=gateway');
    expect(found.map(({ action }) => action)).toEqual(['listDeadLetters', 'retryAllDeadLetters', 'cancelRebuild', 'retryDeadLetter']);
    expect((found[0]!.parameters['query'] as string).length).toBe(512);
  });

  it('has the refusal of a caller who did not wait for it', async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: refusal, reject: refuse } = Promise.withResolvers<never>();
    const verifier = { authenticate: () => (ask(), refusal) };
    const kept = new TestAudit();
    const slow = await TestGateway.start({ verifier, audit: kept });
    try {
      const socket = connect(slow.gateway.port, '127.0.0.1');
      socket.write('GET /api/v1/ledgers/books HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a.b.c\r\n\r\n');
      await asked;
      socket.resetAndDestroy();
      const open = (): Promise<number> => new Promise((resolve) => slow.gateway.connections(resolve));
      for (const endMs = Date.now() + DEADLINE_MS; (await open()) > 0 && Date.now() < endMs;)
        await new Promise((resolve) => setImmediate(resolve));
      expect(await open()).toBe(0);
      // It is counted out before the response is told.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      refuse(new Problem('unauthenticated'));
      // What is queued is written at the stop.
      await slow.stop();
    }
    expect(kept.accesses).toMatchObject([{ action: 'getLedger', outcome: { outcome: 'unauthenticated' } }]);
  });

  it('has what was read below /admin, that of the audit too, and nothing else that was read', async () => {
    const reader: Claims = { roles: ['admin'], ledgers: ['*'], subject: 'rita' };
    expect((await test.get('/admin/dlq?ledger=books&state=refused', {}, reader)).status).toBe(200);
    expect((await test.get('/ledgers/books', {}, reader)).status).toBe(200);
    expect((await test.get('/admin/dlq/99', {}, reader)).status).toBe(404);
    await search('actor=nobody', reader);
    await eventually('actor=rita&action=listAudit');
    const read = (await search('actor=rita&source=gateway')).map(({ action, ledger, outcome, parameters }) => [
      action,
      ledger,
      outcome?.outcome,
      parameters['query'],
    ]);
    expect(read).toEqual([
      ['listAudit', null, 'done', 'actor=nobody'],
      ['getDeadLetter', null, 'dead_letter_not_found', undefined],
      ['listDeadLetters', 'books', 'done', 'ledger=books&state=refused'],
    ]);
  });

  it('goes on answering while the store is away', async () => {
    audit.isDown = true;
    for (let i = 0; i < 20; i++) expect((await test.get('/ledgers/other', {}, { roles: [], subject: 'late' })).status).toBe(403);
    expect((await test.get('/ledgers/other')).status).toBe(200);
    audit.isDown = false;
    await eventually('actor=late');
  });

  it('shows the commands of ledgers by their records, with the request that gave them', async () => {
    const clerk: Claims = { roles: ['operator'], ledgers: ['books'], subject: 'carl' };
    const money = { from: 'alice', to: 'bob', amount: '1.00', currency: 'USD' };
    const done = await test.post('/ledgers/books/transfers', money, { 'x-request-id': REQUEST.replace('cc', 'dd') }, clerk);
    expect(done.status).toBe(201);
    expect(await search('actor=carl&source=ledger')).toEqual([
      {
        id: `books/${String(done.body['position'])}`,
        source: 'ledger',
        recordedAt: done.body['recordedAt'],
        actor: 'carl',
        action: 'FundsTransferred',
        ledger: 'books',
        target: done.body['transactionId'],
        position: done.body['position'],
        correlationId: REQUEST.replace('cc', 'dd'),
        parameters: {},
        requestId: REQUEST.replace('cc', 'dd'),
        outcome: { outcome: 'done', result: null, recordedAt: done.body['recordedAt'] },
      },
    ]);
    expect(await search('source=ledger&ledger=books', { ...AUDITOR, ledgers: ['other'] })).toEqual([]);
    const both = await search('limit=1000&ledger=books');
    expect(new Set(both.map(({ source }) => source)).size).toBe(2);
    expect(both.map(({ recordedAt }) => recordedAt)).toEqual(
      both
        .map(({ recordedAt }) => recordedAt)
        .toSorted()
        .toReversed(),
    );
    const paged: Entry[] = [];
    let path = `/admin/audit?limit=3&ledger=books&to=${both[0]!.recordedAt}`;
    for (let pages = 0; pages < 200; pages++) {
      const { body } = await test.get(path, {}, AUDITOR);
      paged.push(...(body['data'] as Entry[]));
      if (body['nextCursor'] === null) break;
      path = `/admin/audit?limit=3&ledger=books&to=${both[0]!.recordedAt}&cursor=${body['nextCursor'] as string}`;
    }
    expect(paged).toEqual(both);
  });

  it('is exported as lines, of which it keeps who took them', async () => {
    const to = (await search('limit=1&ledger=books'))[0]!.recordedAt;
    const wanted = await search(`limit=1000&ledger=books&to=${to}`);
    const reply = await test.get(
      `/admin/audit/export?ledger=books&to=${to}`,
      { accept: 'application/x-ndjson' },
      { ...AUDITOR, subject: 'eve' },
    );
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    expect(reply.text.endsWith('\n')).toBe(true);
    const lines = reply.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry);
    // The test's store has times of its own, so that its entry is among them.
    expect(lines.filter(({ actor }) => actor !== 'eve')).toEqual(wanted);
    expect(await search('actor=eve&action=audit.export')).toMatchObject([
      { outcome: { outcome: 'done', result: { entries: lines.length } }, parameters: { to } },
    ]);
    audit.isDown = true;
    const refused = await test.get('/admin/audit/export', {}, AUDITOR);
    expect([refused.status, refused.body['code']]).toEqual([503, 'audit_unavailable']);
    audit.isDown = false;
    expect((await test.get('/admin/audit/export', { accept: 'application/json' }, AUDITOR)).status).toBe(406);
    expect((await test.get('/admin/audit/export', {}, { roles: ['operator'] })).status).toBe(403);
  });

  it('is not exported for a page of another site', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    const reply = await test.get('/admin/audit/export', headers, { ...AUDITOR, subject: 'lured' });
    expect([reply.status, reply.body['code']]).toEqual([403, 'csrf_refused']);
    expect((await test.get('/admin/audit?actor=lured', headers, AUDITOR)).body['data']).toEqual([]);
  });

  it('is exported with a sign of life while nothing is found, one export of a principal at a time', async () => {
    // Whose end the store is slow to take: whoever has all of it may begin the next.
    const slow = { begin: () => Promise.resolve(1n), conclude: () => new Promise<void>(() => undefined) };
    const exports = new AuditExports(slow as never, { heartbeatMs: 1 });
    let found = (): void => undefined;
    const first = new Promise<void>((resolve) => (found = resolve));
    async function* walk(): AsyncGenerator<Step, void> {
      yield { place: { at: 2n, rank: 2, id: '2' }, found: null };
      await first;
      yield { place: { at: 1n, rank: 2, id: '1' }, found: { source: 'gateway', kind: 'accesses', entry: {} as AuditEntry } };
    }
    const principal = createPrincipal('ann', [], ['*'], Date.now() + 60_000);
    const call = { principal, requestId: REQUEST } as unknown as Call;
    const begin = () => exports.begin(call, {}, walk, () => ({ a: 1 }));
    const server = createServer((_, response) => void begin().then(({ stream }) => stream(response)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      await expect(begin()).rejects.toMatchObject({ code: 'overloaded' });
      const reader = response.body!.getReader();
      const text = new TextDecoder();
      expect(text.decode((await reader.read()).value).trim()).toBe('');
      found();
      let rest = '';
      for (let part = await reader.read(); !part.done; part = await reader.read()) rest += text.decode(part.value);
      expect(rest.trim()).toBe('{"a":1}');
      expect(await begin()).toHaveProperty('stream');
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('is exported as fast as it is read, and cut when the reader goes', async () => {
    const filler = 'x'.repeat(10_000);
    const entry = { ledger: null, target: null, parameters: { filler }, actor: 'full', roles: [], action: 'listAudit', requestId: REQUEST };
    const many = Array.from({ length: 20_000 }, (_, i) => ({
      ...entry,
      id: BigInt(i + 1_000_000),
      recordedAt: BigInt(i + 1),
      outcome: { outcome: 'done', result: null, recordedAt: BigInt(i + 1) },
    }));
    audit.accesses.push(...many);
    const { list } = audit;
    let pages = 0;
    audit.list = (...all) => {
      pages += 1;
      return list(...all);
    };
    const socket = connect(test.gateway.port, '127.0.0.1');
    const token = await test.token({ ...AUDITOR, subject: 'slow' });
    socket.write(
      `GET /api/v1/admin/audit/export?actor=full&source=gateway HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('readable', resolve));
    // Nothing is taken off the socket: the pages that are read stop growing before all 200 MB are.
    for (let before = -1, quiet = 0; quiet < 20; quiet = pages === before ? quiet + 1 : 0) {
      before = pages;
      await test.get('/me');
    }
    expect(pages).toBeLessThan(60);
    socket.destroy();
    audit.list = list;
    audit.accesses.splice(audit.accesses.length - many.length);
    for (const endMs = Date.now() + DEADLINE_MS; Date.now() < endMs;) {
      const [found] = await search('actor=slow&action=audit.export');
      if (found?.outcome?.outcome === 'cut_short') return;
    }
    throw new Error('the export was not cut');
  });
});
