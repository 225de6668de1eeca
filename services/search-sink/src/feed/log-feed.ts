import { slotOf } from '@ledgerflow/contracts';
import type { RecordBatch } from '@ledgerflow/contracts/grpc';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import type { Applied, Indexer } from '../sink/indexer.ts';
import { Lane } from './lane.ts';
import type { Tail, WriterLog } from './writer-log.ts';

const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 2_000;
/** A writer with nothing to tell sends nothing: a stream that was not refused for so long is taken for connected. */
const CONNECTED_AFTER_MS = 500;

export interface LogFeedOptions {
  writerLog: WriterLog;
  /** The live generation, with its checkpoints read. */
  open: () => Promise<Indexer>;
  lanes: number;
  batchCountMax: number;
  batchBytesMax: number;
  log: Logger;
  onApplied: (applied: Applied, seconds: number) => void;
}

/** Tails the logs of all slots from the checkpoints on; after a failure at the next writer, with back-off. A full lane holds the tail. */
export class LogFeed {
  private readonly options: LogFeedOptions;
  private readonly lanes: Lane[];
  private indexer: Indexer | null = null;
  private tail: Tail | null = null;
  private loop: Promise<void> | null = null;
  private stopped = false;
  private connected = false;
  private wake: () => void = () => undefined;

  constructor(options: LogFeedOptions) {
    this.options = options;
    const onRoom = (): void => {
      if (this.lanes.every((lane) => !lane.isFull)) this.tail?.resume();
    };
    this.lanes = Array.from({ length: options.lanes }, () => new Lane({ ...options, onRoom }));
  }

  /** What is indexed into; null before the node was reached for the first time. */
  get current(): Indexer | null {
    return this.indexer;
  }

  get waiting(): number {
    return this.lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  }

  start(): void {
    this.loop ??= this.run();
  }

  /** Begins anew from the live generation's checkpoints. */
  restart(): void {
    this.tail?.cancel();
  }

  refill(ledger: string): void {
    if (this.indexer !== null) this.laneOf(ledger).refill(ledger);
  }

  health(): Verdict {
    if (this.indexer === null) return { ok: false, reason: 'the indices were not reached yet' };
    if (!this.connected) return { ok: false, reason: 'the log feed is not connected' };
    return this.lanes.some((lane) => lane.failing) ? { ok: false, reason: 'records can not be indexed' } : { ok: true };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.tail?.cancel();
    this.wake();
    await this.loop;
    await Promise.all(this.lanes.map((lane) => lane.stop()));
  }

  /** Always the same one, so that no two loops index one ledger. */
  private laneOf(ledger: string): Lane {
    return this.lanes[slotOf(ledger, this.lanes.length)] as Lane;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopped) {
      let reason = 'the writer ended the stream';
      try {
        await this.follow(failures);
      } catch (error) {
        reason = (error as Error).message;
      }
      if (this.stopped) return;
      failures = this.connected ? 1 : failures + 1;
      this.connected = false;
      const delayMs = Math.min(RECONNECT_MIN_MS * 2 ** Math.min(failures - 1, 10), RECONNECT_MAX_MS);
      this.options.log.warn({ reason, delayMs }, 'the log feed was interrupted; connecting again');
      await this.pause(delayMs);
    }
  }

  /** One stream, to its end. */
  private async follow(attempt: number): Promise<void> {
    const indexer = await this.options.open();
    this.indexer = indexer;
    for (const lane of this.lanes) lane.begin(indexer);
    if (this.stopped) return;
    const tail = this.options.writerLog.tail([...indexer.checkpoints.values()], attempt);
    this.tail = tail;
    const connected = setTimeout(() => (this.connected = true), CONNECTED_AFTER_MS);
    await new Promise<void>((resolve, reject) => {
      tail.on('data', ({ ledger, records }: RecordBatch) => {
        this.connected = true;
        if (indexer.stopped.has(ledger)) return;
        const lane = this.laneOf(ledger);
        lane.offer(records.map((text) => ({ ledger, text })));
        if (lane.isFull) tail.pause();
      });
      tail.on('error', reject);
      tail.on('end', resolve);
    }).finally(() => {
      clearTimeout(connected);
      this.tail = null;
    });
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
