import { Metadata } from '@grpc/grpc-js';
import type { GetHeadsResponse, Head } from '@ledgerflow/contracts/grpc';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import type { Applier } from '../apply/applier.ts';
import type { LedgerCheckpoint } from '../apply/checkpoints.ts';
import type { Refiller } from '../feed/read-log.ts';

const SWEEP_INTERVAL_MS = 2_000;
const HEADS_DEADLINE_MS = 5_000;
/** Slots a GetHeads call, so that an answer stays small. */
const SLOTS_PER_CALL = 8;
/** Stopped ledgers named in the health reason. */
const REASONS_MAX = 5;
const REFILLS_CONCURRENT_MAX = 4;

export interface SlotLag {
  records: number;
  seconds: number;
}

export interface SweepOptions {
  applier: Applier;
  refiller: Refiller;
  channels: WriterChannels;
  slots: number;
  log: Logger;
  intervalMs?: number;
  now?: () => number;
}

interface Behind {
  /** Checkpoint at the sweep before. */
  position: bigint;
  sinceMs: number;
}

/**
 * Compares every ledger's head with its checkpoint every two seconds: tells how far behind it is, notices a log of another epoch, and reads the log of a ledger that is
 * behind and did not move between two sweeps, whatever the feed thinks. Nothing can be missed for longer than that.
 */
export class Sweep {
  private readonly options: SweepOptions;
  private readonly behind = new Map<string, Behind>();
  private lags = new Map<number, SlotLag>();
  private stopReasons: string[] = [];
  private stoppedLedgers = 0;
  private failure: string | null = null;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private attempt = 0;
  private ended = false;

  constructor(options: SweepOptions) {
    this.options = options;
  }

  start(): void {
    const { intervalMs = SWEEP_INTERVAL_MS } = this.options;
    this.running = this.sweep()
      .then(() => (this.failure = null))
      .catch((error: unknown) => {
        this.failure = (error as Error).message;
        this.attempt += 1;
        this.options.log.warn({ err: error }, 'heads and checkpoints could not be compared');
      })
      .then(() => {
        if (this.ended) return;
        this.timer = setTimeout(() => this.start(), intervalMs);
        this.timer.unref();
      });
  }

  async stop(): Promise<void> {
    this.ended = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  /** By slot, as of the last sweep. */
  lag(): ReadonlyMap<number, SlotLag> {
    return this.lags;
  }

  get stopped(): number {
    return this.stoppedLedgers;
  }

  /** Red while a ledger is stopped: its reads get old until somebody repairs it. */
  ledgersHealth(): Verdict {
    if (this.stoppedLedgers === 0) return { ok: true };
    const more = this.stoppedLedgers > this.stopReasons.length ? ` and ${this.stoppedLedgers - this.stopReasons.length} more` : '';
    return { ok: false, reason: `${this.stoppedLedgers} stopped: ${this.stopReasons.join('; ')}${more}` };
  }

  health(): Verdict {
    return this.failure === null ? { ok: true } : { ok: false, reason: `heads can not be compared with checkpoints: ${this.failure}` };
  }

  private async heads(): Promise<Head[]> {
    const { channels, slots } = this.options;
    const heads: Head[] = [];
    for (let slot = 0; slot < slots; slot += SLOTS_PER_CALL) {
      const wanted = Array.from({ length: Math.min(SLOTS_PER_CALL, slots - slot) }, (_, i) => slot + i);
      const answer = await new Promise<GetHeadsResponse>((resolve, reject) => {
        const request = { principal: undefined, ledgers: [], slots: wanted };
        channels
          .any(this.attempt)
          .getHeads(request, new Metadata(), { deadline: Date.now() + HEADS_DEADLINE_MS }, (error, response) =>
            error === null ? resolve(response) : reject(error),
          );
      });
      heads.push(...answer.heads);
    }
    return heads;
  }

  private async sweep(): Promise<void> {
    const { applier, now = Date.now } = this.options;
    // Checkpoints before heads: a head that is read later can not be below a checkpoint.
    let checkpoints = new Map((await applier.checkpoints()).map((checkpoint) => [checkpoint.ledger, checkpoint]));
    const heads = await this.heads();
    for (const head of heads) await this.checkEpoch(head, checkpoints.get(head.ledger));
    // And again, so that what was applied between the two readings is not called lag.
    checkpoints = new Map((await applier.checkpoints()).map((checkpoint) => [checkpoint.ledger, checkpoint]));
    const lags = new Map<number, SlotLag>();
    const stuck: string[] = [];
    for (const head of heads) {
      const checkpoint = checkpoints.get(head.ledger);
      const position = checkpoint?.position ?? 0n;
      const records = head.position > position ? Number(head.position - position) : 0;
      const before = this.behind.get(head.ledger);
      const sinceMs = before?.sinceMs ?? now();
      if (records === 0) this.behind.delete(head.ledger);
      else this.behind.set(head.ledger, { position, sinceMs });
      const lag = lags.get(head.slot) ?? { records: 0, seconds: 0 };
      lags.set(head.slot, { records: lag.records + records, seconds: Math.max(lag.seconds, records === 0 ? 0 : (now() - sinceMs) / 1000) });
      if (records > 0 && before !== undefined && before.position === position && (checkpoint?.stoppedReason ?? null) === null)
        stuck.push(head.ledger);
    }
    this.lags = lags;
    this.noteStopped([...checkpoints.values()].filter((checkpoint) => checkpoint.stoppedReason !== null));
    await this.refillAll(stuck);
  }

  private async checkEpoch(head: Head, checkpoint: LedgerCheckpoint | undefined): Promise<void> {
    if (checkpoint === undefined || checkpoint.position === 0n || checkpoint.stoppedReason !== null) return;
    const { position, epoch, number, ledger } = checkpoint;
    if (head.epoch !== epoch)
      await this.options.applier.stop(
        number,
        ledger,
        `the log is of epoch ${head.epoch}, applied are ${position} records of epoch ${epoch}`,
      );
    else if (head.position < position)
      await this.options.applier.stop(
        number,
        ledger,
        `the log ends at ${head.position}, applied are ${position} records of the same epoch`,
      );
  }

  private noteStopped(stopped: readonly LedgerCheckpoint[]): void {
    this.stoppedLedgers = stopped.length;
    this.stopReasons = stopped
      .slice(0, REASONS_MAX)
      .map(({ ledger, position, stoppedReason }) => `${ledger} after ${position}: ${stoppedReason}`);
  }

  private async refillAll(ledgers: string[]): Promise<void> {
    const { refiller, log } = this.options;
    const work = async (): Promise<void> => {
      for (let ledger = ledgers.shift(); ledger !== undefined && !this.ended; ledger = ledgers.shift()) {
        log.info({ ledger }, 'the feed brings nothing of a ledger that is behind; reading its log');
        await refiller.refill(ledger);
      }
    };
    await Promise.all(Array.from({ length: REFILLS_CONCURRENT_MAX }, work));
  }
}
