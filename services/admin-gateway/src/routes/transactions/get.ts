import { route } from '../../contract/route.ts';
import { noQuery } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { held, heldAt } from '../../reads/parked.ts';
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
    const { checkpoint, value } = await reads.now(call, (ledger, model) => model.getTransaction(ledger, id));
    const position = BigInt(id.split('-', 1)[0] as string);
    // It is in the log, and the answer is not known.
    if (position > checkpoint.position && position <= checkpoint.appliedPosition) throw held(checkpoint);
    if (value === null) throw new Problem('transaction_not_found', { parameters: { transaction: id } });
    return { status: 200, body: renderTransaction(value), headers: heldAt(checkpoint) };
  },
});
