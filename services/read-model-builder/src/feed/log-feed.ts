import type { RecordBatch } from '@ledgerflow/contracts/grpc';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import type { Applied, Applier } from '../apply/applier.ts';
import type { LedgerCheckpoint } from '../apply/checkpoints.ts';
import type { Feed } from './feed.ts';
import { Pump } from './pump.ts';
import type { Refiller } from './read-log.ts';

const RECONNECT_MIN_MS = 100;
/** Also what a fail-over may add to the lag of the read side. */
const RECONNECT_MAX_MS = 1_000;
/** A writer with nothing to tell sends nothing, not even headers: a stream that was not refused for so long is taken for connected. The sweep's calls tell otherwise. */
const CONNECTED_AFTER_MS = 500;

export interface LogFeedOptions {
  applier: Applier;
  refiller: Refiller;
  channels: WriterChannels;
  slots: number;
  /** Ledgers are spread over so many apply loops: one prepares while the database works for another. */
  lanes: number;
  batchCountMax: number;
  batchBytesMax: number;
  log: Logger;
  onApplied: (applied: Applied, seconds: number) => void;
}

type Tail = ReturnType<ReturnType<WriterChannels['any']>['tailLog']>;

/** Tails the logs of all slots at a writer, from the checkpoints on; after a failure at the next writer, with back-off. */
export class LogFeed implements Feed {
  private readonly options: LogFeedOptions;
  private readonly pumps: Pump[];
  private tail: Tail | null = null;
  /** Where the tail began. */
  private began: ReadonlyMap<string, { epoch: number; position: bigint }> = new Map();
  private loop: Promise<void> | null = null;
  private stopped = false;
  private connected = false;
  private wake: () => void = () => undefined;

  constructor(options: LogFeedOptions) {
    this.options = options;
    const { applier, refiller, log, batchCountMax, batchBytesMax, onApplied } = options;
    const onRoom = (): void => {
      if (this.pumps.every((pump) => !pump.isFull)) this.tail?.resume();
    };
    this.pumps = Array.from(
      { length: options.lanes },
      () => new Pump({ applier, refiller, log, batchCountMax, batchBytesMax, onApplied, onRoom }),
    );
  }

  /** A ledger that was taken into another epoch is before where the tail is, perhaps: the writer would bring nothing of it. */
  saw(checkpoints: Iterable<LedgerCheckpoint>): void {
    if (this.tail === null) return;
    for (const { ledger, epoch, position } of checkpoints) {
      const began = this.began.get(ledger);
      if (began === undefined || (epoch === began.epoch && position >= began.position)) continue;
      this.options.log.info({ ledger, epoch }, 'a ledger goes on in another history; the log feed begins anew from the checkpoints');
      this.tail.cancel();
      return;
    }
  }

  start(): void {
    this.loop ??= this.run();
  }

  health(): Verdict {
    // Not why: errors may name ledgers, and whoever sees this need not be allowed to see them. The log has them.
    if (!this.connected) return { ok: false, reason: 'the log feed is not connected' };
    return this.pumps.some((pump) => pump.failing) ? { ok: false, reason: 'records can not be applied' } : { ok: true };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.tail?.cancel();
    this.wake();
    await this.loop;
    await Promise.all(this.pumps.map((pump) => pump.stop()));
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
      // A stream that was not refused was a good one: the next back-off begins anew.
      failures = this.connected ? 1 : failures + 1;
      this.connected = false;
      const delayMs = Math.min(RECONNECT_MIN_MS * 2 ** Math.min(failures - 1, 10), RECONNECT_MAX_MS);
      this.options.log.warn({ reason, delayMs }, 'the log feed was interrupted; connecting again');
      await this.pause(delayMs);
    }
  }

  /** One stream, to its end. What waited in the queues of the stream before is forgotten: the checkpoints say where to go on. */
  private async follow(attempt: number): Promise<void> {
    const { applier, channels, slots, lanes } = this.options;
    for (const pump of this.pumps) pump.clear();
    const checkpoints = await applier.checkpoints();
    if (this.stopped) return;
    const laneOf = new Map<string, number>();
    let nextLane = 0;
    const cursors = checkpoints.map(({ ledger, position }) => ({ ledger, position }));
    const request = {
      principal: undefined,
      ledger: '',
      afterPosition: 0n,
      slots: Array.from({ length: slots }, (_, slot) => slot),
      cursors,
    };
    this.began = new Map(checkpoints.map(({ ledger, epoch, position }) => [ledger, { epoch, position }]));
    const tail = channels.any(attempt).tailLog(request);
    this.tail = tail;
    const connected = setTimeout(() => (this.connected = true), CONNECTED_AFTER_MS);
    await new Promise<void>((resolve, reject) => {
      tail.on('data', (batch: RecordBatch) => {
        this.connected = true;
        let lane = laneOf.get(batch.ledger);
        if (lane === undefined) laneOf.set(batch.ledger, (lane = nextLane++ % lanes));
        const pump = this.pumps[lane] as Pump;
        pump.offer(batch.records.map((text) => ({ ledger: batch.ledger, text })));
        if (pump.isFull) tail.pause();
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
