import { describe, expect, it } from '@jest/globals';
import type { HttpAnswer } from '../driver/index.ts';
import { Expected } from './expected.ts';
import type { Operation } from './plan.ts';
import { reasonsOf } from './report.ts';
import { Tally } from './tally.ts';
import { type ItemVerdicts, judge, judgeFailure } from './verdict.ts';

const DEPOSIT: Operation = { kind: 'deposit', account: 'a', amount: 1n };
const WITHDRAW: Operation = { kind: 'withdraw', account: 'a', amount: 1n };
const BALANCE: Operation = { kind: 'balance', account: 'a' };
const HISTORY: Operation = { kind: 'history', account: 'a' };
const BATCH: Operation = {
  kind: 'batch',
  transfers: [
    { from: 'a', to: 'b', amount: 5n },
    { from: 'b', to: 'c', amount: 3n },
  ],
};

const answer = (status: number, body: unknown = {}, headers = {}): HttpAnswer => ({ status, headers, text: JSON.stringify(body) });
const problem = (code: string) => ({ code });
const LACK = problem('insufficient_funds');

describe('what an answer means', () => {
  it.each<[string, Operation, HttpAnswer, object]>([
    ['a write that was done', DEPOSIT, answer(201, { position: '7' }), { kind: 'done', position: 7n }],
    ['a read', BALANCE, answer(200, { asOfPosition: '9' }), { kind: 'done', position: 9n }],
    ['a page', HISTORY, answer(200, { data: [] }), { kind: 'done', position: null }],
    ['money that is not there', WITHDRAW, answer(422, LACK), { kind: 'refused', code: 'insufficient_funds' }],
    ['too many requests', DEPOSIT, answer(429, problem('rate_limited')), { kind: 'busy', code: 'rate_limited' }],
    ['a conflict', BALANCE, answer(409, problem('epoch_superseded')), { kind: 'busy', code: 'epoch_superseded' }],
    ['a read that had to wait', BALANCE, answer(503, problem('not_yet_consistent')), { kind: 'busy', code: 'not_yet_consistent' }],
    ['a busy write', DEPOSIT, answer(503, problem('overloaded'), { 'retry-after': '2' }), { kind: 'unknown', retryAfterMs: 2_000 }],
    ['a deposit refused for funds', DEPOSIT, answer(422, LACK), { kind: 'fault', isUnknown: false }],
    ['another refusal', WITHDRAW, answer(422, problem('account_frozen')), { kind: 'fault', what: 'withdraw: answered 422 account_frozen' }],
    ['a lost account', BALANCE, answer(404, problem('account_not_found')), { kind: 'fault' }],
    ['a broken write', DEPOSIT, answer(500, problem('internal')), { kind: 'fault', isUnknown: true }],
    ['a broken read', BALANCE, answer(500, problem('internal')), { kind: 'fault', isUnknown: false }],
    ['a gateway before ours', DEPOSIT, { status: 502, headers: {}, text: '<html>' }, { kind: 'fault', isUnknown: true }],
    ['a write answered as a read', DEPOSIT, answer(200, { position: '7' }), { kind: 'fault' }],
    ['an answer that is not JSON', DEPOSIT, { status: 201, headers: {}, text: 'ok' }, { kind: 'fault' }],
    ['an answer without a position', DEPOSIT, answer(201, { position: 7 }), { kind: 'fault' }],
  ])('%s', (_, operation, given, verdict) => expect(judge(operation, given)).toMatchObject(verdict));

  it('judges each transfer of a batch', () => {
    const done = { status: 201, transaction: { position: '7' } };
    const results = (...items: unknown[]): HttpAnswer => answer(200, { results: items });
    expect(judge(BATCH, results(done, { status: 422, problem: LACK }))).toEqual({
      kind: 'done',
      position: 7n,
      items: { done: [true, false], isRefused: [false, true], refused: new Map([['insufficient_funds', 1]]) },
    });
    expect(judge(BATCH, results(done, { status: 503, problem: problem('overloaded') }))).toMatchObject({
      kind: 'unknown',
      code: 'overloaded',
    });
    expect(judge(BATCH, results(done, { status: 404, problem: problem('account_not_found') }))).toMatchObject({ kind: 'fault' });
    expect(judge(BATCH, results(done, { status: 500, problem: problem('internal') }))).toMatchObject({
      kind: 'fault',
      isUnknown: true,
      isConclusive: false,
      items: { done: [true, false] },
    });
    expect(judge(BATCH, results(done))).toMatchObject({ kind: 'fault', what: 'batch: not one result a transaction' });
    expect(judge(BATCH, answer(422, LACK))).toMatchObject({ kind: 'fault' });
  });

  it('takes a lost connection for unknown when it was a write', () => {
    const lost = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    expect(judgeFailure(DEPOSIT, lost)).toEqual({ kind: 'unknown', code: 'no_answer_econnreset', retryAfterMs: null });
    expect(judgeFailure(BALANCE, lost)).toEqual({ kind: 'busy', code: 'no_answer_econnreset' });
  });
});

describe('what the ledger must say', () => {
  it('adds up what was done, of batches only what was', () => {
    const expected = new Expected(100n);
    const apply = (operation: Operation, items: ItemVerdicts | null = null): void => expected.done(expected.begin(operation), items);
    for (const account of ['a', 'b', 'c']) apply({ kind: 'create', account });
    apply(DEPOSIT);
    apply({ ...WITHDRAW, amount: 11n });
    apply({ kind: 'transfer', from: 'a', to: 'c', amount: 2n });
    apply(BATCH, { done: [true, false], isRefused: [false, true], refused: new Map() });
    expect(expected.balances).toEqual(
      new Map([
        ['a', 83n],
        ['b', 105n],
        ['c', 102n],
      ]),
    );
  });

  it('keeps the token of the greatest position', () => {
    const expected = new Expected(0n);
    expect(expected.token).toBeNull();
    expected.wrote(10n, 'ten');
    expected.wrote(9n, 'nine');
    expect(expected.token).toBe('ten');
  });

  it('explains a refusal only by what may have been missing', () => {
    const expected = new Expected(10n);
    expected.done(expected.begin({ kind: 'create', account: 'a' }), null);
    const ten: Operation = { kind: 'withdraw', account: 'a', amount: 10n };
    expect(expected.refused(expected.begin(ten), null)).toBe(false);
    expect(expected.refused(expected.begin({ ...ten, amount: 11n }), null)).toBe(true);
    const other = expected.begin({ ...ten, amount: 1n });
    expect(expected.refused(expected.begin(ten), null)).toBe(true);
    expected.dropped(other);
    expect(expected.refused(expected.begin(ten), null)).toBe(false);
    const early = expected.begin({ ...ten, amount: 11n });
    expected.done(expected.begin(DEPOSIT), null);
    expect(expected.refused(early, null)).toBe(true);
  });
});

describe('the tally', () => {
  it('counts by operation, and keeps the first of each fault', () => {
    const tally = new Tally();
    tally.finished('deposit', 'done', 2);
    tally.finished('deposit', 'faults', 4);
    tally.finished('balance', 'busy', 1);
    for (const example of ['one', 'two']) tally.fault('deposit: answered 500', example);
    for (let kind = 0; kind < 100; kind++) tally.fault(`kind ${kind}`, 'x');
    expect(tally.reports(2)).toMatchObject([
      { operation: 'deposit', count: 2, done: 1, faults: 1, refused: 0, perSecond: 1, latency: { p50Ms: 2 } },
      { operation: 'balance', count: 1, busy: 1 },
    ]);
    expect(tally.finishedCount).toBe(3);
    expect(tally.faultCount).toBe(102);
    expect(tally.faultReports()[0]).toEqual({ what: 'deposit: answered 500', count: 2, example: 'one' });
    expect(tally.faultReports().length).toBeLessThan(30);
  });

  it('a run is wrong by faults, by too many busy answers, by any check, and when nothing is shown', () => {
    const ok = { outcome: 'ok' } as const;
    const checks = { balances: ok, history: ok, ledger: ok };
    const good = {
      hasBegun: true,
      interrupted: false,
      operations: [{ done: 1 }],
      faults: [],
      busyShare: 0.05,
      shedShare: 0.05,
      cpuShare: 0.3,
      options: { busyMax: 0.05, shedMax: 0.05 },
      checks,
    };
    const reasons = (change: object): number => reasonsOf({ ...good, ...change }).length;
    const impossible = { outcome: 'not possible', why: 'away' } as const;
    expect(reasons({})).toBe(0);
    expect(reasons({ faults: [{ what: 'w', count: 1, example: '' }] })).toBe(1);
    expect(reasons({ busyShare: 0.051 })).toBe(1);
    expect(reasons({ shedShare: 0.051 })).toBe(1);
    expect(reasons({ shedShare: null })).toBe(0);
    for (const name of Object.keys(checks)) expect(reasons({ checks: { ...checks, [name]: { outcome: 'wrong' } } })).toBe(1);
    expect(reasons({ checks: { ...checks, balances: { ...impossible, isExpected: false } } })).toBe(1);
    expect(reasons({ checks: { ...checks, ledger: { ...impossible, isExpected: true } } })).toBe(0);
    expect(reasons({ operations: [] })).toBe(1);
    expect(reasons({ operations: [{ done: 0 }] })).toBe(1);
    expect(reasons({ hasBegun: false, interrupted: true })).toBe(1);
    expect(reasons({ options: { ...good.options, cpuShareMax: 0.2 } })).toBe(1);
    expect(reasons({ options: { ...good.options, cpuShareMax: 0.2 }, cpuShare: null })).toBe(1);
    expect(reasons({ options: { ...good.options, cpuShareMax: 0.3 } })).toBe(0);
  });
});
