import type { Logger } from '@ledgerflow/platform/log';
import type { Applied, Applier } from '../apply/applier.ts';
import type { Incoming } from '../apply/prepare.ts';
import type { Refiller } from './read-log.ts';

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** What may wait behind the batch that is being applied, in batches. */
const QUEUE_BATCHES_MAX = 4;

export interface PumpOptions {
  applier: Applier;
  refiller: Refiller;
  log: Logger;
  batchCountMax: number;
  batchBytesMax: number;
  onApplied: (applied: Applied, seconds: number) => void;
  /** The queue has room again. */
  onRoom(): void;
}

/** A bounded queue of records and the loop that applies them: while one batch is applied the next one grows, so batches are as large as the load makes them. */
export class Pump {
  private readonly options: PumpOptions;
  private queue: Incoming[] = [];
  private bytes = 0;
  private loop: Promise<void> | null = null;
  private stopped = false;
  private failed = false;
  private wake: () => void = () => undefined;

  constructor(options: PumpOptions) {
    this.options = options;
  }

  get isFull(): boolean {
    return (
      this.queue.length >= this.options.batchCountMax * QUEUE_BATCHES_MAX || this.bytes >= this.options.batchBytesMax * QUEUE_BATCHES_MAX
    );
  }

  /** Whether the current batch does not get in. */
  get failing(): boolean {
    return this.failed;
  }

  offer(records: readonly Incoming[]): void {
    for (const record of records) {
      this.queue.push(record);
      this.bytes += record.text.length;
    }
    this.loop ??= this.run().finally(() => (this.loop = null));
  }

  /** Forgets what waits: the feed begins anew from the checkpoints. */
  clear(): void {
    this.queue = [];
    this.bytes = 0;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.loop;
  }

  private take(): Incoming[] {
    let bytes = 0;
    let count = 0;
    while (count < this.queue.length && count < this.options.batchCountMax && bytes < this.options.batchBytesMax) {
      bytes += (this.queue[count] as Incoming).text.length;
      count += 1;
    }
    const wasFull = this.isFull;
    const batch = this.queue.slice(0, count);
    this.queue = this.queue.slice(count);
    this.bytes -= bytes;
    if (wasFull && !this.isFull) this.options.onRoom();
    return batch;
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0 && !this.stopped) await this.applyUntilDone(this.take());
  }

  private async applyUntilDone(batch: readonly Incoming[]): Promise<void> {
    const { applier, refiller, log, onApplied } = this.options;
    for (let delayMs = RETRY_MIN_MS; !this.stopped; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      try {
        const began = performance.now();
        const applied = await applier.apply(batch, 'log');
        onApplied(applied, (performance.now() - began) / 1000);
        for (const [ledger, reason] of applied.refill) {
          log.warn({ ledger, reason }, 'the log is read again from the checkpoint');
          await refiller.refill(ledger);
        }
        this.failed = false;
        return;
      } catch (error) {
        this.failed = true;
        log.warn({ err: error, records: batch.length, delayMs }, 'a batch could not be applied; trying again');
        await this.pause(delayMs);
      }
    }
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
