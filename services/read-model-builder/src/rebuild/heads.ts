import { Metadata } from '@grpc/grpc-js';
import type { GetHeadsResponse } from '@ledgerflow/contracts/grpc';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { WriterHead } from './gate.ts';

const HEADS_DEADLINE_MS = 5_000;
const ATTEMPTS_MAX = 5;

/** The end of a ledger's log. */
export interface Head extends WriterHead {
  number: number;
  uuid: string;
  epoch: number;
}

const sum = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);

/** Where a ledger's log ends and what the writer has summed up to there; null when there is no such ledger. Asks further writers when one does not answer. */
export async function readHead(channels: WriterChannels, ledger: string): Promise<Head | null> {
  let failure: unknown = null;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    try {
      const { heads } = await new Promise<GetHeadsResponse>((resolve, reject) => {
        const request = { principal: undefined, ledgers: [ledger], slots: [], recordedSince: 0n };
        channels
          .for(ledger, attempt)
          .getHeads(request, new Metadata(), { deadline: Date.now() + HEADS_DEADLINE_MS }, (error, answer) =>
            error === null ? resolve(answer) : reject(error),
          );
      });
      const head = heads.find((one) => one.ledger === ledger);
      return head === undefined
        ? null
        : {
            number: head.number,
            uuid: head.uuid,
            epoch: head.epoch,
            position: head.position,
            entryDigest: sum(head.entryDigest),
            accountDigest: sum(head.accountDigest),
          };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
