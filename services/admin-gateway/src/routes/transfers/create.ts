import { ID_PATTERN } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { expectedVersionsOf, termsOf } from '../../commands/terms.ts';
import { route } from '../../contract/route.ts';
import { Amount, body, commandQuery, Currency, ExpectedVersions, Id, Movement, termsProperties } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { postMoney } from '../money.ts';

const TransferBody = body({
  from: Id,
  to: Id,
  amount: Amount,
  currency: Currency,
  ...termsProperties,
  expectedVersions: Type.Optional(ExpectedVersions),
  toLedger: Type.Optional(
    Type.String({ pattern: ID_PATTERN, description: 'Only the ledger itself for now; transfers between ledgers are refused' }),
  ),
});

export const createTransfer = route({
  id: 'createTransfer',
  method: 'POST',
  path: '/ledgers/{ledger}/transfers',
  tag: 'Money',
  summary: 'Move money between two accounts of the ledger',
  query: commandQuery,
  body: TransferBody,
  answers: { 201: Movement },
  access: { role: 'operator', ledger: 'path' },
  command: true,
  handle: (call, services) => {
    const { from, to, amount, currency, expectedVersions, toLedger, ...terms } = call.body;
    if (toLedger !== undefined && toLedger !== call.params['ledger']) {
      throw new Problem('invalid_request', { detail: 'Transfers between ledgers are not available yet', field: 'toLedger' });
    }
    return postMoney(call, services, {
      $case: 'transfer',
      value: { from, to, amount, currency, terms: termsOf(terms), expectedVersions: expectedVersionsOf(expectedVersions) },
    });
  },
});
