import { describe, expect, it } from '@jest/globals';
import { emptyDraft } from './draft.ts';
import { problem, unreachable } from './intent.fixture.ts';
import { fieldOf, judge } from './problem.ts';

describe('judge', () => {
  it.each([
    ['a lost answer', unreachable(), 'unknown'],
    ['a server that broke', problem(500, 'internal', {}, { isOutcomeUnknown: true }), 'unknown'],
    ['a refusal of the ledger', problem(422, 'insufficient_funds'), 'refused'],
    ['a ledger that is not there', problem(404, 'ledger_not_found'), 'refused'],
    ['a request that is wrong', problem(400, 'invalid_amount'), 'refused'],
    ['no session', problem(401, 'unauthenticated'), 'untried'],
    ['no grant', problem(403, 'forbidden'), 'untried'],
    ['a busy gateway', problem(503, 'overloaded'), 'untried'],
    ['too many requests', problem(429, 'rate_limited'), 'untried'],
    ['a proxy that knows no such page', problem(404, 'unexpected_answer'), 'untried'],
    ['an error of the page itself', new Error('broken'), 'untried'],
  ] as const)('of a first attempt: %s', (_, error, verdict) => expect(judge(error, false)).toBe(verdict));

  it.each([
    ['a lost answer', unreachable(), 'unknown'],
    ['no session', problem(401, 'unauthenticated'), 'unknown'],
    ['no grant', problem(403, 'forbidden'), 'unknown'],
    ['a busy gateway', problem(503, 'overloaded'), 'unknown'],
    ['a request that is wrong', problem(400, 'invalid_request'), 'unknown'],
    ['a proxy that knows no such page', problem(404, 'not_found'), 'unknown'],
    ['an error of the page itself', new Error('broken'), 'unknown'],
    ['a refusal of the ledger', problem(422, 'insufficient_funds'), 'refused'],
    ['an externalId that is another’s', problem(409, 'external_id_exists'), 'refused'],
  ] as const)('of asking again: only the ledger settles it; %s', (_, error, verdict) => expect(judge(error, true)).toBe(verdict));
});

describe('fieldOf', () => {
  const transfer = emptyDraft('transfer');
  transfer.legs[0] = { from: 'alice', to: 'bob', amount: '9', currency: '' };
  const legs = emptyDraft('legs');
  legs.legs = [
    { from: 'alice', to: 'bob', amount: '1', currency: '' },
    { from: 'carol', to: 'dave', amount: '2', currency: 'XXX' },
  ];

  it.each([
    ['insufficient_funds', { account: 'carol' }, 'legs.1.amount'],
    ['limit_exceeded', { account: 'dave' }, 'legs.1.amount'],
    ['account_not_found', { account: 'dave' }, 'legs.1.to'],
    ['account_frozen', { account: 'alice' }, 'legs.0.from'],
    ['currency_mismatch', { account: 'bob' }, 'legs.0.to'],
    ['unknown_currency', { currency: 'XXX' }, 'legs.1.currency'],
    ['amount_too_precise', { amount: '2' }, 'legs.1.amount'],
    ['external_id_exists', { externalId: 'x' }, 'terms.externalId'],
    ['effective_at_out_of_range', {}, 'terms.effectiveAt'],
    ['insufficient_funds', { account: 'nobody' }, null],
    ['rate_limited', {}, null],
    ['constructor', {}, null],
  ])('of the refusal %s %j is %s', (code, parameters, path) => expect(fieldOf(problem(422, code, parameters), 'legs', legs)).toBe(path));

  it.each([
    ['amount', 'transfer', 'legs.0.amount'],
    ['postings.1.amount', 'legs', 'legs.1.amount'],
    ['account', 'withdrawal', 'legs.0.from'],
    ['account', 'deposit', 'legs.0.to'],
    ['metadata.a', 'transfer', 'terms.metadata'],
    ['toLedger', 'transfer', null],
  ] as const)('named as %s of a %s is %s', (field, kind, path) =>
    expect(fieldOf(problem(400, 'invalid_request', { field }), kind, transfer)).toBe(path),
  );
});
