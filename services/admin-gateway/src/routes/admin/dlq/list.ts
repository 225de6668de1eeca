import { Type } from 'typebox';
import { route } from '../../../contract/route.ts';
import { Id, list, pageProperties, query } from '../../../contract/schemas.ts';
import { Problem } from '../../../http/problem.ts';
import { paging } from '../../pages.ts';
import { grantedLedgers, maySee } from '../grants.ts';
import { deadLetterProperties, renderDeadLetter } from './dead-letter.ts';

const State = Type.Unsafe<'refused' | 'queued'>({ type: 'string', enum: ['refused', 'queued'] });

export const listDeadLetters = route({
  id: 'listDeadLetters',
  method: 'GET',
  path: '/admin/dlq',
  tag: 'Admin',
  summary:
    'Dead letters of the ledgers that the caller has a grant for, by ledger and position: the order in which they can be repaired. A page of queued ones or of an account may be short and have a cursor',
  query: query({
    ...pageProperties,
    ledger: Type.Optional(Id),
    account: Type.Optional(Type.String({ ...Id, description: 'Whose part of the record is not applied; needs a ledger' })),
    state: Type.Optional(State),
  }),
  answers: { 200: list(Type.Object(deadLetterProperties)) },
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const { ledger, account, state } = call.query;
    if (account !== undefined && ledger === undefined)
      throw new Problem('invalid_request', { detail: 'An account needs a ledger', field: 'account' });
    const pages = paging(call, services, 'listDeadLetters', {
      parse: ({ ledger: number, position }) => ({ ledger: number as number, position: BigInt(position as string) }),
      format: ({ ledger: number, position }) => ({ ledger: number, position: position.toString() }),
    });
    const ledgers = ledger === undefined ? grantedLedgers(call) : maySee(call, ledger) ? [ledger] : [];
    const page = await services.operations.listDeadLetters({ ledgers, account, state }, pages.request);
    return { status: 200, body: { data: page.rows.map(renderDeadLetter), nextCursor: pages.cursor(page.next) } };
  },
});
