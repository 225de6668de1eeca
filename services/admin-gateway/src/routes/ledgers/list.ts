import { route } from '../../contract/route.ts';
import { Ledger, list, pageProperties, query } from '../../contract/schemas.ts';
import { renderLedger } from '../../rendering/ledger.ts';
import { pagingById } from '../pages.ts';

export const listLedgers = route({
  id: 'listLedgers',
  method: 'GET',
  path: '/ledgers',
  tag: 'Ledgers',
  summary: 'The ledgers that the caller has a grant for, in order of id',
  query: query(pageProperties),
  answers: { 200: list(Ledger) },
  access: { role: 'viewer', ledger: 'filtered' },
  handle: async (call, services) => {
    const paging = pagingById(call, services, 'listLedgers');
    const { ledgers } = call.principal;
    const page = await services.reads.model.listLedgers(ledgers.has('*') ? null : [...ledgers], paging.request);
    return { status: 200, body: { data: page.rows.map(renderLedger), nextCursor: paging.cursor(page.next) } };
  },
});
