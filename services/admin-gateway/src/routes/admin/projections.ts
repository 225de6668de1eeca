import { formatMicros } from '@ledgerflow/contracts';
import type { Head } from '@ledgerflow/contracts/grpc';
import { PROJECTION_SCOPES, type ProjectionState } from '@ledgerflow/read-model';
import { Type } from 'typebox';
import { type Call, route } from '../../contract/route.ts';
import { Id, list, NullableText, pageProperties, Position, query, Time } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import type { Services } from '../../services.ts';
import { paging } from '../pages.ts';

const Projection = Type.Object({
  ledger: Type.String(),
  projection: Type.String(),
  scope: Type.String({ description: 'account: rows of single accounts; ledger: rows that all of them make together' }),
  epoch: Type.Integer(),
  generation: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'Null: the ledger does not have it yet' }),
  isLive: Type.Boolean({ description: 'Whether it goes with what is applied; false while it is held or catches up' }),
  position: Position,
  recordedAt: Time,
  appliedPosition: Type.String({ description: 'How far the ledger is applied' }),
  appliedRecordedAt: Time,
  headPosition: NullableText,
  lagRecords: NullableText,
  lagSeconds: Type.Unsafe<number | null>({ type: ['number', 'null'] }),
  rows: Type.String(),
  heldReason: NullableText,
  heldSince: NullableText,
  stoppedReason: NullableText,
  parkedAccounts: Type.Integer({ description: "The ledger's accounts of which records are parked" }),
  deadLetters: Type.Integer({ description: "The ledger's parked records" }),
  divergences: Type.Integer({
    description: "The ledger's records that were discarded: its projections differ from the log until all that lack them are rebuilt",
  }),
  rebuild: Type.Unsafe<{ id: string; state: string } | null>({
    type: ['object', 'null'],
    properties: { id: { type: 'string' }, state: { type: 'string' } },
    description: 'The rebuild that works on it',
  }),
});

/** Ledger → the end of its log; empty when the writer does not answer. */
async function headsOf(call: Call, { writer }: Services, ledgers: readonly string[]): Promise<ReadonlyMap<string, Head>> {
  if (ledgers.length === 0) return new Map();
  const request = { principal: call.principal.forWriter, ledgers: [...ledgers], slots: [], recordedSince: 0n };
  const answered = await writer.getHeads('', request, call.requestId).catch(() => null);
  return new Map((answered?.heads ?? []).map((head) => [head.ledger, head]));
}

function render(state: ProjectionState, head: Head | undefined): Record<string, unknown> {
  const { position, recordedAt, appliedPosition, heldReason, stoppedReason } = state;
  const behind = head === undefined ? null : head.position > position ? head.position - position : 0n;
  return {
    ledger: state.ledger,
    projection: state.projection,
    scope: state.scope,
    epoch: state.epoch,
    generation: state.generation,
    isLive: heldReason === null && stoppedReason === null && position === appliedPosition,
    position: position.toString(),
    recordedAt: formatMicros(recordedAt),
    appliedPosition: appliedPosition.toString(),
    appliedRecordedAt: formatMicros(state.appliedRecordedAt),
    headPosition: head?.position.toString() ?? null,
    lagRecords: behind?.toString() ?? null,
    // Before its first record there is no time that it is behind.
    lagSeconds:
      head === undefined || behind === null
        ? null
        : behind === 0n
          ? 0
          : position === 0n
            ? null
            : Number(head.recordedAt - recordedAt) / 1_000_000,
    rows: state.rows.toString(),
    heldReason,
    heldSince: state.heldAt === null ? null : formatMicros(state.heldAt),
    stoppedReason,
    parkedAccounts: state.parkedAccounts,
    deadLetters: state.deadLetters,
    divergences: state.divergences,
    rebuild: state.rebuild,
  };
}

export const listProjections = route({
  id: 'listProjections',
  method: 'GET',
  path: '/admin/projections',
  tag: 'Admin',
  summary:
    'Each projection of each ledger: how far it is, how far behind the log (null when the writer does not answer), and why it is held',
  query: query({
    ...pageProperties,
    ledger: Type.Optional(Id),
    projection: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  }),
  answers: { 200: list(Projection) },
  access: { role: 'admin', ledger: 'every' },
  handle: async (call, services) => {
    const { ledger, projection } = call.query;
    if (projection !== undefined && !PROJECTION_SCOPES.has(projection))
      throw new Problem('projection_not_found', { parameters: { projection } });
    const pages = paging(call, services, 'listProjections', {
      parse: (key) => ({ ledger: key['ledger'] as string, projection: key['projection'] as string }),
      format: (key) => ({ ...key }),
    });
    const page = await services.operations.listProjectionStates({ ledger: ledger ?? null, projection: projection ?? null }, pages.request);
    const heads = await headsOf(call, services, [...new Set(page.rows.map((row) => row.ledger))]);
    const data = page.rows.map((row) => render(row, heads.get(row.ledger)));
    return { status: 200, body: { data, nextCursor: pages.cursor(page.next) } };
  },
});
