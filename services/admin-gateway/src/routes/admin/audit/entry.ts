import { formatMicros, type Micros, parseMicros } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import type { Found, SearchFilter } from '../../../audit/search.ts';
import { Id, NullableText, Position, spanProperties } from '../../../contract/schemas.ts';

const Source = Type.Unsafe<'ledger' | 'gateway'>({
  type: 'string',
  enum: ['ledger', 'gateway'],
  description: "ledger: a command's record in its log; gateway: what the gateway wrote to its own store",
});

export const Entry = Type.Object({
  id: Type.String(),
  source: Source,
  recordedAt: Type.String({ description: 'RFC 3339; of an admin action the time before it was done' }),
  actor: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Null: the caller could not be told' }),
  roles: Type.Optional(Type.Array(Type.String(), { description: 'Not of a record' })),
  action: Type.String({
    description:
      "A record's type (FundsDeposited); an action (dlq.retry, rebuild.request, audit.export …); of a refusal or an admin read the operationId. May grow",
  }),
  ledger: NullableText,
  target: NullableText,
  position: Type.Optional(Position),
  correlationId: Type.Optional(Type.String()),
  parameters: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    description: 'Of a record only the reason of a freeze, an unfreeze or a close; null once it was erased',
  }),
  requestId: Type.String(),
  outcome: Type.Unsafe<{ outcome: string; result: unknown; recordedAt: string } | null>({
    type: ['object', 'null'],
    properties: { outcome: { type: 'string' }, result: {}, recordedAt: { type: 'string' } },
    description: 'done, accepted (it goes on), or the code of the problem that was answered; null: begun, and how it ended is not known',
  }),
});

export const filterProperties = {
  source: Type.Optional(Source),
  actor: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  action: Type.Optional(Type.String({ pattern: '^[A-Za-z.-]{1,64}$' })),
  ledger: Type.Optional(Id),
  outcome: Type.Optional(Type.String({ pattern: '^[a-z_]{1,64}$', description: 'done, accepted, or the code of a problem' })),
  requestId: Type.Optional(Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })),
  ...spanProperties,
};

type FilterQuery = Omit<SearchFilter, 'ledger' | 'from' | 'to'> & Partial<Record<'ledger' | 'from' | 'to', string | undefined>>;
const bound = (time: string | undefined): Micros | undefined => (time === undefined ? undefined : (parseMicros(time) ?? undefined));

export const filterOf = ({ source, actor, action, ledger, outcome, requestId, from, to }: FilterQuery): SearchFilter => ({
  source,
  actor,
  action,
  outcome,
  requestId,
  ledger: ledger ?? null,
  from: bound(from),
  to: bound(to),
});

export function renderFound(found: Found): Record<string, unknown> {
  if (found.source === 'ledger') {
    const { ledger, position, recordedAt, actor, type, target, reason, correlationId, requestId } = found.record;
    const at = formatMicros(recordedAt);
    return {
      id: `${ledger}/${position}`,
      source: 'ledger',
      recordedAt: at,
      actor,
      action: type,
      ledger,
      target,
      position: position.toString(),
      correlationId,
      parameters: reason === undefined ? {} : { reason },
      requestId,
      outcome: { outcome: 'done', result: null, recordedAt: at },
    };
  }
  const { id, recordedAt, outcome, ...entry } = found.entry;
  return {
    id: `${found.kind === 'actions' ? 'action' : 'access'}-${id}`,
    source: 'gateway',
    recordedAt: formatMicros(recordedAt),
    ...entry,
    outcome: outcome === null ? null : { ...outcome, recordedAt: formatMicros(outcome.recordedAt) },
  };
}
