import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import { KubeError, NotLeaderError } from '../kube/errors.ts';
import { keyOf } from '../kube/resources.ts';
import { sleep } from '../kube/sleep.ts';
import type { OperatorMetrics } from './metrics.ts';
import { WorkQueue } from './queue.ts';

/** Looks at one object and does what has to be done; also called for one that is gone. To be called again after requeueAfterMs, if it says so. */
export type Reconcile = (namespace: string, name: string, signal: AbortSignal) => Promise<{ requeueAfterMs?: number } | void>;

/** The longest that a reconcile lets itself wait: longer than that a timer may not be, and so often it looks whether it is time. */
export const REQUEUE_MAX_MS = 3_600_000;

export interface ControllerOptions {
  name: string;
  reconcile: Reconcile;
  queue?: WorkQueue;
  workers: number;
  /** Of one reconcile; its signal is aborted then. */
  deadlineMs: number;
  log: Logger;
  metrics: OperatorMetrics;
}

export type Outcome = 'done' | 'conflict' | 'throttled' | 'deadline' | 'not_leader' | 'stopped' | 'failed';

/** Somebody else wrote meanwhile; the informers have seen it by then. */
const CONFLICT_RETRY_MS = 50;
/** Conflicts in a row that are tried again so soon; after them it is a failure as any other. */
const CONFLICTS_MAX = 5;
/** How long stop waits for what is under way before its signal is aborted, and again after that. */
const GRACE_MS = 4_000;

const STOPPING = new Error('the controller stops');

/** Workers that reconcile the objects they are told of, and try again what failed. */
export class Controller {
  private readonly options: ControllerOptions;
  private readonly queue: WorkQueue;
  private readonly conflicts = new Map<string, number>();
  /** What is under way: since when (monotonic), and how to end it. */
  private readonly active = new Map<string, { since: number; abort: AbortController }>();
  private workers: Promise<unknown> | null = null;

  constructor(options: ControllerOptions) {
    const { name, metrics } = options;
    this.options = options;
    this.queue = options.queue ?? new WorkQueue({ onTaken: (waitedMs) => metrics.waited(name, waitedMs / 1_000) });
    metrics.queue(name, this.queue);
  }

  /** Nothing is kept before the start: one that never leads would gather every object there ever was. */
  enqueue(object: { namespace: string; name: string } | { metadata: { namespace: string; name: string } }, afterMs = 0): void {
    if (this.workers === null) return;
    this.queue.addAfter(keyOf('metadata' in object ? object.metadata : object), afterMs);
  }

  /** Begins with all objects that there are. */
  start(objects: Iterable<{ metadata: { namespace: string; name: string } }>): void {
    for (const { metadata } of objects) this.queue.add(keyOf(metadata));
    this.workers ??= Promise.all(Array.from({ length: this.options.workers }, () => this.work()));
  }

  /** Takes no more work and waits for what is under way; what does not end is aborted, and left behind when that does not help. */
  async stop({ graceMs = GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    this.queue.shutDown();
    if (await this.endedWithin(graceMs)) return;
    for (const { abort } of this.active.values()) abort.abort(STOPPING);
    if (await this.endedWithin(graceMs)) return;
    this.options.log.error({ controller: this.options.name, objects: [...this.active.keys()] }, 'reconciles did not end');
  }

  /** Red while a reconcile does not end although its signal was aborted. */
  verdict(): Verdict {
    for (const [key, { since }] of this.active) {
      const ms = performance.now() - since;
      if (ms > 2 * this.options.deadlineMs)
        return { ok: false, reason: `${this.options.name}: the reconcile of ${key} has not ended for ${Math.round(ms / 1_000)} s` };
    }
    return { ok: true };
  }

  private async endedWithin(ms: number): Promise<boolean> {
    const done = new AbortController();
    const inTime = await Promise.race([(this.workers ?? Promise.resolve()).then(() => true), sleep(ms, done.signal).then(() => false)]);
    done.abort();
    return inTime;
  }

  private async work(): Promise<void> {
    for (let key = await this.queue.get(); key !== null; key = await this.queue.get()) {
      await this.reconcile(key);
      this.queue.done(key);
    }
  }

  /** Never rejects. A key stays taken until its reconcile has ended, even past its deadline: it is never worked on twice at once. */
  private async reconcile(key: string): Promise<void> {
    const { name: controller, reconcile, deadlineMs, metrics } = this.options;
    const [namespace = '', name = ''] = key.split('/');
    const abort = new AbortController();
    const since = performance.now();
    this.active.set(key, { since, abort });
    const late = new Error(`not done within ${deadlineMs} ms`);
    const timer = setTimeout(() => abort.abort(late), deadlineMs);
    let outcome: Outcome;
    try {
      const result = await reconcile(namespace, name, abort.signal);
      this.queue.forget(key);
      this.conflicts.delete(key);
      if (result?.requeueAfterMs !== undefined) this.queue.addAfter(key, result.requeueAfterMs);
      outcome = 'done';
    } catch (error) {
      if (abort.signal.reason === STOPPING) outcome = 'stopped';
      else outcome = this.failed(key, abort.signal.reason === late ? late : error, error);
    }
    clearTimeout(timer);
    this.active.delete(key);
    metrics.reconciled(controller, outcome, (performance.now() - since) / 1_000);
  }

  private failed(key: string, error: unknown, cause: unknown): Outcome {
    const { name: controller, log } = this.options;
    const [namespace, name] = key.split('/');
    const line = { controller, namespace, name };
    if (cause instanceof NotLeaderError) {
      // Renewals may still succeed; when they do not the process ends by the leader's word.
      this.queue.addRateLimited(key);
      log.warn({ ...line, reason: cause.message }, 'a reconcile wrote nothing: not the leader');
      return 'not_leader';
    }
    if (error instanceof KubeError && error.isConflict) {
      const conflicts = (this.conflicts.get(key) ?? 0) + 1;
      if (conflicts <= CONFLICTS_MAX) {
        this.conflicts.set(key, conflicts);
        this.queue.addAfter(key, CONFLICT_RETRY_MS * (1 + Math.random()));
        log.debug({ ...line, err: error }, 'conflict: tried again');
        return 'conflict';
      }
    }
    this.conflicts.delete(key);
    const throttled = error instanceof KubeError && error.status === 429;
    this.queue.addRateLimited(key, error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0);
    log.warn({ ...line, err: error, failures: this.queue.failuresOf(key) }, 'a reconcile failed; it is tried again');
    if (throttled) return 'throttled';
    return error === cause ? 'failed' : 'deadline';
  }
}
