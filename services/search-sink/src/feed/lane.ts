import type { Logger } from '@ledgerflow/platform/log';
import type { Incoming } from '../sink/admit.ts';
import type { Applied, Indexer } from '../sink/indexer.ts';
import type { WriterLog } from './writer-log.ts';

const RETRY_MIN_MS = 100;
/** Also what is added to the time after which a node that is back is used again. */
const RETRY_MAX_MS = 5_000;
/** What may wait behind the batch that is being indexed, in batches. */
const QUEUE_BATCHES_MAX = 4;

export interface LaneOptions {
  writerLog: WriterLog;
  log: Logger;
  batchCountMax: number;
  batchBytesMax: number;
  onApplied: (applied: Applied, seconds: number) => void;
  /** The queue has room again. */
  onRoom(): void;
}

/** A bounded queue of records and the loop that indexes them, one batch at a time, each until it is done: with an overloaded node the queue fills and the tail is held. */
export class Lane {
  private readonly options: LaneOptions;
  private indexer: Indexer | null = null;
  private queue: Incoming[] = [];
  private readonly refills = new Set<string>();
  private bytes = 0;
  private loop: Promise<void> | null = null;
  private stopped = false;
  private failed = false;
  /** Goes up when what is being done is of no use any more. */
  private turn = 0;
  private wake: () => void = () => undefined;

  constructor(options: LaneOptions) {
    this.options = options;
  }

  get isFull(): boolean {
    const { batchCountMax, batchBytesMax } = this.options;
    return this.queue.length >= batchCountMax * QUEUE_BATCHES_MAX || this.bytes >= batchBytesMax * QUEUE_BATCHES_MAX;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Whether the current batch does not get in. */
  get failing(): boolean {
    return this.failed;
  }

  /** Forgets what waits and gives up what is tried: the feed begins anew from the checkpoints of this indexer. */
  begin(indexer: Indexer): void {
    this.indexer = indexer;
    this.turn += 1;
    this.queue = [];
    this.refills.clear();
    this.bytes = 0;
    this.failed = false;
    this.wake();
  }

  offer(records: readonly Incoming[]): void {
    for (const record of records) {
      this.queue.push(record);
      this.bytes += record.text.length;
    }
    this.run();
  }

  /** Reads a ledger's log on from its checkpoint, before what waits. */
  refill(ledger: string): void {
    this.refills.add(ledger);
    this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.loop;
  }

  private run(): void {
    if (this.stopped) return;
    this.loop ??= this.work().finally(() => (this.loop = null));
  }

  private take(): Incoming[] {
    const { batchCountMax, batchBytesMax } = this.options;
    let bytes = 0;
    let count = 0;
    while (count < this.queue.length && count < batchCountMax && bytes < batchBytesMax) {
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

  private async work(): Promise<void> {
    while (!this.stopped) {
      const indexer = this.indexer as Indexer;
      const [ledger] = this.refills;
      if (ledger !== undefined) {
        this.refills.delete(ledger);
        await this.untilDone(() => this.readOn(indexer, ledger));
      } else if (this.queue.length > 0) {
        const batch = this.take();
        await this.untilDone(() => this.index(indexer, batch));
      } else return;
    }
  }

  private async index(indexer: Indexer, batch: readonly Incoming[]): Promise<void> {
    const began = performance.now();
    const applied = await indexer.apply(batch);
    this.options.onApplied(applied, (performance.now() - began) / 1000);
    for (const [ledger, reason] of applied.refill) {
      this.options.log.warn({ ledger, reason }, 'the log is read again from the checkpoint');
      await this.readOn(indexer, ledger);
    }
  }

  /** From the stored checkpoint to the head. */
  private async readOn(indexer: Indexer, ledger: string): Promise<void> {
    const { writerLog, onApplied } = this.options;
    if (indexer.stopped.has(ledger)) return;
    const from = (await indexer.checkpoint(ledger))?.position ?? 0n;
    for await (const batch of writerLog.read(ledger, from)) {
      const began = performance.now();
      const applied = await indexer.apply(batch);
      onApplied(applied, (performance.now() - began) / 1000);
      if (applied.refill.size > 0) throw new Error(`the log of ${ledger} was read with a gap, or somebody else indexes it too`);
      if (this.stopped || indexer !== this.indexer) return;
    }
  }

  private async untilDone(attempt: () => Promise<void>): Promise<void> {
    const { turn } = this;
    for (let delayMs = RETRY_MIN_MS; !this.stopped && turn === this.turn; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      try {
        await attempt();
        if (turn === this.turn) this.failed = false;
        return;
      } catch (error) {
        if (turn !== this.turn) return;
        this.failed = true;
        this.options.log.warn({ err: error, delayMs }, 'records could not be indexed; trying again');
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
