import { route } from '../../contract/route.ts';
import { noQuery } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { renderTransaction } from '../../rendering/transaction.ts';
import { Transaction } from './answer.ts';

export const getTransaction = route({
  id: 'getTransaction',
  method: 'GET',
  path: '/ledgers/{ledger}/transactions/{transaction}',
  tag: 'Transactions',
  summary: 'A transaction with its entries',
  query: noQuery,
  answers: { 200: Transaction },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, { reads }) => {
    const id = call.params['transaction'] as string;
    const { value } = await reads.now(call, (ledger) => reads.model.getTransaction(ledger, id));
    if (value === null) throw new Problem('transaction_not_found', { parameters: { transaction: id } });
    return { status: 200, body: renderTransaction(value) };
  },
});
