import { Problem } from '../http/problem.ts';
import { AdaptiveLimit } from './adaptive.ts';

/** Waiting that is normal; when everybody waits longer for an INTERVAL, more come than can be served. */
const TARGET_MS = 5;
const INTERVAL_MS = 100;
const SWEEP_MS = 5;

interface Waiting {
  sinceMs: number;
  enter: () => void;
  refuse: (problem: Problem) => void;
}

const tooMany = (): Problem => new Problem('overloaded', { detail: 'More commands come than can be served' });

/**
 * Admits as many at once as the adaptive limit says; others wait in turn. A burst may wait INTERVAL_MS. When the shortest wait of an interval was longer than TARGET_MS
 * there is no burst but a standing queue, which delays everybody and helps nobody: then waiting ends after two TARGET_MS, and who comes while the first has waited
 * that long is refused at once (controlled delay: Nichols and Jacobson, CoDel; Maurer, Fail at Scale, ACM Queue 13(8)).
 */
export class Gate {
  private readonly limit: AdaptiveLimit;
  private readonly waitingMax: number;
  private readonly now: () => number;
  private readonly waiting: Waiting[] = [];
  private running = 0;
  private isOverloaded = false;
  private shortestMs = Number.POSITIVE_INFINITY;
  private intervalEndMs = 0;
  private sweeping: NodeJS.Timeout | null = null;
  shed = 0;

  /** Never fewer than `min` at once, never more than `max`, which is also how many may wait. now: milliseconds, monotonic. */
  constructor({ min, max, now = () => performance.now() }: { min: number; max: number; now?: () => number }) {
    this.limit = new AdaptiveLimit({ min, max });
    this.waitingMax = max;
    this.now = now;
  }

  get state(): { running: number; waiting: number; limit: number; isOverloaded: boolean } {
    return { running: this.running, waiting: this.waiting.length, limit: this.limit.value, isOverloaded: this.isOverloaded };
  }

  /** Refuses what would be refused later anyway, before anything is spent on it. */
  refuseEarly(): void {
    const first = this.waiting[0];
    if (first === undefined || !this.isOverloaded || this.now() - first.sinceMs < TARGET_MS) return;
    this.shed += 1;
    throw tooMany();
  }

  /** Rejects with the Problem overloaded. */
  async run<T>(work: () => Promise<T> | T): Promise<T> {
    if (this.running < this.limit.value && this.waiting.length === 0) this.waited(0, this.now());
    else await this.wait();
    this.running += 1;
    const beganMs = this.now();
    try {
      return await work();
    } finally {
      const endMs = this.now();
      this.limit.record(endMs - beganMs, this.running, endMs);
      this.running -= 1;
      this.next(endMs);
    }
  }

  private wait(): Promise<void> {
    if (this.waiting.length >= this.waitingMax) {
      this.shed += 1;
      return Promise.reject(tooMany());
    }
    return new Promise<void>((resolve, reject) => {
      this.waiting.push({
        sinceMs: this.now(),
        // Counted until the one that was let in counts itself, a turn later.
        enter: () => {
          this.running += 1;
          resolve();
        },
        refuse: reject,
      });
      this.sweeping ??= setInterval(() => this.next(this.now()), SWEEP_MS);
    }).then(() => void (this.running -= 1));
  }

  private waited(ms: number, nowMs: number): void {
    if (ms < this.shortestMs) this.shortestMs = ms;
    if (nowMs < this.intervalEndMs) return;
    this.isOverloaded = this.shortestMs > TARGET_MS;
    this.shortestMs = Number.POSITIVE_INFINITY;
    this.intervalEndMs = nowMs + INTERVAL_MS;
  }

  /** Refuses those who waited too long, lets in whom there is room for. */
  private next(nowMs: number): void {
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      const waitedMs = nowMs - first.sinceMs;
      const isLate = waitedMs > (this.isOverloaded ? 2 * TARGET_MS : INTERVAL_MS);
      if (!isLate && this.running >= this.limit.value) break;
      this.waiting.shift();
      this.waited(waitedMs, nowMs);
      if (!isLate) first.enter();
      else {
        this.shed += 1;
        first.refuse(tooMany());
      }
    }
    if (this.waiting.length > 0 || this.sweeping === null) return;
    clearInterval(this.sweeping);
    this.sweeping = null;
  }
}
