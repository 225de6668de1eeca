import type { Head } from '@ledgerflow/contracts/grpc';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import type { LogFeed } from '../feed/log-feed.ts';
import type { WriterLog } from '../feed/writer-log.ts';
import type { Generation } from '../indices/generations.ts';
import { differenceOf } from '../sink/admit.ts';
import type { Indexer } from '../sink/indexer.ts';
import { LagClock } from './lag.ts';

const SWEEP_INTERVAL_MS = 2_000;
/** Until the first comparison: the service is not ready before it. */
const FIRST_SWEEP_INTERVAL_MS = 200;

export interface SlotLag {
  records: number;
  seconds: number;
}

export interface SweepOptions {
  feed: LogFeed;
  writerLog: WriterLog;
  live: () => Promise<Generation | null>;
  log: Logger;
  intervalMs?: number;
  now?: () => number;
}

/**
 * Every two seconds: compares every ledger's head with its checkpoint (how far behind, whether it is another log), reads the log of a ledger that is behind and does not move, and
 * looks which generation is live, so that after a rebuild's swap records go to the new one.
 */
export class Sweep {
  private readonly options: SweepOptions;
  private readonly clock = new LagClock();
  /** Positions of the ledgers that were behind at the sweep before. */
  private readonly behind = new Map<string, bigint>();
  private lags: ReadonlyMap<number, SlotLag> = new Map();
  private failed = false;
  private compared = false;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private ended = false;

  constructor(options: SweepOptions) {
    this.options = options;
  }

  start(): void {
    this.running = this.sweep()
      .then(() => (this.failed = false))
      .catch((error: unknown) => {
        this.failed = true;
        this.options.log.warn({ err: error }, 'heads and checkpoints could not be compared');
      })
      .then(() => {
        if (this.ended) return;
        const { intervalMs = SWEEP_INTERVAL_MS } = this.options;
        this.timer = setTimeout(() => this.start(), this.compared ? intervalMs : Math.min(intervalMs, FIRST_SWEEP_INTERVAL_MS));
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
    return this.options.feed.current?.stopped.size ?? 0;
  }

  /** Only how many: health is shown to people of all ledgers. Which and why is in the log and in the checkpoints' documents. */
  ledgersHealth(): Verdict {
    const count = this.stopped;
    return count === 0 ? { ok: true } : { ok: false, reason: count === 1 ? '1 ledger is stopped' : `${count} ledgers are stopped` };
  }

  health(): Verdict {
    if (!this.compared) return { ok: false, reason: 'heads were not compared with checkpoints yet' };
    return this.failed ? { ok: false, reason: 'heads can not be compared with checkpoints' } : { ok: true };
  }

  private async sweep(): Promise<void> {
    const { feed, writerLog, live, now = Date.now } = this.options;
    const indexer = feed.current;
    if (indexer === null) return;
    // Checkpoints before heads: a head that is read later can not be below a checkpoint.
    const before = new Map(indexer.checkpoints);
    const askedAtMs = now();
    const heads = await writerLog.heads();
    for (const head of heads) {
      const checkpoint = before.get(head.ledger);
      const reason = checkpoint === undefined || indexer.stopped.has(head.ledger) ? null : differenceOf(head, checkpoint);
      if (reason !== null) await indexer.stop(head.ledger, reason);
    }
    this.measure(heads, indexer, askedAtMs);
    const shown = await live();
    if (shown !== null && shown.number !== indexer.generation.number) feed.restart();
  }

  private measure(heads: readonly Head[], indexer: Indexer, askedAtMs: number): void {
    const { feed, now = Date.now } = this.options;
    const lags = new Map<number, SlotLag>();
    for (const head of heads) {
      const { ledger, slot } = head;
      const checkpoint = indexer.checkpoints.get(ledger);
      const position = checkpoint?.position ?? 0n;
      const records = head.position > position ? Number(head.position - position) : 0;
      const indexed = checkpoint === undefined || position === 0n ? null : checkpoint;
      const seconds = this.clock.observe({ ledger, head, indexed, askedAtMs, nowMs: now() });
      const lag = lags.get(slot) ?? { records: 0, seconds: 0 };
      lags.set(slot, { records: lag.records + records, seconds: Math.max(lag.seconds, seconds) });
      if (records > 0 && this.behind.get(ledger) === position && !indexer.stopped.has(ledger)) feed.refill(ledger);
      if (records === 0) this.behind.delete(ledger);
      else this.behind.set(ledger, position);
    }
    this.lags = lags;
    this.compared = true;
  }
}
