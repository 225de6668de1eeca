import { type Static, Type } from 'typebox';

const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });

export const REBUILD_STATES = ['waiting', 'running', 'cancelling', 'cancelled', 'swapped', 'refused', 'failed', 'proven'] as const;
export type RebuildState = (typeof REBUILD_STATES)[number];
const OPEN_STATES: ReadonlySet<RebuildState> = new Set(['waiting', 'running', 'cancelling']);

const Part = Type.Object({
  ledger: NullableText,
  projection: Type.String(),
  state: Type.String(),
  position: Type.String(),
  digest: Type.Optional(NullableText),
});

/** A rebuild as the gateway tells of it; members that the operator has no use for are not named. */
export const GatewayRebuild = Type.Object({
  id: Type.String(),
  projection: Type.String(),
  ledger: NullableText,
  account: NullableText,
  state: Type.Unsafe<RebuildState>({ type: 'string', enum: REBUILD_STATES }),
  percent: Type.Number(),
  recordsPerSecond: Type.Unsafe<number | null>({ type: ['number', 'null'] }),
  partsTotal: Type.Integer(),
  byIdOnly: Type.Optional(Type.Boolean()),
  updatedAt: Type.Optional(Type.String()),
  finishedAt: NullableText,
  error: NullableText,
  difference: Type.Optional(Type.Unknown()),
  parts: Type.Optional(Type.Array(Part)),
});
export type GatewayRebuild = Static<typeof GatewayRebuild>;

/** Who the token says the operator is. */
export const GatewayIdentity = Type.Object({ roles: Type.Array(Type.String()), ledgers: Type.Array(Type.String()) });

export const GatewayRebuildList = Type.Object({ data: Type.Array(GatewayRebuild) });

export const isOpen = ({ state }: Pick<GatewayRebuild, 'state'>): boolean => OPEN_STATES.has(state);
