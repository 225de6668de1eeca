import { route } from '../../contract/route.ts';
import { Ledger, list, pageProperties, query } from '../../contract/schemas.ts';
import { currentLedgers } from '../../reads/current-ledgers.ts';
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
    const page = await currentLedgers(services.reads, call, paging.request);
    return { status: 200, body: { data: page.rows.map(renderLedger), nextCursor: paging.cursor(page.next) } };
  },
});
