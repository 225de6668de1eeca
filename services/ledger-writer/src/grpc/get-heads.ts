import { status } from '@grpc/grpc-js';
import { digestToHex, Frontier } from '@ledgerflow/contracts';
import type { GetHeadsRequest, GetHeadsResponse, Head as HeadMessage } from '@ledgerflow/contracts/grpc';
import type { LedgerLocation } from '../application/store.ts';
import type { Head } from '../domain/state.ts';
import { requireGrant, requireReader, RpcError } from './callers.ts';
import { unary } from './calls.ts';
import type { WriterContext } from './context.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

function messageOf(location: LedgerLocation, head: Head): HeadMessage {
  return {
    ledger: head.ledger,
    number: head.number,
    uuid: head.uuid,
    slot: location.slot,
    epoch: head.epoch,
    position: head.position,
    recordedAt: head.recordedAt,
    recordHash: bytes(head.recordHash),
    root: new Frontier(head.position, head.frontier).root(),
    entryDigest: bytes(digestToHex(head.entryDigest)),
    accountDigest: bytes(digestToHex(head.accountDigest)),
  };
}

/** GetHeads: the builder for any ledgers; the gateway for ledgers it names and its principal may read. */
export function getHeads(context: WriterContext) {
  return unary<GetHeadsRequest, GetHeadsResponse>(context, 'GetHeads', async (call) => {
    const { principal, ledgers, slots, recordedSince } = call.request;
    const reader = requireReader(call, 'getHeads', principal);
    if (reader.kind === 'principal' && ledgers.length === 0) throw new RpcError(status.PERMISSION_DENIED, 'a principal names its ledgers');
    for (const ledger of ledgers) requireGrant(reader, ledger);
    const askedAt = await context.heads.readClock();
    const found = await context.heads.readHeads({
      ...(ledgers.length > 0 ? { ledgers } : {}),
      ...(slots.length > 0 ? { slots } : {}),
      ...(recordedSince > 0n ? { recordedSince } : {}),
    });
    return { heads: found.map(({ location, head }) => messageOf(location, head)), askedAt };
  });
}
