import { describe, expect, it } from '@jest/globals';
import { type AddressInfo, createServer } from 'node:net';
import { BODY, client, failureOf, lost, MOVEMENT, refused } from './client.fixture.ts';
import { createLedgerFlow, type LedgerFlowError, type LedgerFlowProblem, LedgerFlowRequestError, LedgerFlowUnreachable } from './index.ts';
import { json, problem, silence, type Step } from './scripted.fixture.ts';

describe('a call', () => {
  it('sends parameters, body, key and token where they belong', async () => {
    const { ledgerflow, sent } = client([json(201, MOVEMENT)]);
    const movement = await ledgerflow.createTransfer(
      { ledger: 'd/e', dryRun: true, body: BODY },
      { idempotencyKey: 'k1', correlationId: 'c1' },
    );
    expect(movement.transactionId).toBe('7');
    expect(sent).toEqual([
      {
        method: 'POST',
        url: 'http://api.test/api/v1/ledgers/d%2Fe/transfers?dryRun=true',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'idempotency-key': 'k1',
          'x-correlation-id': 'c1',
          authorization: 'Bearer secret-token',
        },
        body: BODY,
      },
    ]);
  });

  it('quotes the version of ifVersion', async () => {
    const { ledgerflow, sent } = client([json(200, {})]);
    await ledgerflow.freezeAccount({ ledger: 'l', account: 'a', body: { reason: 'x' } }, { ifVersion: '12' });
    expect(sent[0]?.headers['if-match']).toBe('"12"');
  });

  it('answers with what the headers say when it is asked', async () => {
    const { ledgerflow } = client([
      json(201, MOVEMENT, { 'x-request-id': 'r', 'idempotency-replayed': 'true', 'ledger-consistency': 'T' }),
    ]);
    expect(await ledgerflow.answer('createTransfer', { ledger: 'l', body: BODY }, { idempotencyKey: 'k' })).toEqual({
      data: MOVEMENT,
      status: 201,
      requestId: 'r',
      isReplayed: true,
      consistencyToken: 'T',
      heldAt: null,
      attempts: 1,
      idempotencyKey: 'k',
    });
  });

  it.each([
    ['a parameter that is missing', { ledger: undefined, account: 'a' }],
    ['an empty one', { ledger: 'l', account: '' }],
    ['one that would change the path', { ledger: '..', account: 'a' }],
  ])('sends nothing for %s', async (_what, request) => {
    const { ledgerflow, sent } = client([]);
    await expect(ledgerflow.getBalance(request as { ledger: string; account: string })).rejects.toThrow(LedgerFlowRequestError);
    expect(sent).toEqual([]);
  });

  it('sends nothing with a key that no header can carry', async () => {
    const { ledgerflow, sent } = client([]);
    await expect(ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { idempotencyKey: 'a\nb' })).rejects.toThrow(TypeError);
    expect(sent).toEqual([]);
  });
});

describe('trying again', () => {
  it('keeps the key over a lost connection, a busy and a broken service', async () => {
    const steps = [
      lost(),
      problem(429, 'rate_limited'),
      problem(503, 'unavailable'),
      problem(500, 'internal'),
      new Response('<h1>', { status: 502 }),
    ];
    const { ledgerflow, sent, notices } = client([...steps, json(201, MOVEMENT)]);
    await ledgerflow.createTransfer({ ledger: 'l', body: BODY });
    const keys = sent.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(6);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(notices.map(({ reason }) => reason)).toEqual([
      'fetch failed (other side closed)',
      'rate_limited',
      'unavailable',
      'internal',
      'unexpected_answer',
    ]);
  });

  it('makes a key of its own for each call', async () => {
    const { ledgerflow, sent } = client([json(201, MOVEMENT), json(201, MOVEMENT)]);
    for (let call = 0; call < 2; call++) await ledgerflow.createTransfer({ ledger: 'l', body: BODY });
    expect(sent[0]?.headers['idempotency-key']).not.toBe(sent[1]?.headers['idempotency-key']);
  });

  it('takes a success that cannot be read for a lost connection', async () => {
    const { ledgerflow, sent } = client([new Response('{"transac', { status: 201 }), json(201, MOVEMENT)]);
    expect((await ledgerflow.createTransfer({ ledger: 'l', body: BODY })).position).toBe('7');
    expect(sent).toHaveLength(2);
  });

  it.each([400, 401, 403, 404, 409, 412, 413, 422])('not after %d', async (status) => {
    const { ledgerflow, sent } = client([problem(status, 'some_code')]);
    await failureOf(ledgerflow.createTransfer({ ledger: 'l', body: BODY }));
    expect(sent).toHaveLength(1);
  });

  it('not where it could do its work twice: a command without a key', async () => {
    const { ledgerflow, sent } = client([problem(503, 'unavailable')]);
    await failureOf(ledgerflow.retryAllDeadLetters({ body: {} } as never));
    expect(sent).toHaveLength(1);
  });

  it('ends after so many attempts', async () => {
    const { ledgerflow, sent } = client(Array.from({ length: 9 }, () => problem(503, 'unavailable')));
    const error = await failureOf(ledgerflow.getMe({}, { retry: { attemptsMax: 3 } }));
    expect([sent.length, error.attempts]).toEqual([3, 3]);
  });

  it('goes on while nobody takes a connection, as while a gateway starts again, and counts no such attempt', async () => {
    const away = Array.from({ length: 20 }, refused);
    const { ledgerflow, sent } = client([...away, problem(503, 'unavailable'), json(201, MOVEMENT)]);
    const { attempts } = await ledgerflow.answer('createTransfer', { ledger: 'l', body: BODY });
    expect([attempts, sent.length]).toEqual([22, 22]);
    const mixed = client([...away, ...Array.from({ length: 9 }, () => problem(503, 'unavailable'))]);
    await failureOf(mixed.ledgerflow.getMe({}, { retry: { attemptsMax: 3 } }));
    expect(mixed.sent.length).toBe(away.length + 3);
  });

  it('bounds how long nobody takes a connection, and does not go on at all when told never to try again', async () => {
    const { ledgerflow, sent } = client(Array.from({ length: 10_000 }, refused));
    const error = await failureOf(ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { retry: { totalMs: 500 } }));
    expect(error).toMatchObject({ isOutcomeUnknown: false, attempts: sent.length });
    expect(sent.length).toBeGreaterThan(6);
    const once = client([refused()]);
    await failureOf(once.ledgerflow.getMe({}, { retry: { attemptsMax: 1 } }));
    expect(once.sent.length).toBe(1);
  });

  it('knows of a real network whether anything was sent', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const transfer = async (): Promise<LedgerFlowError> =>
      failureOf(createLedgerFlow({ baseUrl, credentials: 't', retry: { attemptsMax: 1 } }).createTransfer({ ledger: 'l', body: BODY }));
    expect(await transfer()).toMatchObject({ name: 'LedgerFlowUnreachable', isOutcomeUnknown: true });
    // Of another address of this machine: what is given back may be another's at once.
    const elsewhere = createLedgerFlow({ baseUrl: baseUrl.replace('127.0.0.1', '127.0.0.2'), credentials: 't', retry: { attemptsMax: 1 } });
    expect(await failureOf(elsewhere.createTransfer({ ledger: 'l', body: BODY }))).toMatchObject({
      name: 'LedgerFlowUnreachable',
      isOutcomeUnknown: false,
    });
    await new Promise((done) => server.close(done));
  });

  it('is of no use at a port to which fetch sends nothing', async () => {
    const ledgerflow = createLedgerFlow({ baseUrl: 'http://127.0.0.1:1', credentials: 't' });
    await expect(ledgerflow.getMe()).rejects.toThrow(LedgerFlowRequestError);
    await expect(ledgerflow.getMe()).rejects.toThrow('fetch sends nothing to the port of http://127.0.0.1:1');
  });

  it('waits no less than Retry-After says, and gives up at once when that is past the end', async () => {
    const { ledgerflow, sent, notices } = client([
      problem(503, 'unavailable', {}, { 'retry-after': '0' }),
      problem(503, 'unavailable', {}, { 'retry-after': '3600' }),
    ]);
    const startMs = performance.now();
    await failureOf(ledgerflow.getMe());
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect([sent.length, notices.length]).toEqual([2, 1]);
    const asked = client([problem(503, 'unavailable', {}, { 'retry-after': '1' }), json(200, {})]);
    await asked.ledgerflow.getMe();
    expect(asked.notices[0]?.waitMs).toBeGreaterThanOrEqual(1_000);
  });

  it('bounds an attempt, and tries again', async () => {
    const { ledgerflow, sent } = client([silence, json(200, {})]);
    await ledgerflow.getMe({}, { retry: { attemptMs: 30, totalMs: 60_000 } });
    expect(sent.length).toBe(2);
  });

  it('bounds the whole, also in the middle of an attempt', async () => {
    const { ledgerflow, sent } = client([silence, silence]);
    const error = await failureOf(ledgerflow.getMe({}, { retry: { attemptMs: 60_000, totalMs: 50 } }));
    expect(error).toBeInstanceOf(LedgerFlowUnreachable);
    expect(sent.length).toBe(1);
  });

  it("ends with the caller's signal, for its reason", async () => {
    const stop = new AbortController();
    const silent: Step = (request, signal) => {
      setImmediate(() => stop.abort(new Error('enough')));
      return (silence as (sent: unknown, signal: AbortSignal) => Promise<Response>)(request, signal);
    };
    const { ledgerflow, sent } = client([silent]);
    await expect(ledgerflow.getMe({}, { signal: stop.signal })).rejects.toThrow('enough');
    await expect(ledgerflow.getMe({}, { signal: stop.signal })).rejects.toThrow('enough');
    expect(sent).toHaveLength(1);
  });
});

describe('credentials', () => {
  it('are not renewed again for each retry of another reason', async () => {
    const asked: boolean[] = [];
    const source = ({ isRefused }: { isRefused: boolean }): string => `token-${asked.push(isRefused)}`;
    const { ledgerflow } = client(
      [problem(401, 'unauthenticated'), problem(503, 'unavailable'), problem(503, 'unavailable'), json(200, {})],
      source,
    );
    await ledgerflow.getMe();
    expect(asked).toEqual([false, true, false, false]);
  });

  it('are asked again, once, when a token is refused', async () => {
    const asked: boolean[] = [];
    const source = ({ isRefused }: { isRefused: boolean }): string => `token-${asked.push(isRefused)}`;
    const { ledgerflow, sent } = client(
      [problem(401, 'unauthenticated'), json(200, {}), problem(401, 'unauthenticated'), problem(401, 'unauthenticated')],
      source,
    );
    await ledgerflow.getMe();
    expect((await failureOf(ledgerflow.getMe())) as LedgerFlowProblem).toMatchObject({ status: 401 });
    expect(asked).toEqual([false, true, false, true]);
    expect(sent.map(({ headers }) => headers['authorization'])).toEqual([1, 2, 3, 4].map((n) => `Bearer token-${n}`));
  });

  it('that do not answer are not waited for longer than an attempt, or the caller, may take', async () => {
    const { ledgerflow, sent } = client([], () => new Promise(() => undefined));
    const error = await failureOf(ledgerflow.getMe({}, { retry: { attemptMs: 20 } }));
    expect(error.message).toBe('no token for getMe: no answer within 20 ms');
    const stop = new AbortController();
    const call = ledgerflow.getMe({}, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(sent).toEqual([]);
  });

  it('are told which token was refused', async () => {
    const refused: (string | null)[] = [];
    const { ledgerflow } = client([problem(401, 'unauthenticated'), json(200, {})], ({ refusedToken }) => `t${refused.push(refusedToken)}`);
    await ledgerflow.getMe();
    expect(refused).toEqual([null, 't1']);
  });

  it('that fail end the call', async () => {
    const { ledgerflow, sent } = client([], () => Promise.reject(new Error('no provider')));
    expect((await failureOf(ledgerflow.getMe())).message).toBe('no token for getMe: no provider');
    expect(sent).toEqual([]);
  });

  it('of a cookie go with the header that a forged request lacks, and to the same origin only', async () => {
    const inits: RequestInit[] = [];
    const ledgerflow = createLedgerFlow({
      baseUrl: '',
      credentials: { cookie: true },
      fetch: async (_url, init) => {
        inits.push(init);
        return json(200, {});
      },
    });
    await ledgerflow.getMe();
    expect(inits[0]).toMatchObject({ credentials: 'same-origin', redirect: 'manual', headers: { 'x-ledgerflow-csrf': '1' } });
    expect(inits[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('a list', () => {
  const pages = () => [
    json(200, { data: [{ id: '1' }, { id: '2' }], nextCursor: 'c1' }),
    json(200, { data: [], nextCursor: 'c2' }),
    json(200, { data: [{ id: '3' }], nextCursor: null }),
  ];

  it('is every item of every page, empty ones in between', async () => {
    const { ledgerflow, sent } = client(pages());
    const ids: string[] = [];
    for await (const { id } of ledgerflow.listTransactions({ ledger: 'l', limit: 2 })) ids.push(id);
    expect(ids).toEqual(['1', '2', '3']);
    expect(sent.map(({ url }) => new URL(url).search)).toEqual(['?limit=2', '?limit=2&cursor=c1', '?limit=2&cursor=c2']);
  });

  it('asks for nothing that is not wanted', async () => {
    const { ledgerflow, sent } = client(pages());
    const list = ledgerflow.listLedgers();
    expect(sent).toEqual([]);
    for await (const ledger of list) if (ledger !== undefined) break;
    expect(sent).toHaveLength(1);
  });

  it('gives one page, or all within a bound', async () => {
    expect((await client(pages()).ledgerflow.listLedgers().page()).nextCursor).toBe('c1');
    expect(await client(pages()).ledgerflow.listLedgers().all(3)).toHaveLength(3);
    await expect(client(pages()).ledgerflow.listLedgers().all(2)).rejects.toThrow(RangeError);
  });
});

it('has the types of the API', () => {
  const { ledgerflow } = client([]);
  const uses = [
    // @ts-expect-error a body is needed
    () => ledgerflow.createTransfer({ ledger: 'l' }),
    // @ts-expect-error amounts are text
    () => ledgerflow.createTransfer({ ledger: 'l', body: { ...BODY, amount: 1 } }),
    // @ts-expect-error a read has no key
    () => ledgerflow.getBalance({ ledger: 'l', account: 'a' }, { idempotencyKey: 'k' }),
    // @ts-expect-error a transfer is about two accounts
    () => ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { ifVersion: '1' }),
    // @ts-expect-error a stream has no single answer
    () => ledgerflow.answer('streamEvents', { ledger: 'l' }),
    // @ts-expect-error there is no such parameter
    () => ledgerflow.listTransactions({ ledger: 'l', colour: 'red' }),
    // @ts-expect-error there is no such member
    async () => (await ledgerflow.getBalance({ ledger: 'l', account: 'a' })).amount,
  ];
  expect(uses).toHaveLength(7);
});
