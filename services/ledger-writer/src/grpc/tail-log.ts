import { status } from '@grpc/grpc-js';
import type { RecordBatch, TailLogRequest } from '@ledgerflow/contracts/grpc';
import type { HeadReader } from '../application/heads.ts';
import type { LedgerLocation } from '../application/store.ts';
import { requireGrant, requireReader, RpcError } from './callers.ts';
import { streaming } from './calls.ts';
import type { WriterContext } from './context.ts';
import { requirePlace } from './log-pages.ts';
import { Tail, type TailOptions } from './tail.ts';

/** A record has its time before it is committed: a transaction ends within 5 s. */
const COMMIT_MICROS_MAX = 10_000_000n;
const FULL_SWEEP_EVERY = 30;

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

/** All heads, and afterwards those that may have moved: of ten thousand ledgers few do in a second. Once in a while all again, for whatever the clocks did. */
function newHeads(heads: HeadReader, slots: readonly number[]): Scope['sweep'] {
  let sweeps = 0;
  let since = 0n;
  return async () => {
    const askedAt = await heads.readClock();
    const isFull = sweeps++ % FULL_SWEEP_EVERY === 0;
    const found = await heads.readHeads(isFull ? { slots } : { slots, recordedSince: since - COMMIT_MICROS_MAX });
    since = askedAt;
    return found.map(({ location, head }) => ({ location, position: head.position }));
  };
}

function manySlots({ heads }: WriterContext, { slots, cursors }: TailLogRequest): Scope {
  const wanted = new Set(slots);
  return {
    wants: (location) => wanted.has(location.slot),
    sweep: newHeads(heads, slots),
    cursors: new Map(cursors.map(({ ledger, position }) => [ledger, position])),
  };
}

/** TailLog: the gateway one ledger that its principal may read; the builder that, or slots. */
export function tailLog(context: WriterContext) {
  return streaming<TailLogRequest, RecordBatch>(context, 'TailLog', async (call, outlet) => {
    const { ledger, principal, slots, afterPosition } = call.request;
    const reader = requireReader(call, 'tailLog', principal);
    if ((ledger === '') === (slots.length === 0)) throw new RpcError(status.INVALID_ARGUMENT, 'either a ledger or slots');
    if (ledger === '' && reader.kind === 'principal') throw new RpcError(status.PERMISSION_DENIED, 'slots are for services');
    if (ledger !== '') requireGrant(reader, ledger);
    const scope =
      ledger === '' ? manySlots(context, call.request) : oneLedger(context, await requirePlace(context.directory, ledger), afterPosition);
    await new Tail({ store: context.store, hub: context.hub, outlet, ...scope }).run();
  });
}
