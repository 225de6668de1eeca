import { Type } from 'typebox';
import { Time } from '../../contract/schemas.ts';

const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });

export const Transaction = Type.Object({
  id: Type.String(),
  position: Type.String(),
  type: Type.String(),
  recordedAt: Time,
  effectiveAt: Time,
  externalId: NullableText,
  reference: NullableText,
  description: NullableText,
  metadata: Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'] }),
  actor: Type.String(),
  correlationId: Type.String(),
  entries: Type.Array(
    Type.Object({
      account: Type.String(),
      currency: Type.String(),
      amount: Type.String(),
      balanceAfter: Type.String(),
      heldAfter: Type.String(),
      version: Type.String(),
    }),
  ),
});
