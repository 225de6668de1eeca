import { expect, it } from '@jest/globals';
import { LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { isDoubtfulAfter } from './command.ts';

const FACTS = { operation: 'openAccount', attempts: 1, idempotencyKey: 'k' } as const;
const problem = (status: number, code: string): LedgerFlowProblem =>
  new LedgerFlowProblem({ code, status, title: code, detail: code }, { ...FACTS, isOutcomeUnknown: false });

it('is in doubt once an answer was lost, until the ledger itself says no', () => {
  const lost = new LedgerFlowUnreachable('lost', { ...FACTS, isOutcomeUnknown: true });
  expect([false, true].map((before) => isDoubtfulAfter(lost, before))).toEqual([true, true]);
  const atTheDoor = [problem(401, 'unauthenticated'), problem(429, 'rate_limited'), problem(503, 'overloaded'), problem(404, 'not_found')];
  expect(atTheDoor.map((error) => isDoubtfulAfter(error, true))).toEqual([true, true, true, true]);
  expect(atTheDoor.map((error) => isDoubtfulAfter(error, false))).toEqual([false, false, false, false]);
  expect(isDoubtfulAfter(problem(409, 'account_exists'), true)).toBe(false);
});
