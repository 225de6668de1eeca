import { route } from '../../../contract/route.ts';
import { body, noQuery, Reason } from '../../../contract/schemas.ts';
import { deadLetterOf } from './dead-letter.ts';
import { repair, RepairAnswer } from './repair-answer.ts';

export const discardDeadLetter = route({
  id: 'discardDeadLetter',
  method: 'POST',
  path: '/admin/dlq/{deadLetter}/discard',
  tag: 'Admin',
  summary:
    'Give a record up of which no balance depends. Where its accounts are parked, all projections lack it, not only the one that refused it: they are marked diverged until all are rebuilt',
  query: noQuery,
  body: body({ reason: Reason }),
  answers: { 200: RepairAnswer, 202: RepairAnswer },
  location: 202,
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const { reason } = call.body;
    const { id, ledger, ledgerNumber, position } = await deadLetterOf(call, services);
    const action = { action: 'dlq.discard', ledger, target: id.toString(), parameters: { position: position.toString(), reason } };
    return repair(call, services, action, { kind: 'discard', deadLetter: id, ledger: ledgerNumber, reason });
  },
});
