import { Metadata } from '@grpc/grpc-js';
import type { GetHeadsResponse, Head, RecordBatch } from '@ledgerflow/contracts/grpc';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Incoming } from '../sink/admit.ts';

const READ_DEADLINE_MS = 60_000;
/** Records a call: a long log is read in calls that each stay well within their deadline. */
const CALL_RECORDS_MAX = 20_000;
const HEADS_DEADLINE_MS = 5_000;
/** Slots a GetHeads call, so that an answer stays small. */
const SLOTS_PER_CALL = 8;
const GRPC_NOT_FOUND = 5;

export type Tail = ReturnType<ReturnType<WriterChannels['any']>['tailLog']>;

export interface WriterLogOptions {
  channels: WriterChannels;
  slots: number;
  /** Of what `read` yields. */
  batchCountMax: number;
  batchBytesMax: number;
}

/** The writers' logs, read as a service: all ledgers. After a failure the next writer is asked. */
export class WriterLog {
  private readonly options: WriterLogOptions;
  private readonly streams = new Set<{ cancel(): void }>();
  private attempt = 0;
  private closed = false;

  constructor(options: WriterLogOptions) {
    this.options = options;
  }

  /** Follows all slots from the cursors on, for ever. */
  tail(cursors: readonly { ledger: string; position: bigint }[], attempt: number): Tail {
    const { channels, slots } = this.options;
    const all = Array.from({ length: slots }, (_, slot) => slot);
    return channels.any(attempt).tailLog({ principal: undefined, ledger: '', afterPosition: 0n, slots: all, cursors: [...cursors] });
  }

  /** A ledger's records after a position, to the head (or to `to`), in batches; read only as fast as they are taken. Nothing of a ledger that there is not. */
  async *read(ledger: string, after: bigint, to = 0n): AsyncGenerator<Incoming[]> {
    for (let from = after; ;) {
      let count = 0;
      for await (const batch of this.readOnce(ledger, from, to)) {
        count += batch.length;
        yield batch;
      }
      if (count < CALL_RECORDS_MAX) return;
      from += BigInt(count);
    }
  }

  private async *readOnce(ledger: string, afterPosition: bigint, toPosition: bigint): AsyncGenerator<Incoming[]> {
    const { channels, batchCountMax, batchBytesMax } = this.options;
    if (this.closed) throw new Error('the service stops');
    const request = { ledger, afterPosition, toPosition, limit: CALL_RECORDS_MAX, principal: undefined };
    const stream = channels.for(ledger, this.attempt).readLog(request, { deadline: Date.now() + READ_DEADLINE_MS });
    this.streams.add(stream);
    let batch: Incoming[] = [];
    let bytes = 0;
    try {
      for await (const message of stream as AsyncIterable<RecordBatch>) {
        for (const text of message.records) {
          batch.push({ ledger, text });
          bytes += text.length;
        }
        if (batch.length < batchCountMax && bytes < batchBytesMax) continue;
        yield batch;
        [batch, bytes] = [[], 0];
      }
      if (batch.length > 0) yield batch;
    } catch (error) {
      if ((error as { code?: unknown }).code === GRPC_NOT_FOUND) return;
      this.attempt += 1;
      throw error;
    } finally {
      this.streams.delete(stream);
      stream.cancel();
    }
  }

  /** Where every ledger's log ends. */
  async heads(): Promise<Head[]> {
    const { channels, slots } = this.options;
    const heads: Head[] = [];
    for (let slot = 0; slot < slots; slot += SLOTS_PER_CALL) {
      const wanted = Array.from({ length: Math.min(SLOTS_PER_CALL, slots - slot) }, (_, i) => slot + i);
      const request = { principal: undefined, ledgers: [], slots: wanted, recordedSince: 0n };
      const answer = await new Promise<GetHeadsResponse>((resolve, reject) => {
        channels
          .any(this.attempt)
          .getHeads(request, new Metadata(), { deadline: Date.now() + HEADS_DEADLINE_MS }, (error, response) =>
            error === null ? resolve(response) : reject(error),
          );
      }).catch((error: unknown) => {
        this.attempt += 1;
        throw error;
      });
      heads.push(...answer.heads);
    }
    return heads;
  }

  /** Cuts what is being read. */
  close(): void {
    this.closed = true;
    for (const stream of this.streams) stream.cancel();
  }
}
