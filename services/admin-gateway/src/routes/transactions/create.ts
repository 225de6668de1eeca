import { route } from '../../contract/route.ts';
import { commandQuery, Movement } from '../../contract/schemas.ts';
import { postMoney } from '../money.ts';
import { postTransactionOf, TransactionBody } from './transaction.ts';

export const createTransaction = route({
  id: 'createTransaction',
  method: 'POST',
  path: '/ledgers/{ledger}/transactions',
  tag: 'Money',
  summary: 'Post one atomic transaction of one or more postings',
  query: commandQuery,
  body: TransactionBody,
  answers: { 201: Movement },
  access: { role: 'operator', ledger: 'path' },
  command: true,
  handle: (call, services) => postMoney(call, services, { $case: 'postTransaction', value: postTransactionOf(call.body) }),
});
