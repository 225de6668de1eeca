import { audited } from '../../../audit/audited.ts';
import { route } from '../../../contract/route.ts';
import { noQuery } from '../../../contract/schemas.ts';
import { Rebuild, rebuildOf, renderRebuild } from './rebuild.ts';

export const cancelRebuild = route({
  id: 'cancelRebuild',
  method: 'DELETE',
  path: '/admin/projections/{projection}/rebuilds/{rebuild}',
  tag: 'Admin',
  summary: 'Stop a rebuild: what it has built is dropped, the live projection stays. 200 with one that has ended already',
  query: noQuery,
  answers: { 200: Rebuild, 202: Rebuild },
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const { id, ledger } = await rebuildOf(call, services);
    return audited(call, services, { action: 'rebuild.cancel', ledger, target: id, parameters: {} }, async () => {
      await services.operations.cancelRebuild(id);
      const rebuild = await rebuildOf(call, services);
      return { status: rebuild.state === 'cancelling' ? 202 : 200, body: renderRebuild(rebuild) };
    });
  },
});
