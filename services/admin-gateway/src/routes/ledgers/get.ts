import { route } from '../../contract/route.ts';
import { Ledger, noQuery } from '../../contract/schemas.ts';
import { renderLedger } from '../../rendering/ledger.ts';

export const getLedger = route({
  id: 'getLedger',
  method: 'GET',
  path: '/ledgers/{ledger}',
  tag: 'Ledgers',
  summary: 'A ledger with its currencies',
  query: noQuery,
  answers: { 200: Ledger },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, { reads }) => ({
    status: 200,
    body: renderLedger(await reads.now(call, (ledger) => reads.model.getLedger(ledger))),
  }),
});
