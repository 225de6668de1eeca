import { recordFromJson } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { route } from '../../../contract/route.ts';
import { noQuery, Record as RecordSchema } from '../../../contract/schemas.ts';
import { renderRecord } from '../../../rendering/record.ts';
import { deadLetterOf, deadLetterProperties, renderDeadLetter } from './dead-letter.ts';

/** The record as GET …/events answers it; null when this version can not read it. */
function readable(text: string): Record<string, unknown> | null {
  try {
    return renderRecord(recordFromJson(text));
  } catch {
    return null;
  }
}

export const getDeadLetter = route({
  id: 'getDeadLetter',
  method: 'GET',
  path: '/admin/dlq/{deadLetter}',
  tag: 'Admin',
  summary: 'A dead letter with its record, as it came and as GET …/events answers it',
  query: noQuery,
  answers: {
    200: Type.Object({
      ...deadLetterProperties,
      payload: Type.String({ description: 'The text of the record as it came, which need not be JSON' }),
      record: Type.Union([RecordSchema, Type.Null()], {
        description: 'The same as GET …/events answers it, to be compared with that; null when it can not be read',
      }),
    }),
  },
  access: { role: 'admin', ledger: 'filtered' },
  handle: async (call, services) => {
    const letter = await deadLetterOf(call, services);
    return { status: 200, body: { ...renderDeadLetter(letter), payload: letter.record, record: readable(letter.record) } };
  },
});
