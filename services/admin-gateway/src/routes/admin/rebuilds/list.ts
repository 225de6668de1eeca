import { list, pageProperties, query } from '../../../contract/schemas.ts';
import { route } from '../../../contract/route.ts';
import { paging } from '../../pages.ts';
import { grantedLedgers } from '../grants.ts';
import { projectionOf, Rebuild, renderRebuild } from './rebuild.ts';

export const listRebuilds = route({
  id: 'listRebuilds',
  method: 'GET',
  path: '/admin/projections/{projection}/rebuilds',
  tag: 'Admin',
  summary: 'Rebuilds that concern a projection (all: every rebuild), newest first; those of all ledgers are seen with the grant *',
  query: query(pageProperties),
  answers: { 200: list(Rebuild) },
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const projection = projectionOf(call);
    const pages = paging(call, services, 'listRebuilds', {
      parse: ({ at, id }) => ({ requestedAt: BigInt(at as string), id: id as string }),
      format: ({ requestedAt, id }) => ({ at: requestedAt.toString(), id }),
    });
    const page = await services.operations.listRebuilds(projection, grantedLedgers(call), pages.request);
    return { status: 200, body: { data: page.rows.map(renderRebuild), nextCursor: pages.cursor(page.next) } };
  },
});
