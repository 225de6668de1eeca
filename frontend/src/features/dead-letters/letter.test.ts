import { describe, expect, it } from '@jest/globals';
import { LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { isFinal, notDiscardable, type WholeLetter } from './letter.ts';

const letter = (over: Partial<WholeLetter>, ...events: { type: string; amount?: string }[]): WholeLetter => ({
  id: '1',
  ledger: 'books',
  position: '7',
  state: 'refused',
  error: 'it can not be',
  projections: ['account_summary'],
  accounts: ['alice'],
  accountCount: 1,
  recordBytes: 2,
  parkedAt: '2026-11-22T00:00:00.000000Z',
  attempts: 1,
  lastAttemptAt: null,
  payload: '{}',
  record: {
    position: '7',
    epoch: 1,
    recordedAt: '2026-11-22T00:00:00.000000Z',
    effectiveAt: '2026-11-22T00:00:00.000000Z',
    type: 'AccountUpdated',
    actor: 'ann',
    correlationId: 'c',
    causationId: 'c',
    events: events.map((event, index) => ({ index, data: {}, ...event })),
  },
  ...over,
});
const MOVES = { type: 'EntryPosted', amount: '1.00' };
const SAYS = { type: 'AccountUpdated' };

describe('what may be discarded', () => {
  it.each<[what: string, letter: WholeLetter, expected: ReturnType<typeof notDiscardable>]>([
    ['what only says something of a parked account', letter({}, SAYS), null],
    ['one event that moves money keeps it', letter({}, SAYS, MOVES), 'balance'],
    ['the opening of an account keeps it', letter({}, { type: 'AccountOpened' }), 'balance'],
    ['no account is parked: only those who refused it lack it', letter({ accounts: [], accountCount: 0 }, MOVES), null],
    ['it cannot be read: the builder decides', letter({ record: null }), null],
    ['it only waits', letter({ state: 'queued' }, SAYS), 'queued'],
    ['a state that is new', letter({ state: 'burning' }, SAYS), 'queued'],
  ])('%s', (_what, one, expected) => expect(notDiscardable(one)).toBe(expected));
});

it('is not followed further when the gateway has said that it is not there or not for one; when it is busy or away it is', () => {
  const facts = { operation: 'getRepair', attempts: 1, idempotencyKey: null, isOutcomeUnknown: false };
  const problem = (status: number) => new LedgerFlowProblem({ code: 'c', status, title: 't', detail: 'd' }, facts);
  expect([401, 403, 404].map((status) => isFinal(problem(status)))).toEqual([true, true, true]);
  expect([429, 500, 503].map((status) => isFinal(problem(status)))).toEqual([false, false, false]);
  expect([isFinal(new LedgerFlowUnreachable('away', facts)), isFinal(null)]).toEqual([false, false]);
});
