import { route } from '../../../contract/route.ts';
import { noQuery } from '../../../contract/schemas.ts';
import { deadLetterOf } from './dead-letter.ts';
import { repair, RepairAnswer } from './repair-answer.ts';

export const retryDeadLetter = route({
  id: 'retryDeadLetter',
  method: 'POST',
  path: '/admin/dlq/{deadLetter}/retry',
  tag: 'Admin',
  summary: 'Apply a record that was refused, and those that wait behind it; 202 when it takes longer than an answer waits',
  query: noQuery,
  answers: { 200: RepairAnswer, 202: RepairAnswer },
  location: 202,
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const { id, ledger, ledgerNumber, position } = await deadLetterOf(call, services);
    const action = { action: 'dlq.retry', ledger, target: id.toString(), parameters: { position: position.toString() } };
    return repair(call, services, action, { kind: 'retry', deadLetter: id, ledger: ledgerNumber, reason: null });
  },
});
