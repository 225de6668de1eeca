import { type BackoffLimits, backoffMs } from '../kube/backoff.ts';

export interface WorkQueueOptions {
  /** Of one key that fails again and again. */
  backoff?: BackoffLimits;
  /** Of the keys that come back by addRateLimited, all together. */
  rate?: { perSecond: number; burst: number };
  /** Told how long a key had been due when a worker got it. */
  onTaken?: (waitedMs: number) => void;
  now?: () => number;
  random?: () => number;
}

const BACKOFF: BackoffLimits = { baseMs: 250, maxMs: 300_000 };
const RATE = { perSecond: 10, burst: 100 };
/** The longest a timer can wait; what is due later is looked at early. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Keys to be worked on, in the order in which they became due. A key is in it at most once, and is never handed out while it is worked on: what comes meanwhile makes it
 * due again when that is done. Between get and done a key is somebody's; everything else about it ends at get: the work looks at all there is to see, and says
 * itself when it wants to look again. (After client-go's workqueue.)
 */
export class WorkQueue {
  private readonly backoff: BackoffLimits;
  private readonly rate: { perSecond: number; burst: number };
  private readonly options: WorkQueueOptions;
  private readonly now: () => number;
  /** Key → when it became due; in that order. */
  private readonly due = new Map<string, number>();
  private readonly working = new Set<string>();
  /** Of those worked on, the ones that are due again since. */
  private readonly again = new Map<string, number>();
  private readonly later = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  private readonly failures = new Map<string, number>();
  private readonly waiting: ((key: string | null) => void)[] = [];
  private tokens: number;
  private tokensAt: number;
  private isShutDown = false;

  constructor(options: WorkQueueOptions = {}) {
    this.options = options;
    this.backoff = options.backoff ?? BACKOFF;
    this.rate = options.rate ?? RATE;
    this.now = options.now ?? (() => performance.now());
    this.tokens = this.rate.burst;
    this.tokensAt = this.now();
  }

  /** Keys that are due and not worked on. */
  get depth(): number {
    return this.due.size;
  }

  /** How long the first of them has been due; 0 without any. */
  get oldestAgeMs(): number {
    const [first] = this.due.values();
    return first === undefined ? 0 : Math.max(0, this.now() - first);
  }

  add(key: string): void {
    if (this.isShutDown) return;
    if (this.working.has(key)) {
      if (!this.again.has(key)) this.again.set(key, this.now());
      return;
    }
    if (!this.due.has(key)) this.due.set(key, this.now());
    this.handOut();
  }

  /** Of several such times of a key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.isShutDown) return;
    if (ms <= 0) return this.add(key);
    const at = this.now() + ms;
    const pending = this.later.get(key);
    if (pending !== undefined) {
      if (pending.at <= at) return;
      clearTimeout(pending.timer);
    }
    const timer = setTimeout(
      () => {
        this.later.delete(key);
        this.add(key);
      },
      Math.min(ms, TIMER_MAX_MS),
    );
    this.later.set(key, { at, timer });
  }

  /** After the key's back-off, which doubles with each call until it is forgotten; not before atLeastMs, and not before the rate of all allows. */
  addRateLimited(key: string, atLeastMs = 0): void {
    if (this.isShutDown) return;
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    this.addAfter(key, Math.max(atLeastMs, backoffMs(failures, this.backoff, this.options.random), this.reserve()));
  }

  /** How often it came back by addRateLimited since it was forgotten. */
  failuresOf(key: string): number {
    return this.failures.get(key) ?? 0;
  }

  /** It went well: the next back-off is the first again. */
  forget(key: string): void {
    this.failures.delete(key);
  }

  /** The next key, when there is one; null when the queue is shut down. To be followed by done. */
  get(): Promise<string | null> {
    if (this.isShutDown) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.handOut();
    });
  }

  done(key: string): void {
    this.working.delete(key);
    const since = this.again.get(key);
    this.again.delete(key);
    if (since === undefined || this.isShutDown) return;
    this.due.set(key, since);
    this.handOut();
  }

  /** From now on it hands out nothing and takes nothing. */
  shutDown(): void {
    this.isShutDown = true;
    for (const { timer } of this.later.values()) clearTimeout(timer);
    this.later.clear();
    this.due.clear();
    this.again.clear();
    this.failures.clear();
    for (const resolve of this.waiting.splice(0)) resolve(null);
  }

  private handOut(): void {
    for (const [key, since] of this.due) {
      const resolve = this.waiting.shift();
      if (resolve === undefined) return;
      this.due.delete(key);
      this.working.add(key);
      const pending = this.later.get(key);
      if (pending !== undefined) clearTimeout(pending.timer);
      this.later.delete(key);
      this.options.onTaken?.(Math.max(0, this.now() - since));
      resolve(key);
    }
  }

  /** Takes a token, and says when it is there. */
  private reserve(): number {
    const now = this.now();
    const { perSecond, burst } = this.rate;
    this.tokens = Math.min(burst, this.tokens + ((now - this.tokensAt) / 1_000) * perSecond) - 1;
    this.tokensAt = now;
    return this.tokens >= 0 ? 0 : (-this.tokens / perSecond) * 1_000;
  }
}
