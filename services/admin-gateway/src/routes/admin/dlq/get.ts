import { Type } from 'typebox';
import { route } from '../../../contract/route.ts';
import { noQuery } from '../../../contract/schemas.ts';
import { deadLetterOf, deadLetterProperties, renderDeadLetter } from './dead-letter.ts';

export const getDeadLetter = route({
  id: 'getDeadLetter',
  method: 'GET',
  path: '/admin/dlq/{deadLetter}',
  tag: 'Admin',
  summary: 'A dead letter with the record as it came',
  query: noQuery,
  answers: {
    200: Type.Object({
      ...deadLetterProperties,
      payload: Type.String({ description: 'The text of the record, which need not be JSON' }),
    }),
  },
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const letter = await deadLetterOf(call, services);
    return { status: 200, body: { ...renderDeadLetter(letter), payload: letter.record } };
  },
});
