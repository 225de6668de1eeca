import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { BODY, client, failureOf, fault, lost, refused } from './client.fixture.ts';
import { createLedgerFlow, LedgerFlowProblem } from './index.ts';
import { problem, scripted, silence, type Step } from './scripted.fixture.ts';

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

  it.each<[string, Step, boolean]>([
    ["the ledger's refusal", problem(422, 'insufficient_funds'), true],
    ['no such account', problem(404, 'account_not_found'), true],
    ['another version', problem(412, 'version_mismatch'), true],
    ['an id that is taken', problem(409, 'account_exists'), true],
    ['no session', problem(401, 'unauthenticated'), false],
    ['a request that is wrong', problem(400, 'invalid_request'), false],
    ['being turned away', problem(429, 'rate_limited'), false],
    ['a gateway that does not know the route', problem(404, 'not_found'), false],
    ["a proxy's conflict", new Response('<h1>', { status: 409 }), false],
  ])('says whether the ledger refused: %s', async (_what, step, isRefusal) => {
    const { ledgerflow } = client([step]);
    const error = await failureOf(
      ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { idempotencyKey: 'k', retry: { attemptsMax: 1 } }),
    );
    expect((error as LedgerFlowProblem).isRefusal).toBe(isRefusal);
  });

  it.each<[string, Step[], boolean]>([
    ['a lost connection', [lost()], true],
    ['a broken service', [problem(500, 'internal')], true],
    ['being turned away', [problem(429, 'rate_limited')], false],
    ['being turned away for load', [problem(503, 'overloaded')], false],
    ['being turned away after a lost connection', [lost(), problem(429, 'rate_limited')], true],
    ['a token that ends after a lost connection', [lost(), problem(401, 'unauthenticated')], true],
    ["the ledger's refusal after a lost connection", [lost(), problem(422, 'insufficient_funds')], false],
    ['no such account after a lost connection', [lost(), problem(404, 'account_not_found')], false],
    ["a proxy's page after a lost connection", [lost(), new Response('<h1>', { status: 404 })], true],
    ["a proxy's conflict after a lost connection", [lost(), new Response('<h1>', { status: 409 })], true],
    ['a proxy that takes no such request', [lost(), problem(405, 'method_not_allowed')], true],
    ['a proxy that takes no such address', [lost(), problem(414, 'uri_too_long')], true],
    ['a gateway that does not know the route', [lost(), problem(404, 'not_found')], true],
    ['no connection at all', [refused(), fault('EAI_AGAIN', 'getaddrinfo EAI_AGAIN', 'getaddrinfo'), problem(403, 'forbidden')], false],
    ['a host that cannot be reached', [fault('EHOSTUNREACH', 'connect EHOSTUNREACH', 'connect')], false],
    ['a connection that took too long to make', [fault('UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error')], false],
    ['a connection that was there and whose host went away', [fault('EHOSTUNREACH', 'read EHOSTUNREACH', 'read')], true],
    ['what a browser says of both', [new TypeError('Failed to fetch')], true],
    [
      'addresses of which none takes a connection',
      [new TypeError('fetch failed', { cause: new AggregateError([refused().cause, refused().cause]) })],
      false,
    ],
    [
      'addresses of which one is not known to take none',
      [new TypeError('fetch failed', { cause: new AggregateError([refused().cause, lost().cause]) })],
      true,
    ],
    ['no connection after a lost one', [lost(), refused(), problem(403, 'forbidden')], true],
    ['a lost connection after none', [refused(), lost(), problem(403, 'forbidden')], true],
    ["a proxy's page alone", [new Response('<h1>', { status: 404 })], false],
  ])('says after %s whether the outcome is known', async (_what, steps, isOutcomeUnknown) => {
    const { ledgerflow } = client(steps);
    const error = await failureOf(ledgerflow.createTransfer({ ledger: 'l', body: BODY }, { retry: { attemptsMax: steps.length } }));
    expect(error.isOutcomeUnknown).toBe(isOutcomeUnknown);
    expect(error.idempotencyKey).not.toBeNull();
  });

  it.each<[string, Step, boolean]>([
    ['a lost connection', lost(), true],
    ['no connection', refused(), false],
    ['a broken service', problem(500, 'internal'), true],
    ['a busy service, which may have begun', problem(503, 'overloaded'), true],
    ['an audit store that does not answer', problem(503, 'audit_unavailable'), false],
    ['a refusal', problem(409, 'rebuild_in_progress'), false],
    ['being turned away', problem(429, 'rate_limited'), false],
  ])('of an action without a key says after %s whether its outcome is known', async (_what, step, isOutcomeUnknown) => {
    const { ledgerflow, sent } = client([step]);
    const error = await failureOf(ledgerflow.createRebuild({ projection: 'all', body: {} }));
    expect([sent.length, error.idempotencyKey, error.isOutcomeUnknown]).toEqual([1, null, isOutcomeUnknown]);
    const read = await failureOf(client([lost()]).ledgerflow.getMe({}, { retry: { attemptsMax: 1 } }));
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
