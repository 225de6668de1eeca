import { formatMicros, type Micros, parseMicros } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import type { AuditEntry } from '../../audit/store.ts';
import { route } from '../../contract/route.ts';
import { Id, list, NullableText, pageProperties, query, Time } from '../../contract/schemas.ts';
import { paging } from '../pages.ts';
import { grantedLedgers, maySee } from './grants.ts';

const Entry = Type.Object({
  id: Type.String(),
  recordedAt: Type.String({ description: 'Before it was done; RFC 3339' }),
  actor: Type.String(),
  roles: Type.Array(Type.String()),
  action: Type.String({ description: 'dlq.retry, dlq.retry-all, dlq.discard, rebuild.request, rebuild.cancel; may grow' }),
  ledger: NullableText,
  target: NullableText,
  parameters: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
  requestId: Type.String(),
  outcome: Type.Unsafe<{ outcome: string; result: unknown; recordedAt: string } | null>({
    type: ['object', 'null'],
    properties: { outcome: { type: 'string' }, result: {}, recordedAt: { type: 'string' } },
    description: 'done, accepted (it goes on), or the code of the problem that was answered; null: begun, and how it ended is not known',
  }),
});

function render({ id, recordedAt, outcome, ...entry }: AuditEntry): Record<string, unknown> {
  return {
    id: id.toString(),
    recordedAt: formatMicros(recordedAt),
    ...entry,
    outcome: outcome === null ? null : { ...outcome, recordedAt: formatMicros(outcome.recordedAt) },
  };
}

const bound = (time: string | undefined): Micros | undefined => (time === undefined ? undefined : (parseMicros(time) ?? undefined));

export const listAudit = route({
  id: 'listAudit',
  method: 'GET',
  path: '/admin/audit',
  tag: 'Admin',
  summary:
    'What people did with dead letters and rebuilds, newest first; from and to bound recordedAt, inclusive. What is of no single ledger is seen with the grant *',
  query: query({
    ...pageProperties,
    actor: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    action: Type.Optional(Type.String({ pattern: '^[a-z.-]{1,64}$' })),
    ledger: Type.Optional(Id),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
  }),
  answers: { 200: list(Entry) },
  access: { role: 'auditor', ledger: 'filtered' },
  handle: async (call, services) => {
    const { actor, action, ledger, from, to } = call.query;
    const pages = paging(call, services, 'listAudit', {
      parse: ({ at, id }) => ({ recordedAt: BigInt(at as string), id: BigInt(id as string) }),
      format: ({ recordedAt, id }) => ({ at: recordedAt.toString(), id: id.toString() }),
    });
    const ledgers = ledger === undefined ? grantedLedgers(call) : maySee(call, ledger) ? [ledger] : [];
    const page = await services.audit.list({ ledgers, actor, action, from: bound(from), to: bound(to) }, pages.request);
    return { status: 200, body: { data: page.rows.map(render), nextCursor: pages.cursor(page.next) } };
  },
});
