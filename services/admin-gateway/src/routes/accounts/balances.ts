import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { Balance, list, pageProperties, query } from '../../contract/schemas.ts';
import { asOfCheckpoint } from '../../reads/as-of.ts';
import { currentRows } from '../../reads/current-accounts.ts';
import { heldAt } from '../../reads/parked.ts';
import { renderBalance } from '../../rendering/account.ts';
import { pagingById } from '../pages.ts';

export const listBalances = route({
  id: 'listBalances',
  method: 'GET',
  path: '/ledgers/{ledger}/balances',
  tag: 'Accounts',
  summary: 'Balances of the accounts whose id begins with a prefix, in order of id',
  query: query({ ...pageProperties, prefix: Type.Optional(Type.String({ maxLength: 128, description: 'Beginning of the id' })) }),
  answers: { 200: list(Balance) },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const paging = pagingById(call, services, 'listBalances');
    const { checkpoint, value } = await services.reads.now(call, (ledger, model) =>
      model.listBalances(ledger, call.query.prefix ?? '', paging.request),
    );
    const rows = await currentRows(services.reads, call, value.rows, asOfCheckpoint(checkpoint));
    return {
      status: 200,
      body: { data: rows.map(({ row, asOf }) => renderBalance(row, asOf)), nextCursor: paging.cursor(value.next) },
      headers: heldAt(checkpoint),
    };
  },
});
