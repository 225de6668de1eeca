import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import {
  createLedgerFlow,
  type Credentials,
  LedgerFlowError,
  LedgerFlowProblem,
  LedgerFlowRequestError,
  LedgerFlowUnreachable,
  type RetryNotice,
} from './index.ts';
import { ConsistencyTokens } from './consistency.ts';
import { json, problem, scripted, silence, type Step } from './scripted.fixture.ts';

const BODY = { from: 'a', to: 'b', amount: '1.00', currency: 'USD' };
const MOVEMENT = { transactionId: '7', position: '7', recordedAt: 't', effectiveAt: 't', entries: [] };
const BALANCE = { account: 'a', posted: '1.00' };
const FAST = { firstWaitMs: 1, waitMsMax: 2 };
const refused = (): Error => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });

function client(steps: Step[], credentials: Credentials = 'secret-token') {
  const network = scripted(...steps);
  const notices: RetryNotice[] = [];
  const ledgerflow = createLedgerFlow({
    baseUrl: 'http://api.test/',
    credentials,
    retry: FAST,
    fetch: network.fetch,
    onRetry: (notice) => notices.push(notice),
  });
  return { ledgerflow, sent: network.sent, notices };
}

async function failureOf(work: Promise<unknown>): Promise<LedgerFlowError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LedgerFlowError)) throw new Error(`it did not fail as it should: ${String(error)}`);
  return error;
}

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
      refused(),
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
      'fetch failed (connect ECONNREFUSED)',
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

describe('an error', () => {
  it('is the problem, typed', async () => {
    const { ledgerflow } = client([problem(422, 'insufficient_funds', { field: 'amount', account: 'a', available: '0.00' })]);
    const error = await failureOf(ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { idempotencyKey: 'k' }));
    expect(error).toBeInstanceOf(LedgerFlowProblem);
    expect(error).toMatchObject({
      name: 'LedgerFlowProblem',
      message: 'insufficient_funds: it is insufficient_funds',
      code: 'insufficient_funds',
      status: 422,
      field: 'amount',
      requestId: 'r-1',
      parameters: { account: 'a', available: '0.00' },
      operation: 'createTransfer',
      idempotencyKey: 'k',
      isOutcomeUnknown: false,
    });
  });

  it.each<[string, Step[], boolean]>([
    ['a lost connection', [refused()], true],
    ['a broken service', [problem(500, 'internal')], true],
    ['being turned away', [problem(429, 'rate_limited')], false],
    ['being turned away for load', [problem(503, 'overloaded')], false],
    ['being turned away after a lost connection', [refused(), problem(429, 'rate_limited')], true],
    ['a token that ends after a lost connection', [refused(), problem(401, 'unauthenticated')], true],
    ["the ledger's refusal after a lost connection", [refused(), problem(422, 'insufficient_funds')], false],
    ['no such account after a lost connection', [refused(), problem(404, 'account_not_found')], false],
    ["a proxy's page after a lost connection", [refused(), new Response('<h1>', { status: 404 })], true],
    ["a proxy's conflict after a lost connection", [refused(), new Response('<h1>', { status: 409 })], true],
    ['a proxy that takes no such request', [refused(), problem(405, 'method_not_allowed')], true],
    ['a proxy that takes no such address', [refused(), problem(414, 'uri_too_long')], true],
    ['a gateway that does not know the route', [refused(), problem(404, 'not_found')], true],
    ["a proxy's page alone", [new Response('<h1>', { status: 404 })], false],
  ])('says after %s whether the outcome is known', async (_what, steps, isOutcomeUnknown) => {
    const { ledgerflow } = client(steps);
    const error = await failureOf(ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { retry: { attemptsMax: steps.length } }));
    expect(error.isOutcomeUnknown).toBe(isOutcomeUnknown);
    expect(error.idempotencyKey).not.toBeNull();
  });

  it.each<[string, Step, boolean]>([
    ['a lost connection', refused(), true],
    ['a broken service', problem(500, 'internal'), true],
    ['a busy service, which may have begun', problem(503, 'overloaded'), true],
    ['an audit store that does not answer', problem(503, 'audit_unavailable'), false],
    ['a refusal', problem(409, 'rebuild_in_progress'), false],
    ['being turned away', problem(429, 'rate_limited'), false],
  ])('of an action without a key says after %s whether its outcome is known', async (_what, step, isOutcomeUnknown) => {
    const { ledgerflow, sent } = client([step]);
    const error = await failureOf(ledgerflow.createRebuild({ projection: 'all', body: {} }));
    expect([sent.length, error.idempotencyKey, error.isOutcomeUnknown]).toEqual([1, null, isOutcomeUnknown]);
    const read = await failureOf(client([refused()]).ledgerflow.getMe({}, { retry: { attemptsMax: 1 } }));
    expect(read.isOutcomeUnknown).toBe(false);
  });

  it.each<[string, Step[], boolean]>([
    ['while it was under way', [silence], true],
    ['while it waited after being turned away', [problem(429, 'rate_limited', {}, { 'retry-after': '20' })], false],
    ['while it waited after a lost answer', [problem(500, 'internal', {}, { 'retry-after': '20' })], true],
  ])("keeps the key of a command that the caller's signal ended %s", async (_what, steps, isOutcomeUnknown) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const ledgerflow = createLedgerFlow({
      baseUrl: 'http://api.test',
      credentials: 't',
      fetch: (url, init) => {
        if (steps[0] === silence) setImmediate(() => stop.abort(reason));
        return scripted(...steps).fetch(url, init);
      },
      onRetry: () => setImmediate(() => stop.abort(reason)),
    });
    const error = await failureOf(ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { signal: stop.signal }));
    expect(error).toMatchObject({ name: 'LedgerFlowError', cause: reason, isOutcomeUnknown, attempts: 1 });
    expect(error.idempotencyKey).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is the reason alone of a signal that came before anything was sent', async () => {
    const { ledgerflow, sent } = client([]);
    await expect(ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    expect(sent).toEqual([]);
  });

  it('never holds the token', async () => {
    const { ledgerflow } = client([problem(403, 'forbidden')]);
    const error = await failureOf(ledgerflow.getMe());
    expect(inspect(error, { depth: 9 })).not.toContain('secret-token');
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

describe('consistency', () => {
  const written = (position: string, token: string) => json(201, { ...MOVEMENT, position }, { 'ledger-consistency': token });

  it('carries the latest token of a ledger, and one that came after it with a smaller position, which may be of a newer epoch', async () => {
    const { ledgerflow, sent } = client([
      written('9', 'nine'),
      written('8', 'eight'),
      json(200, BALANCE),
      json(200, BALANCE),
      json(200, BALANCE),
    ]);
    for (let call = 0; call < 2; call++) await ledgerflow.createTransfer({ ledger: 'l', body: BODY });
    await ledgerflow.getBalance({ ledger: 'l', account: 'a' });
    await ledgerflow.getBalance({ ledger: 'other', account: 'a' });
    await ledgerflow.getBalance({ ledger: 'l', account: 'a' }, { isConsistent: false });
    expect(sent.map(({ headers }) => headers['ledger-consistency'])).toEqual([undefined, undefined, 'nine,eight', undefined, undefined]);
  });

  it('knows the place of an opened ledger, a changed account and a batch', async () => {
    const batch = {
      results: [
        { status: 201, transaction: { position: '4' } },
        { status: 201, transaction: { position: '5' } },
      ],
    };
    const { ledgerflow } = client([
      json(201, { id: 'l', position: '1' }, { 'ledger-consistency': 'one' }),
      json(200, { asOfPosition: '3' }, { 'ledger-consistency': 'three' }),
      json(200, { asOfPosition: '2' }, { 'ledger-consistency': 'two' }),
      json(200, batch, { 'ledger-consistency': 'five' }),
      written('4', 'four'),
    ]);
    await ledgerflow.openLedger({ body: { id: 'l' } });
    expect(ledgerflow.consistency.get('l')).toBe('one');
    for (let call = 0; call < 2; call++) await ledgerflow.unfreezeAccount({ ledger: 'l', account: 'a', body: { reason: 'r' } });
    expect(ledgerflow.consistency.get('l')).toBe('three,two');
    await ledgerflow.createTransactionBatch({ ledger: 'l', body: { atomic: false, transactions: [] } });
    await ledgerflow.createTransfer({ ledger: 'l', body: BODY });
    expect(ledgerflow.consistency.get('l')).toBe('five,four');
  });

  it('is forgotten when the ledger was restored, after saying so', async () => {
    const { ledgerflow, sent } = client([written('9', 'nine'), problem(409, 'epoch_superseded'), json(200, BALANCE)]);
    await ledgerflow.createTransfer({ ledger: 'l', body: BODY });
    expect(await failureOf(ledgerflow.getBalance({ ledger: 'l', account: 'a' }))).toMatchObject({ code: 'epoch_superseded' });
    await ledgerflow.getBalance({ ledger: 'l', account: 'a' });
    expect(sent[2]?.headers['ledger-consistency']).toBeUndefined();
  });
});

describe('consistency tokens', () => {
  it('of one ledger are a few: the largest, and the last', () => {
    const tokens = new ConsistencyTokens();
    for (const position of [100n, 52n, 51n, 50n, 49n, 48n, 47n, 46n, 45n]) tokens.set('l', `at ${position}`, position);
    expect(tokens.get('l')).toBe('at 100,at 52,at 51,at 50,at 49,at 48,at 47,at 45');
    tokens.set('l', 'at 60', 60n);
    expect(tokens.get('l')).toBe('at 100,at 60');
    tokens.set('l', 'at 101', 101n);
    expect(tokens.get('l')).toBe('at 101');
  });

  it('of another process stay beside those of this one, whose place nobody knows', () => {
    const tokens = new ConsistencyTokens();
    tokens.set('l', 'a,b');
    tokens.set('l', 'own', 7n);
    expect(tokens.toSend('l').map(({ token }) => token)).toEqual(['a', 'b', 'own']);
  });

  it('go with a read about all ledgers as far as one header holds, and are forgotten with it', async () => {
    const { ledgerflow, sent } = client([problem(409, 'epoch_superseded')]);
    for (let i = 0; i < 20; i++) ledgerflow.consistency.set(`l${i}`, `t${i}`);
    expect(await failureOf(ledgerflow.listLedgers().page())).toMatchObject({ code: 'epoch_superseded' });
    expect(sent[0]?.headers['ledger-consistency']?.split(',')).toHaveLength(16);
    expect(Array.from({ length: 20 }, (_, i) => ledgerflow.consistency.get(`l${i}`)).filter((one) => one !== null)).toEqual([
      't0',
      't1',
      't2',
      't3',
    ]);
  });

  it('that came meanwhile are not forgotten with those that were sent', () => {
    const tokens = new ConsistencyTokens();
    tokens.set('l', 'old', 9n);
    const sent = tokens.toSend('l');
    tokens.set('l', 'new', 3n);
    tokens.forgetSent(sent);
    expect(tokens.get('l')).toBe('new');
  });
});

describe('an export', () => {
  const lines = (text: string, type = 'application/x-ndjson; charset=utf-8') => new Response(text, { headers: { 'content-type': type } });

  it('is every line of its answer, as it comes', async () => {
    const { ledgerflow, sent } = client(
      [problem(401, 'unauthenticated'), lines('{"id":"1"}\n{"id":"2"}\n')],
      ({ refusedToken }) => refusedToken ?? 'a',
    );
    const ids: string[] = [];
    for await (const { id } of ledgerflow.exportAudit({ ledger: 'l' })) ids.push(id);
    expect(ids).toEqual(['1', '2']);
    expect([sent.length, sent[1]?.headers['accept']]).toEqual([2, 'application/x-ndjson']);
  });

  it.each<[string, () => Step]>([
    ['a lost connection', () => refused()],
    ['a line that is cut', () => lines('{"id":"1"}\n{"i')],
    ['a page', () => lines('<h1>', 'text/html')],
    ['silence', () => silence],
  ])('ends with %s, and is not asked for again', async (_what, step) => {
    const { ledgerflow, sent } = client([step()]);
    const work = (async () => {
      for await (const { id } of ledgerflow.exportAudit({}, { silentMsMax: 50 })) expect(id).toBe('1');
    })();
    expect(await failureOf(work)).toBeInstanceOf(LedgerFlowUnreachable);
    expect(sent).toHaveLength(1);
  });

  it('ends with a problem, and with the signal of the caller', async () => {
    expect(
      await failureOf(
        client([problem(403, 'forbidden')])
          .ledgerflow.exportAudit()
          .next(),
      ),
    ).toMatchObject({ code: 'forbidden' });
    const stop = new AbortController();
    const next = client([silence]).ledgerflow.exportAudit({}, { signal: stop.signal }).next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  it('and a stream have no single answer', async () => {
    const { ledgerflow } = client([]);
    await expect(ledgerflow.answer('exportAudit' as 'getMe', {})).rejects.toThrow(TypeError);
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
