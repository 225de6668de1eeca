import { status } from '@grpc/grpc-js';
import type { RecordBatch, TailLogRequest } from '@ledgerflow/contracts/grpc';
import type { LedgerLocation } from '../application/store.ts';
import { requireGrant, requireReader, RpcError } from './callers.ts';
import { streaming } from './calls.ts';
import type { WriterContext } from './context.ts';
import { requirePlace } from './log-pages.ts';
import { Tail, type TailOptions } from './tail.ts';

type Scope = Pick<TailOptions, 'wants' | 'sweep' | 'cursors'>;

function oneLedger({ store }: WriterContext, place: LedgerLocation, after: bigint): Scope {
  return {
    wants: (location) => location.number === place.number && location.cluster === place.cluster,
    sweep: async () => {
      const head = await store.readHead(place);
      return head === null ? [] : [{ location: place, position: head.position }];
    },
    cursors: new Map([[place.ledger, after]]),
  };
}

function manySlots({ heads }: WriterContext, { slots, cursors }: TailLogRequest): Scope {
  const wanted = new Set(slots);
  return {
    wants: (location) => wanted.has(location.slot),
    sweep: async () => (await heads.readHeads({ slots })).map(({ location, head }) => ({ location, position: head.position })),
    cursors: new Map(cursors.map(({ ledger, position }) => [ledger, position])),
  };
}

/** TailLog: the gateway one ledger that its principal may read; the builder that, or slots. */
export function tailLog(context: WriterContext) {
  return streaming<TailLogRequest, RecordBatch>(context, 'TailLog', async (call, outlet) => {
    const { ledger, principal, slots, afterPosition } = call.request;
    const reader = requireReader(call, principal);
    if ((ledger === '') === (slots.length === 0)) throw new RpcError(status.INVALID_ARGUMENT, 'either a ledger or slots');
    if (ledger === '' && reader.kind === 'principal') throw new RpcError(status.PERMISSION_DENIED, 'slots are for services');
    if (ledger !== '') requireGrant(reader, ledger);
    const scope =
      ledger === '' ? manySlots(context, call.request) : oneLedger(context, await requirePlace(context.directory, ledger), afterPosition);
    await new Tail({ store: context.store, hub: context.hub, outlet, ...scope }).run();
  });
}
