import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { AfterPosition, COUNT_PATTERN, query } from '../../contract/schemas.ts';
import { streamEvents } from '../../events/client.ts';
import { filterProperties } from '../../events/filter.ts';
import { checkSeen } from '../../reads/consistency.ts';
import { Problem } from '../../http/problem.ts';

const POSITION = new RegExp(COUNT_PATTERN);

export const streamLedgerEvents = route({
  id: 'streamEvents',
  method: 'GET',
  path: '/ledgers/{ledger}/events/stream',
  tag: 'Events',
  summary:
    'Server-sent events: a message a record, its id the position. Last-Event-ID (or after) resumes; without either it begins with what comes next. Of a filtered stream heartbeats tell how far it is',
  query: query({
    after: Type.Optional(AfterPosition),
    ...filterProperties,
  }),
  answers: { 200: Type.String({ description: 'text/event-stream; data is a record' }) },
  access: { role: 'viewer', ledger: 'path' },
  eventStream: true,
  handle: async (call, { events, reads, writer }) => {
    const ledger = call.params['ledger'] as string;
    const last = call.headers['last-event-id'];
    if (last !== undefined && !(typeof last === 'string' && POSITION.test(last)))
      throw new Problem('invalid_request', { detail: 'Last-Event-ID is not a position', field: 'Last-Event-ID' });
    const from = last ?? call.query.after;
    const end = await events.head(ledger, call.principal.forWriter, call.requestId);
    checkSeen(end, reads.token(call));
    const head = end.position;
    const after = from === undefined ? head : BigInt(from);
    if (after > head)
      throw new Problem('invalid_request', {
        detail: 'The position is not there yet',
        field: last === undefined ? 'after' : 'Last-Event-ID',
      });
    return {
      stream: (response) =>
        streamEvents(response, {
          hub: events,
          writer,
          ledger,
          after,
          head,
          principal: call.principal,
          requestId: call.requestId,
          filter: call.query,
        }),
    };
  },
});
