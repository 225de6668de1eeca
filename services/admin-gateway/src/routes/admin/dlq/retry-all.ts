import { Type } from 'typebox';
import { route } from '../../../contract/route.ts';
import { body, Id, noQuery } from '../../../contract/schemas.ts';
import { ledgerNumber } from '../grants.ts';
import { repair, RepairAnswer } from './repair-answer.ts';

export const retryAllDeadLetters = route({
  id: 'retryAllDeadLetters',
  method: 'POST',
  path: '/admin/dlq/retry-all',
  tag: 'Admin',
  summary:
    'Retry every dead letter of a ledger, or of all (grant *), in the order of the log; 202 when it takes longer than an answer waits',
  query: noQuery,
  body: body({ ledger: Type.Optional(Id) }),
  answers: { 200: RepairAnswer, 202: RepairAnswer },
  location: 202,
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const { ledger } = call.body;
    const number = await ledgerNumber(call, services, ledger);
    const action = { action: 'dlq.retry-all', ledger: ledger ?? null, target: null, parameters: {} };
    return repair(call, services, action, { kind: 'retry', deadLetter: null, ledger: number, reason: null });
  },
});
