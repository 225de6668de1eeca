import type { Logger } from '@ledgerflow/platform/log';
import { Counter, observedGauge, type Registry } from '@ledgerflow/platform/metrics';
import { sqlState } from '@ledgerflow/platform/postgres';
import { countedAs } from '../limits/addresses.ts';
import { AccessQueue } from './access-queue.ts';
import type { Access, AuditStore } from './store.ts';

/** Of each of the two queues: rows, and characters of two bytes at most. */
const QUEUE_MAX = 10_000;
const QUEUE_CHARACTERS_MAX = 8 * 1024 * 1024;
const BATCH_MAX = 500;
/** Of a batch, for callers who can not be told, while there are more of the others than it holds. */
const UNKNOWN_SHARE = 100;
/** Refusals of callers who can not be told that are kept of one address in a second: more of them say nothing new. */
const UNKNOWN_PER_SECOND = 20;
const WINDOW_MS = 1_000;
/** Addresses that are counted in a second. */
const ADDRESSES_MAX = 10_000;
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
  unknownPerSecond?: number;
  now?: () => number;
}

/**
 * Takes refusals and admin reads to the audit store, in batches and behind the requests, which never wait for it. What does not fit into the queue is dropped, counted and logged.
 * Callers who can not be told have a queue of their own and so many rows of an address in a second, so that a flood of them pushes out nothing else. While the store does not answer
 * the queues keep what they have; a batch whose answer was lost is written again, so a row can stand twice.
 */
export class Accesses {
  private readonly options: Required<AccessesOptions>;
  private readonly dropped: Counter;
  private readonly known: AccessQueue;
  private readonly unknown: AccessQueue;
  /** By address, of the second that runs. */
  private readonly counts = new Map<string, number>();
  private countsEndMs = 0;
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<boolean> | null = null;
  private droppedSinceTold = 0;
  private stopped = false;

  constructor(options: AccessesOptions) {
    this.options = {
      queueMax: QUEUE_MAX,
      pauseMs: PAUSE_MS,
      retryMs: RETRY_MS,
      unknownPerSecond: UNKNOWN_PER_SECOND,
      now: () => performance.now(),
      ...options,
    };
    const bounds = { rowsMax: this.options.queueMax, charactersMax: QUEUE_CHARACTERS_MAX };
    this.known = new AccessQueue(bounds);
    this.unknown = new AccessQueue(bounds);
    this.dropped = new Counter({
      name: 'ledgerflow_audit_accesses_dropped_total',
      help: 'Refusals and admin reads that the audit store does not have: too many of one address, the queue was full, or it could not be written',
      registers: [options.metrics],
    });
    observedGauge(
      options.metrics,
      'ledgerflow_audit_accesses_queued',
      'Refusals and admin reads that wait to be written to the audit store',
      () => this.queued,
    );
  }

  private get queued(): number {
    return this.known.length + this.unknown.length;
  }

  /** Never waits, never throws. */
  add(access: Access): void {
    const { actor, parameters } = access;
    const isTaken =
      !this.stopped &&
      (actor !== null ? this.known.push(access) : this.isWithinRate(String(parameters['address'])) && this.unknown.push(access));
    if (!isTaken) this.drop(1);
    else if (this.timer === null && this.writing === null) this.plan(this.options.pauseMs);
  }

  private isWithinRate(address: string): boolean {
    const nowMs = this.options.now();
    if (nowMs >= this.countsEndMs) {
      this.counts.clear();
      this.countsEndMs = nowMs + WINDOW_MS;
    }
    const key = countedAs(address);
    const count = this.counts.get(key) ?? 0;
    if (count >= this.options.unknownPerSecond || (count === 0 && this.counts.size >= ADDRESSES_MAX)) return false;
    this.counts.set(key, count + 1);
    return true;
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
        if (this.queued > 0 && !this.stopped) this.plan(isWritten ? this.options.pauseMs : this.options.retryMs);
      });
    }, afterMs);
    this.timer.unref();
  }

  /** One batch. False: the store does not answer, and the queues still have it. */
  private write(): Promise<boolean> {
    this.writing ??= this.writeBatch().finally(() => (this.writing = null));
    return this.writing;
  }

  private async writeBatch(): Promise<boolean> {
    const { store, log } = this.options;
    const known = this.known.first(BATCH_MAX - Math.min(this.unknown.length, UNKNOWN_SHARE));
    const unknown = this.unknown.first(BATCH_MAX - known.length);
    const batch = [...known, ...unknown];
    this.tell();
    try {
      await store.append(batch);
    } catch (error) {
      if (!isRefusal(error)) {
        log.warn({ err: error, queued: this.queued }, 'the audit store can not be written, refusals and admin reads wait');
        return false;
      }
      // The batch itself is refused: kept, it would hold back all that follow.
      log.error({ err: error, count: batch.length }, 'the audit store refused a batch of refusals and admin reads');
      this.drop(batch.length);
    }
    this.known.remove(known.length);
    this.unknown.remove(unknown.length);
    return true;
  }

  /** Writes what is queued, for this long at most; the rest is dropped and counted. */
  async stop(boundMs: number): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const endMs = performance.now() + boundMs;
    while (this.queued > 0 && !this.stopped) {
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
    if (this.queued > 0) this.drop(this.queued);
    this.known.remove(this.known.length);
    this.unknown.remove(this.unknown.length);
    this.tell();
  }
}
