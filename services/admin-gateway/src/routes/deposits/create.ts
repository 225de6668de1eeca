import { route } from '../../contract/route.ts';
import { commandQuery, Movement } from '../../contract/schemas.ts';
import { MoneyBody, movementOf, postMoney } from '../money.ts';

export const createDeposit = route({
  id: 'createDeposit',
  method: 'POST',
  path: '/ledgers/{ledger}/accounts/{account}/deposits',
  tag: 'Money',
  summary: 'Bring money into an account from outside the ledger',
  query: commandQuery,
  body: MoneyBody,
  answers: { 201: Movement },
  access: { role: 'operator', ledger: 'path' },
  command: true,
  ifMatch: true,
  handle: (call, services) => postMoney(call, services, { $case: 'deposit', value: movementOf(call) }),
});
