import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { RecordBatch } from '@ledgerflow/contracts/grpc';
import type { Applier } from '../apply/applier.ts';
import type { Incoming } from '../apply/prepare.ts';

const READ_DEADLINE_MS = 60_000;
/** Records a call: a long log is read in calls that each stay well within their deadline. */
const CALL_RECORDS_MAX = 20_000;
const GRPC_NOT_FOUND = 5;

export interface RefillOptions {
  applier: Applier;
  channels: WriterChannels;
  batchCountMax: number;
  batchBytesMax: number;
  onRecords: (count: number) => void;
}

/** Reads a ledger's log on from its checkpoint to the head and applies it. One at a time a ledger: whoever asks meanwhile waits for the same one. */
export class Refiller {
  private readonly options: RefillOptions;
  private readonly running = new Map<string, Promise<void>>();
  private readonly streams = new Set<{ cancel(): void }>();
  private attempt = 0;
  private stopped = false;

  constructor(options: RefillOptions) {
    this.options = options;
  }

  get count(): number {
    return this.running.size;
  }

  /** Rejects when the log or the database can not be reached; what was applied until then stays. */
  refill(ledger: string): Promise<void> {
    // Resolving would tell that the log was read.
    if (this.stopped) return Promise.reject(new Error('the builder stops'));
    let running = this.running.get(ledger);
    if (running === undefined) {
      running = this.readToEnd(ledger).finally(() => this.running.delete(ledger));
      this.running.set(ledger, running);
    }
    return running;
  }

  /** Does not wait for logs that hang: their streams are cut. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const stream of this.streams) stream.cancel();
    await Promise.allSettled(this.running.values());
  }

  private async readToEnd(ledger: string): Promise<void> {
    while ((await this.readOnce(ledger)) === CALL_RECORDS_MAX);
    if (this.stopped) throw new Error('the builder stops');
  }

  /** One call, from the checkpoint on. Answers how many records it brought. */
  private async readOnce(ledger: string): Promise<number> {
    const { applier, channels, batchCountMax, batchBytesMax } = this.options;
    const [checkpoint] = await applier.checkpoints([ledger]);
    if (this.stopped || (checkpoint !== undefined && checkpoint.stoppedReason !== null)) return 0;
    const request = { ledger, afterPosition: checkpoint?.position ?? 0n, toPosition: 0n, limit: CALL_RECORDS_MAX, principal: undefined };
    const stream = channels.for(ledger, this.attempt).readLog(request, { deadline: Date.now() + READ_DEADLINE_MS });
    this.streams.add(stream);
    let batch: Incoming[] = [];
    let bytes = 0;
    let count = 0;
    const flush = async (): Promise<void> => {
      const records = batch;
      [batch, bytes] = [[], 0];
      const applied = await applier.apply(records, 'log');
      this.options.onRecords(applied.records);
      if (applied.refill.size > 0) throw new Error(`the log of ${ledger} was read with a gap`);
    };
    try {
      // The stream is read only as fast as the batches are applied.
      for await (const message of stream as AsyncIterable<RecordBatch>) {
        for (const text of message.records) {
          batch.push({ ledger, text });
          bytes += text.length;
          count += 1;
        }
        if (batch.length >= batchCountMax || bytes >= batchBytesMax) await flush();
        if (this.stopped) return 0;
      }
      if (batch.length > 0) await flush();
      return count;
    } catch (error) {
      if ((error as { code?: unknown }).code === GRPC_NOT_FOUND) return 0;
      this.attempt += 1;
      throw error;
    } finally {
      this.streams.delete(stream);
      stream.cancel();
    }
  }
}
