import { route } from '../../contract/route.ts';
import { Ledger, noQuery } from '../../contract/schemas.ts';
import { currentLedger } from '../../reads/current-ledgers.ts';
import { heldAt } from '../../reads/parked.ts';
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
  handle: async (call, { reads }) => {
    const { checkpoint, value } = await currentLedger(reads, call);
    return { status: 200, body: renderLedger({ checkpoint, value }), headers: heldAt(checkpoint) };
  },
});
