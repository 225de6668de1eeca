import { route } from '../../../contract/route.ts';
import { noQuery } from '../../../contract/schemas.ts';
import { rebuildOf, RebuildWithParts, renderPart, renderRebuild } from './rebuild.ts';

export const getRebuild = route({
  id: 'getRebuild',
  method: 'GET',
  path: '/admin/projections/{projection}/rebuilds/{rebuild}',
  tag: 'Admin',
  summary: 'How far a rebuild is, what of it is in place, and the first row that differs when its proof refused it',
  query: noQuery,
  answers: { 200: RebuildWithParts },
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const rebuild = await rebuildOf(call, services);
    const parts = await services.operations.listRebuildParts(rebuild.id);
    return { status: 200, body: { ...renderRebuild(rebuild), parts: parts.map(renderPart) } };
  },
});
