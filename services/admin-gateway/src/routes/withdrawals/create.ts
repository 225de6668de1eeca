import { route } from '../../contract/route.ts';
import { commandQuery, Movement } from '../../contract/schemas.ts';
import { MoneyBody, movementOf, postMoney } from '../money.ts';

export const createWithdrawal = route({
  id: 'createWithdrawal',
  method: 'POST',
  path: '/ledgers/{ledger}/accounts/{account}/withdrawals',
  tag: 'Money',
  summary: 'Take money out of an account and the ledger',
  query: commandQuery,
  body: MoneyBody,
  answers: { 201: Movement },
  access: { role: 'operator', ledger: 'path' },
  command: true,
  ifMatch: true,
  handle: (call, services) => postMoney(call, services, { $case: 'withdraw', value: movementOf(call) }),
});
