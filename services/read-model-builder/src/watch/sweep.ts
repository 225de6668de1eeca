import { Metadata } from '@grpc/grpc-js';
import type { GetHeadsResponse, Head } from '@ledgerflow/contracts/grpc';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import { adviceFor } from '../apply/admit.ts';
import type { Applier } from '../apply/applier.ts';
import type { LedgerCheckpoint } from '../apply/checkpoints.ts';
import type { Refiller } from '../feed/read-log.ts';
import { LagClock } from './lag.ts';

const SWEEP_INTERVAL_MS = 2_000;
const HEADS_DEADLINE_MS = 5_000;
/** Slots a GetHeads call, so that an answer stays small. */
const SLOTS_PER_CALL = 8;
/** Refills that the sweep started, at a time. */
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

/**
 * Compares every ledger's head with its checkpoint every two seconds: tells how far behind it is, notices a log of another epoch or with another record than the one that
 * was applied, and reads the log of a ledger that is behind and did not move between two sweeps, whatever the feed thinks. Nothing can be missed for longer than that.
 */
export class Sweep {
  private readonly options: SweepOptions;
  private readonly clock = new LagClock();
  /** Checkpoints of the ledgers that were behind at the sweep before. */
  private readonly behind = new Map<string, bigint>();
  /** Ledgers whose logs are to be read, who waits longest first, and those whose logs are being read. */
  private readonly wanted = new Set<string>();
  private readonly refills = new Map<string, Promise<void>>();
  private lags = new Map<number, SlotLag>();
  private stoppedLedgers = 0;
  private failed = false;
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
      .then(() => (this.failed = false))
      .catch((error: unknown) => {
        this.failed = true;
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
    await Promise.all(this.refills.values());
  }

  /** By slot, as of the last sweep. */
  lag(): ReadonlyMap<number, SlotLag> {
    return this.lags;
  }

  get stopped(): number {
    return this.stoppedLedgers;
  }

  /**
   * Red while a ledger is stopped: its reads get old until somebody repairs it. Only how many: health is shown to people of all ledgers; which and why is in the log and in
   * the checkpoints' rows.
   */
  ledgersHealth(): Verdict {
    const count = this.stoppedLedgers;
    return count === 0 ? { ok: true } : { ok: false, reason: count === 1 ? '1 ledger is stopped' : `${count} ledgers are stopped` };
  }

  health(): Verdict {
    return this.failed ? { ok: false, reason: 'heads can not be compared with checkpoints' } : { ok: true };
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
    const before = byLedger(await applier.checkpoints());
    const askedAtMs = now();
    const heads = await this.heads();
    for (const head of heads) await this.checkAgainst(head, before.get(head.ledger));
    // And again, so that what was applied between the two readings is not called lag.
    const checkpoints = byLedger(await applier.checkpoints());
    const lags = new Map<number, SlotLag>();
    for (const head of heads) {
      const checkpoint = checkpoints.get(head.ledger);
      const position = checkpoint?.position ?? 0n;
      const records = head.position > position ? Number(head.position - position) : 0;
      const applied = checkpoint === undefined || position === 0n ? null : checkpoint;
      const seconds = this.clock.observe({ ledger: head.ledger, head, applied, askedAtMs, nowMs: now() });
      const lag = lags.get(head.slot) ?? { records: 0, seconds: 0 };
      lags.set(head.slot, { records: lag.records + records, seconds: Math.max(lag.seconds, seconds) });
      const isStuck = records > 0 && this.behind.get(head.ledger) === position && (checkpoint?.stoppedReason ?? null) === null;
      if (isStuck) this.wanted.add(head.ledger);
      else this.wanted.delete(head.ledger);
      if (records === 0) this.behind.delete(head.ledger);
      else this.behind.set(head.ledger, position);
    }
    this.lags = lags;
    this.stoppedLedgers = [...checkpoints.values()].filter((checkpoint) => checkpoint.stoppedReason !== null).length;
    this.startRefills();
  }

  /**
   * Stops a ledger whose log is not the one that was applied. At equal positions the hashes tell: whatever a message on the way was forged to be, it does not
   * stay unnoticed for longer than a sweep, and at different positions the next record of the log does not follow it.
   */
  private async checkAgainst(head: Head, checkpoint: LedgerCheckpoint | undefined): Promise<void> {
    if (checkpoint === undefined || checkpoint.position === 0n || checkpoint.stoppedReason !== null) return;
    const reason = differenceOf(head, checkpoint);
    if (reason !== null) await this.options.applier.stop(checkpoint, reason);
  }

  /** In the background, so that a log that hangs or is long holds up neither the sweep nor another ledger; whoever is left over gets the next free place. */
  private startRefills(): void {
    const { refiller, log } = this.options;
    for (const ledger of this.wanted) {
      if (this.ended || this.refills.size >= REFILLS_CONCURRENT_MAX) return;
      if (this.refills.has(ledger)) continue;
      this.wanted.delete(ledger);
      log.info({ ledger }, 'the feed brings nothing of a ledger that is behind; reading its log');
      const refill = refiller
        .refill(ledger)
        .catch((error: unknown) => log.warn({ err: error, ledger }, 'the log of a ledger that is behind could not be read'))
        .finally(() => {
          this.refills.delete(ledger);
          this.startRefills();
        });
      this.refills.set(ledger, refill);
    }
  }
}

function byLedger(checkpoints: readonly LedgerCheckpoint[]): Map<string, LedgerCheckpoint> {
  return new Map(checkpoints.map((checkpoint) => [checkpoint.ledger, checkpoint]));
}

/** Why a head can not be the end of the log that was applied; null when it can. The checkpoint is not newer than the head. */
function differenceOf(head: Head, { ledger, number, uuid, epoch, position, recordHash }: LedgerCheckpoint): string | null {
  if (head.number !== number || head.uuid !== uuid)
    return `the ledger that was applied is another one: number ${number}, uuid ${uuid}; the log is of number ${head.number}, uuid ${head.uuid}`;
  if (head.epoch !== epoch)
    return `the log is of epoch ${head.epoch}, applied are ${position} records of epoch ${epoch}${head.epoch > epoch ? adviceFor(ledger) : ''}`;
  if (head.position < position) return `the log ends at ${head.position}, applied are ${position} records of the same epoch`;
  const hash = Buffer.from(head.recordHash).toString('hex');
  if (head.position === position && hash !== recordHash)
    return `record ${position} of the log is not the one that was applied: its hash is ${hash}, that of the applied one ${recordHash}`;
  return null;
}
