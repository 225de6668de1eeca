import { route } from '../../../contract/route.ts';
import { noQuery } from '../../../contract/schemas.ts';
import { Problem } from '../../../http/problem.ts';
import { maySee } from '../grants.ts';
import { renderRepair, RepairAnswer } from './repair-answer.ts';

export const getRepair = route({
  id: 'getRepair',
  method: 'GET',
  path: '/admin/dlq/repairs/{repair}',
  tag: 'Admin',
  summary:
    'What came of a retry or a discard that took longer than its answer waited; code is that of the problem that kept it from being done',
  query: noQuery,
  answers: { 200: RepairAnswer },
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, { operations }) => {
    const id = call.params['repair'] as string;
    const found = await operations.getRepair(id);
    if (found === null || !maySee(call, found.ledger)) throw new Problem('repair_not_found', { parameters: { repair: id } });
    return { status: 200, body: renderRepair(id, found.outcome) };
  },
});
