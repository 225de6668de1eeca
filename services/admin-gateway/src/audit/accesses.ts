import type { Logger } from '@ledgerflow/platform/log';
import { Counter, observedGauge, type Registry } from '@ledgerflow/platform/metrics';
import { sqlState } from '@ledgerflow/platform/postgres';
import type { Access, AuditStore } from './store.ts';

const QUEUE_MAX = 10_000;
const BATCH_MAX = 500;
/** One batch in this time, so that a flood of refusals writes 2,000 rows a second at most. */
const PAUSE_MS = 250;
const RETRY_MS = 1_000;

/** The server understood the batch and will never take it (a value, a constraint, a right); anything else may pass. */
const isRefusal = (error: unknown): boolean => ['22', '23', '42'].includes(sqlState(error)?.slice(0, 2) ?? '');

export interface AccessesOptions {
  store: Pick<AuditStore, 'append'>;
  log: Logger;
  metrics: Registry;
  queueMax?: number;
  pauseMs?: number;
  retryMs?: number;
}

/**
 * Takes refusals and admin reads to the audit store, in batches and behind the requests, which never wait for it. What does not fit into the queue is dropped, counted and logged.
 * While the store does not answer the queue keeps what it has; a batch whose answer was lost is written again, so a row can stand twice.
 */
export class Accesses {
  private readonly options: Required<AccessesOptions>;
  private readonly dropped: Counter;
  private queue: Access[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<boolean> | null = null;
  private droppedSinceTold = 0;
  private stopped = false;

  constructor(options: AccessesOptions) {
    this.options = { queueMax: QUEUE_MAX, pauseMs: PAUSE_MS, retryMs: RETRY_MS, ...options };
    this.dropped = new Counter({
      name: 'ledgerflow_audit_accesses_dropped_total',
      help: 'Refusals and admin reads that the audit store does not have: the queue was full, or it could not be written',
      registers: [options.metrics],
    });
    observedGauge(
      options.metrics,
      'ledgerflow_audit_accesses_queued',
      'Refusals and admin reads that wait to be written to the audit store',
      () => this.queue.length,
    );
  }

  /** Never waits, never throws. */
  add(access: Access): void {
    if (this.stopped || this.queue.length >= this.options.queueMax) {
      this.drop(1);
      return;
    }
    this.queue.push(access);
    if (this.timer === null && this.writing === null) this.plan(this.options.pauseMs);
  }

  private drop(count: number): void {
    this.dropped.inc(count);
    this.droppedSinceTold += count;
    // Otherwise the next batch says how many.
    if (this.stopped) this.tell();
  }

  private tell(): void {
    if (this.droppedSinceTold === 0) return;
    this.options.log.error({ dropped: this.droppedSinceTold }, 'refusals and admin reads were dropped, the audit store does not have them');
    this.droppedSinceTold = 0;
  }

  private plan(afterMs: number): void {
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.write().then((isWritten) => {
        if (this.queue.length > 0 && !this.stopped) this.plan(isWritten ? this.options.pauseMs : this.options.retryMs);
      });
    }, afterMs);
    this.timer.unref();
  }

  /** One batch. False: the store does not answer, and the queue still has it. */
  private write(): Promise<boolean> {
    this.writing ??= this.writeBatch().finally(() => (this.writing = null));
    return this.writing;
  }

  private async writeBatch(): Promise<boolean> {
    const { store, log } = this.options;
    const batch = this.queue.slice(0, BATCH_MAX);
    this.tell();
    try {
      await store.append(batch);
    } catch (error) {
      if (!isRefusal(error)) {
        log.warn({ err: error, queued: this.queue.length }, 'the audit store can not be written, refusals and admin reads wait');
        return false;
      }
      // The batch itself is refused: kept, it would hold back all that follow.
      log.error({ err: error, count: batch.length }, 'the audit store refused a batch of refusals and admin reads');
      this.drop(batch.length);
    }
    this.queue = this.queue.slice(batch.length);
    return true;
  }

  /** Writes what is queued, for this long at most; the rest is dropped and counted. */
  async stop(boundMs: number): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const endMs = performance.now() + boundMs;
    while (this.queue.length > 0 && !this.stopped) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) break;
      let bound: NodeJS.Timeout | undefined;
      const isWritten = await Promise.race([
        this.write(),
        new Promise<false>((resolve) => (bound = setTimeout(() => resolve(false), leftMs))),
      ]);
      clearTimeout(bound);
      if (!isWritten) break;
    }
    this.stopped = true;
    if (this.queue.length > 0) this.drop(this.queue.length);
    this.queue = [];
    this.tell();
  }
}
