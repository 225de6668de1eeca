import { expect, it } from '@jest/globals';
import { LedgerFlowProblem } from '@ledgerflow/client';
import { mistakesIn } from './field-errors.ts';

const FIELDS = ['id', 'currency', 'initialBalance', 'minBalance'];
const problem = (code: string, field?: string, detail = `because of ${code}`): LedgerFlowProblem =>
  new LedgerFlowProblem(
    { code, status: 422, title: code, detail, ...(field === undefined ? {} : { field }) },
    { operation: 'openAccount', attempts: 1, idempotencyKey: 'k', isOutcomeUnknown: false },
  );
const of = (error: unknown, values: object = {}): Record<string, string> => mistakesIn(error, values, FIELDS, 2);

it('says a refusal at the field that it names or is about, else at none', () => {
  expect(of(problem('invalid_amount', 'minBalance'))).toEqual({ minBalance: 'because of invalid_amount' });
  expect(of(problem('account_exists'))).toEqual({ id: 'because of account_exists' });
  expect(of(problem('invalid_request', 'somethingElse'))).toEqual({});
  expect(of(new Error('no'))).toEqual({});
});

it('finds the amounts that are too precise by itself', () => {
  const values = { id: 'a.bcd', initialBalance: '1.234', minBalance: '-5.00' };
  expect(of(problem('amount_too_precise'), values)).toEqual({ initialBalance: 'because of amount_too_precise' });
});

it('says it in words', () => {
  const error = problem('invalid_request', 'id', 'The field must match pattern "^[A-Za-z0-9_.:@-]{1,128}$"');
  expect(of(error)['id']).toContain('1 to 128 letters');
});
