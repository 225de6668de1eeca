import { describe, expect, it } from '@jest/globals';
import type { HttpAnswer } from '../driver/index.ts';
import { Caller, type CallerBounds } from './caller.ts';
import { Expected } from './expected.ts';
import type { Operation } from './plan.ts';
import { Tally } from './tally.ts';

const DEPOSIT: Operation = { kind: 'deposit', account: 'a', amount: 5n };
const answer = (status: number, body: object = {}): HttpAnswer => ({
  status,
  headers: { 'ledger-consistency': 'token' },
  text: JSON.stringify(body),
});
const DONE = answer(201, { position: '7' });
const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

/** A caller of a service that gives these answers, the last one again and again. */
function callerOf(answers: (HttpAnswer | Error)[], bounds: Partial<CallerBounds> = {}) {
  const stop = new AbortController();
  const tally = new Tally();
  const expected = new Expected(0n);
  let sent = 0;
  let fullCount = 0;
  const request = async (): Promise<HttpAnswer> => {
    const next = answers[Math.min(sent++, answers.length - 1)] as HttpAnswer | Error;
    if (next instanceof Error) throw next;
    return next;
  };
  const caller = new Caller({
    target: { request },
    ledger: 'l',
    initialDeposit: 0n,
    expected,
    tally,
    signal: stop.signal,
    onFull: () => fullCount++,
    bounds: { retryPauseMs: 0, settleMs: 1_000, settleInterruptedMs: 50, ...bounds },
  });
  const perform = (operation = DEPOSIT, key = 'k') => caller.perform(operation, key, performance.now(), caller.newSession());
  return { caller, perform, tally, expected, stop, sent: () => sent, fullCount: () => fullCount };
}

describe('a caller', () => {
  it.each([429, 409, 401, 403, 500])('does not take %i for an answer to a write that an attempt before may have made', async (status) => {
    const { caller, perform, tally, expected } = callerOf([RESET, ...Array.from({ length: 6 }, () => answer(status)), DONE]);
    const wasDone = await perform();
    await caller.settle();
    expect(expected.balances).toEqual(new Map([['a', 5n]]));
    expect(expected.doubtful.size).toBe(0);
    expect(wasDone || tally.faultReports().every(({ what }) => !what.includes('no answer'))).toBe(true);
  });

  it.each([
    [429, 'busy'],
    [409, 'busy'],
    [403, 'faults'],
  ] as const)('takes a first %i for no effect', async (status, how) => {
    const { caller, perform, tally, expected, sent } = callerOf([answer(status)]);
    expect(await perform()).toBe(false);
    await caller.settle();
    expect(sent()).toBe(1);
    expect(tally.reports(1)).toMatchObject([{ operation: 'deposit', [how]: 1 }]);
    expect(expected.balances.get('a') ?? 0n).toBe(0n);
  });

  it('enters what was done of a batch beside an item that failed, once', async () => {
    const transfer = { from: 'a', to: 'b', amount: 3n };
    const done = { status: 201, transaction: { position: '7' } };
    const half = answer(200, { results: [done, { status: 500, problem: { code: 'internal' } }] });
    const whole = answer(201, { results: [done, done] });
    const batch: Operation = { kind: 'batch', transfers: [transfer, transfer] };
    const { caller, perform, expected } = callerOf([half, whole]);
    await perform(batch);
    expect(expected.balances.get('b')).toBe(3n);
    await caller.settle();
    expect(expected.balances.get('b')).toBe(6n);
  });

  it('settles within its bound as a whole, and says which accounts it leaves in doubt', async () => {
    const { caller, perform, tally, expected } = callerOf([RESET], { settleMs: 100 });
    for (let number = 0; number < 50; number++) await perform({ ...DEPOSIT, account: `a-${number}` }, `k-${number}`);
    const startedMs = performance.now();
    await caller.settle();
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(tally.faultReports()).toMatchObject([{ what: 'deposit: no answer', count: 50 }]);
    expect(expected.doubtful.size).toBe(50);
  });

  it('stops trying when it is interrupted, and settles soon after', async () => {
    const { caller, perform, tally, stop } = callerOf([RESET], { settleMs: 60_000 });
    await perform();
    setTimeout(() => stop.abort(), 20);
    const startedMs = performance.now();
    await caller.settle();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(tally.faultCount).toBe(1);
  });

  it('opens an account as long as it may, through lost connections and busy answers, and once', async () => {
    const away = Array.from({ length: 12 }, () => RESET);
    const turnedAway = Array.from({ length: 3 }, () => answer(429));
    const { caller, perform, expected, tally, sent } = callerOf([...turnedAway, ...away, DONE], { retryForMs: 60_000 });
    expect(await perform({ kind: 'create', account: 'a' })).toBe(true);
    await caller.settle();
    expect([sent(), tally.faultCount, caller.unanswered]).toEqual([16, 0, 0]);
    expect(expected.balances).toEqual(new Map([['a', 0n]]));
  });

  it('leaves an opening that had no answer for its time to the settling', async () => {
    const { caller, perform, stop } = callerOf([RESET], { retryForMs: 20, settleMs: 20 });
    expect(await perform({ kind: 'create', account: 'a' })).toBe(false);
    expect(caller.unanswered).toBe(1);
    stop.abort();
    await caller.settle();
  });

  it('begins sessions with the newest write of the run, so that their first read sees it', async () => {
    const { caller, perform } = callerOf([DONE]);
    expect(caller.newSession()).toEqual({ token: null, position: 0n });
    await perform({ kind: 'create', account: 'a' });
    expect(caller.newSession()).toEqual({ token: 'token', position: 7n });
  });

  it('does not throw when more writes have no answer than it keeps: the run ends, and has its report', async () => {
    const { caller, perform, fullCount, tally } = callerOf([RESET], { unsettledMax: 1, settleMs: 20 });
    await perform(DEPOSIT, 'one');
    await perform(DEPOSIT, 'two');
    expect([fullCount(), tally.faultCount]).toEqual([1, 1]);
    await caller.settle();
  });

  it('sees a refusal for want of money that was there', async () => {
    const refusal = answer(422, { code: 'insufficient_funds' });
    const { perform, tally } = callerOf([DONE, refusal]);
    await perform();
    await perform({ kind: 'withdraw', account: 'a', amount: 6n }, 'more');
    expect(tally.faultCount).toBe(0);
    await perform({ kind: 'withdraw', account: 'a', amount: 5n }, 'all');
    expect(tally.faultReports()).toMatchObject([{ what: 'withdraw: refused for want of money that was there' }]);
  });
});
