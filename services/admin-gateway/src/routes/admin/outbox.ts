import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { noQuery } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';

export const getOutbox = route({
  id: 'getOutbox',
  method: 'GET',
  path: '/admin/outbox',
  tag: 'Admin',
  summary: 'Per slot: head, cursor, backlog, oldest age, lease holder and epoch, breaker state, last error',
  query: noQuery,
  answers: { 200: Type.Unsafe<unknown>({ type: ['object', 'array'] }) },
  access: { role: 'admin', ledger: 'every' },
  handle: async (_call, { deployment }) => {
    const outbox = await deployment.outbox();
    if (outbox === null) throw new Problem('unavailable', { detail: 'No ledger writer tells the state of its outbox' });
    return { status: 200, body: outbox };
  },
});
