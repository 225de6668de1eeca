import { Metadata } from '@grpc/grpc-js';
import type { GetHeadsRequest, GetHeadsResponse, Head } from '@ledgerflow/contracts/grpc';
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
/** Ledgers a call that names them. */
const LEDGERS_PER_CALL = 1_000;
/** Every so many sweeps, and after one that failed, all ledgers are looked at; at the others those that may have moved, of which there are few among ten thousand. */
const FULL_SWEEP_EVERY = 15;
/** A record has its time, and a checkpoint its own, before they are committed: what is older than this has been seen. A transaction ends within 5 s. */
const COMMIT_SECONDS_MAX = 10;
const MICROS_PER_SECOND = 1_000_000n;
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
  /** Told of the checkpoints of each sweep. */
  onCheckpoints?: (checkpoints: Iterable<LedgerCheckpoint>) => void;
  now?: () => number;
}

/** Heads and checkpoints to compare, in the order of their reading. */
interface Looked {
  heads: Head[];
  before: ReadonlyMap<string, LedgerCheckpoint>;
  after: ReadonlyMap<string, LedgerCheckpoint>;
}

/**
 * Compares the head of every ledger that may have moved with its checkpoint every two seconds, and all of them twice a minute: tells how far behind it is, notices a log of another epoch or with another record than the one that
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
  private sweeps = 0;
  /** When the last sweep that succeeded began, on this process's clock, and on the writer's, in microseconds. */
  private sweptAtMs: number | null = null;
  private askedAt = 0n;
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

  private async ask(request: Partial<GetHeadsRequest>): Promise<GetHeadsResponse> {
    const whole = { principal: undefined, ledgers: [], slots: [], recordedSince: 0n, ...request };
    return new Promise((resolve, reject) => {
      this.options.channels
        .any(this.attempt)
        .getHeads(whole, new Metadata(), { deadline: Date.now() + HEADS_DEADLINE_MS }, (error, response) =>
          error === null ? resolve(response) : reject(error),
        );
    });
  }

  /** Of all slots. A writer that does not know the question answers with all heads, and no clock: then all are looked at the next time too. */
  private async heads(recordedSince: bigint): Promise<Head[]> {
    const { slots } = this.options;
    const heads: Head[] = [];
    let askedAt: bigint | null = null;
    for (let slot = 0; slot < slots; slot += SLOTS_PER_CALL) {
      const wanted = Array.from({ length: Math.min(SLOTS_PER_CALL, slots - slot) }, (_, i) => slot + i);
      const answer = await this.ask({ slots: wanted, recordedSince });
      heads.push(...answer.heads);
      askedAt = askedAt === null || answer.askedAt < askedAt ? answer.askedAt : askedAt;
    }
    this.askedAt = askedAt ?? 0n;
    return heads;
  }

  /** Checkpoints before heads: a head that is read later can not be below a checkpoint. And checkpoints again, so that what was applied between the two readings is not called lag. */
  private async lookAtAll(): Promise<Looked> {
    const { applier } = this.options;
    const before = byLedger(await applier.checkpoints());
    const heads = await this.heads(0n);
    return { heads, before, after: byLedger(await applier.checkpoints()) };
  }

  /** The same of ledgers whose head or checkpoint may have moved since the sweep before, and of those that were behind then. */
  private async lookAtChanged(sinceMs: number, nowMs: number): Promise<Looked> {
    const { applier } = this.options;
    const before = byLedger(await applier.changedCheckpoints((nowMs - sinceMs) / 1_000 + COMMIT_SECONDS_MAX));
    const recordedSince = this.askedAt - BigInt(COMMIT_SECONDS_MAX) * MICROS_PER_SECOND;
    const heads = await this.heads(recordedSince > 0n ? recordedSince : 0n);
    const found = new Set(heads.map(({ ledger }) => ledger));
    const others = [...new Set([...before.keys(), ...this.behind.keys()])].filter((ledger) => !found.has(ledger));
    for (let at = 0; at < others.length; at += LEDGERS_PER_CALL)
      heads.push(...(await this.ask({ ledgers: others.slice(at, at + LEDGERS_PER_CALL) })).heads);
    return { heads, before, after: byLedger(await applier.checkpoints(heads.map(({ ledger }) => ledger))) };
  }

  private async sweep(): Promise<void> {
    const { now = Date.now } = this.options;
    const askedAtMs = now();
    const isFull = this.sweptAtMs === null || this.failed || this.sweeps++ % FULL_SWEEP_EVERY === 0;
    const looked = isFull ? await this.lookAtAll() : await this.lookAtChanged(this.sweptAtMs as number, askedAtMs);
    this.options.onCheckpoints?.(looked.after.values());
    for (const head of looked.heads) await this.checkAgainst(head, looked.before.get(head.ledger));
    this.compare(looked, askedAtMs);
    this.clock.swept(askedAtMs);
    this.sweptAtMs = askedAtMs;
    this.stoppedLedgers = [...new Map([...looked.before, ...looked.after]).values()].filter(
      ({ stoppedReason }) => stoppedReason !== null,
    ).length;
    this.startRefills();
  }

  private compare({ heads, after }: Looked, askedAtMs: number): void {
    const { now = Date.now } = this.options;
    const lags = new Map([...this.lags.keys()].map((slot) => [slot, { records: 0, seconds: 0 }]));
    for (const head of heads) {
      const checkpoint = after.get(head.ledger);
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
