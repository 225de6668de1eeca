import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { noQuery } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';

const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const Slot = Type.Object({
  cluster: Type.String(),
  slot: Type.Integer(),
  head: Type.String({ description: "Last positions of the slot's ledgers, added up" }),
  cursor: Type.String({ description: 'How many of these records are known to be in Kafka' }),
  backlog: Type.String(),
  oldestAgeSeconds: Type.Number(),
  holder: NullableText,
  isLive: Type.Boolean({ description: "Whether the holder's lease still runs" }),
  epoch: Type.String(),
  breaker: NullableText,
  lastError: NullableText,
  lastErrorAt: NullableText,
});

export const getOutbox = route({
  id: 'getOutbox',
  method: 'GET',
  path: '/admin/outbox',
  tag: 'Admin',
  summary: 'Per cluster and slot: head, cursor, backlog, oldest age, lease holder and epoch, breaker state, last error',
  query: noQuery,
  answers: {
    200: Type.Object({
      relay: Type.Unsafe<'on' | 'off'>({ type: 'string', enum: ['on', 'off'], description: 'off: this deployment has no Kafka' }),
      data: Type.Array(Slot),
      nextCursor: Type.Null(),
    }),
  },
  access: { role: 'admin', ledger: 'every' },
  handle: async (_call, { deployment }) => {
    const outbox = await deployment.outbox();
    if (outbox === null) throw new Problem('unavailable', { detail: 'No ledger writer tells the state of its outbox' });
    const { relay, data } = outbox;
    return { status: 200, body: { relay, data, nextCursor: null } };
  },
});
