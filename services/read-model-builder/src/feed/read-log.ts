import type { Applier } from '../apply/applier.ts';
import type { Incoming } from '../apply/prepare.ts';
import { CALL_RECORDS_MAX, type LogReader } from './log-reader.ts';

const GRPC_NOT_FOUND = 5;

export interface RefillOptions {
  applier: Applier;
  reader: LogReader;
  batchCountMax: number;
  batchBytesMax: number;
  onRecords: (count: number) => void;
}

/** Reads a ledger's log on from its checkpoint to the head and applies it. One at a time a ledger: whoever asks meanwhile waits for the same one. */
export class Refiller {
  private readonly options: RefillOptions;
  private readonly running = new Map<string, Promise<void>>();
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
    this.options.reader.stop();
    await Promise.allSettled(this.running.values());
  }

  private async readToEnd(ledger: string): Promise<void> {
    while ((await this.readOnce(ledger)) === CALL_RECORDS_MAX);
    if (this.stopped) throw new Error('the builder stops');
  }

  /** One call, from the checkpoint on. Answers how many records it brought. */
  private async readOnce(ledger: string): Promise<number> {
    const { applier, reader, batchCountMax, batchBytesMax } = this.options;
    const [checkpoint] = await applier.checkpoints([ledger]);
    if (this.stopped || (checkpoint !== undefined && checkpoint.stoppedReason !== null)) return 0;
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
      for await (const texts of reader.read({ ledger, after: checkpoint?.position ?? 0n, to: 0n })) {
        for (const text of texts) {
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
      throw error;
    }
  }
}
