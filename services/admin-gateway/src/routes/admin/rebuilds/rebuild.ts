import { formatMicros, type Micros } from '@ledgerflow/contracts';
import { PROJECTION_SCOPES, type RebuildPart, type RebuildRow } from '@ledgerflow/read-model';
import { Type } from 'typebox';
import type { Call } from '../../../contract/route.ts';
import { NullableText, Position, Time } from '../../../contract/schemas.ts';
import { Problem } from '../../../http/problem.ts';
import type { Services } from '../../../services.ts';
import { maySee } from '../grants.ts';

/** Stands for every projection in a path. */
export const ALL = 'all';

const NullableTime = Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'RFC 3339' });
const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });

const Part = Type.Object({
  ledger: NullableText,
  projection: Type.String(),
  generation: Type.Integer(),
  state: Type.String({ description: 'filling, proven, swapped or dropped' }),
  position: Position,
  rows: Type.String(),
  digest: Type.String({ description: 'Of its rows at its position, in hex' }),
});

export const rebuildProperties = {
  id: Type.String(),
  projection: Type.String({ description: 'Its name, or all' }),
  ledger: NullableText,
  account: NullableText,
  maxRatePerSecond: NullableNumber,
  proveOnly: Type.Boolean({ description: 'What was made is dropped when it is proven; the live projection stays' }),
  byIdOnly: Type.Boolean({ description: 'Only who names its id goes on with it (a Job); when nobody does, it has to be cancelled' }),
  state: Type.String({
    description:
      'waiting, running, cancelling, and at the end cancelled, swapped, proven (with proveOnly), refused (by the proof) or failed',
  }),
  waitsFor: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'While nobody works on it: a rebuild that is worked on. A builder does one after the other',
  }),
  percent: Type.Number({ description: '0 to 100' }),
  recordsTotal: Type.String(),
  recordsDone: Type.String(),
  recordsPerSecond: NullableNumber,
  secondsLeft: NullableNumber,
  partsTotal: Type.Integer({ description: 'Generations: a projection of a ledger each' }),
  partsDone: Type.Integer(),
  requestedAt: Time,
  requestedBy: Type.String(),
  startedAt: NullableTime,
  finishedAt: NullableTime,
  updatedAt: Time,
  error: NullableText,
  difference: Type.Unknown({ description: 'The first row that differs from what the log says, when the proof refused what was built' }),
};

export const Rebuild = Type.Object(rebuildProperties);
export const RebuildWithParts = Type.Object({
  ...rebuildProperties,
  parts: Type.Array(Part, { description: 'The first 100' }),
});

const timeOrNull = (time: Micros | null): string | null => (time === null ? null : formatMicros(time));

/** 0 to 100 with one decimal, 100 only when it is done. */
function percentOf({ state, recordsTotal, recordsDone }: RebuildRow): number {
  if (state === 'swapped' || state === 'proven') return 100;
  if (recordsTotal === 0n) return 0;
  const tenths = Number((recordsDone * 1_000n) / recordsTotal);
  return Math.min(tenths, 999) / 10;
}

function secondsLeftOf({ state, rate, recordsTotal, recordsDone }: RebuildRow): number | null {
  if (state !== 'running' || rate === null || rate <= 0 || recordsTotal === 0n) return null;
  return Math.max(0, Math.ceil(Number(recordsTotal - recordsDone) / rate));
}

export function renderRebuild(row: RebuildRow): Record<string, unknown> {
  return {
    id: row.id,
    projection: row.projection ?? ALL,
    ledger: row.ledger,
    account: row.account,
    maxRatePerSecond: row.maxRate,
    proveOnly: row.isProveOnly,
    byIdOnly: row.isByIdOnly,
    state: row.state,
    waitsFor: row.waitsFor,
    percent: percentOf(row),
    recordsTotal: row.recordsTotal.toString(),
    recordsDone: row.recordsDone.toString(),
    recordsPerSecond: row.rate === null ? null : Math.round(row.rate),
    secondsLeft: secondsLeftOf(row),
    partsTotal: row.partsTotal,
    partsDone: row.partsDone,
    requestedAt: formatMicros(row.requestedAt),
    requestedBy: row.actor,
    startedAt: timeOrNull(row.startedAt),
    finishedAt: timeOrNull(row.finishedAt),
    updatedAt: formatMicros(row.updatedAt),
    error: row.error,
    difference: row.difference ?? null,
  };
}

export const renderPart = ({ position, rows, ...part }: RebuildPart): Record<string, unknown> => ({
  ...part,
  position: position.toString(),
  rows: rows.toString(),
});

/** The projection in the path; null for all. Throws projection_not_found. */
export function projectionOf(call: Call): string | null {
  const projection = call.params['projection'] as string;
  if (projection === ALL) return null;
  if (!PROJECTION_SCOPES.has(projection)) throw new Problem('projection_not_found', { parameters: { projection } });
  return projection;
}

/** The rebuild in the path. It is found under each projection that it rebuilds, and under all. */
export async function rebuildOf(call: Call, { operations }: Services): Promise<RebuildRow> {
  const projection = projectionOf(call);
  const id = call.params['rebuild'] as string;
  const rebuild = await operations.getRebuild(id);
  const isOfIt = projection === null || rebuild?.projection === null || rebuild?.projection === projection;
  if (rebuild === null || !isOfIt || !maySee(call, rebuild.ledger)) throw new Problem('rebuild_not_found', { parameters: { rebuild: id } });
  return rebuild;
}
