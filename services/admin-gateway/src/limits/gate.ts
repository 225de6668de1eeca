import { Problem } from '../http/problem.ts';
import { AdaptiveLimit } from './adaptive.ts';
import { Overload } from './overload.ts';

/** How long the first in the queue may have waited for another to join it in an overload. */
const TARGET_MS = 10;
/** Beyond it nobody waits: something is stuck. */
const WAIT_MAX_MS = 5_000;
const SWEEP_MS = 20;

interface Waiting {
  sinceMs: number;
  enter: () => void;
  refuse: (problem: Problem) => void;
}

/** One for all: it is what is made most often when there is least time, and a trace of the stack is a third of that. */
const TOO_MANY = new Problem('overloaded', { detail: 'More commands come than can be served' });

/**
 * Admits as many at once as the adaptive limit says; others wait in turn, `max` of them at most. In an overload who comes while the first in the queue has waited TARGET_MS
 * is refused at once: who was let in before is still served, and who comes after a refusal finds a short queue (Maurer, Fail at Scale, ACM Queue 13(8)).
 */
export class Gate {
  private readonly limit: AdaptiveLimit;
  private readonly waitingMax: number;
  private readonly now: () => number;
  private readonly waiting: Waiting[] = [];
  private readonly overload = new Overload();
  private inside = 0;
  private running = 0;
  private sweeping: NodeJS.Timeout | null = null;
  shed = 0;

  /** Never fewer than `min` at once, never more than `max`, which is also how many may wait. now: milliseconds, monotonic. */
  constructor({ min, max, now = () => performance.now() }: { min: number; max: number; now?: () => number }) {
    this.limit = new AdaptiveLimit({ min, max });
    this.waitingMax = max;
    this.now = now;
  }

  get state(): { running: number; waiting: number; limit: number; isOverloaded: boolean } {
    return { running: this.running, waiting: this.waiting.length, limit: this.limit.value, isOverloaded: this.overload.now(this.now()) };
  }

  /** A command comes; before anything is spent on it. Throws the Problem overloaded; if it does not, leave has to follow. */
  come(): void {
    const nowMs = this.now();
    this.overload.come(nowMs, this.inside);
    const first = this.waiting[0];
    if (first !== undefined && nowMs - first.sinceMs >= TARGET_MS && this.overload.now(nowMs)) {
      this.shed += 1;
      throw TOO_MANY;
    }
    this.inside += 1;
  }

  /** It is answered. */
  leave(): void {
    this.inside -= 1;
    this.overload.leave(this.now(), this.inside);
  }

  /** Does the work of a command that came, in its turn. Rejects with the Problem overloaded. */
  async run<T>(work: () => Promise<T> | T): Promise<T> {
    if (this.running < this.limit.value && this.waiting.length === 0) this.overload.waited(0);
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
      return Promise.reject(TOO_MANY);
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
      this.sweeping ??= setInterval(() => this.next(this.now()), SWEEP_MS).unref();
    }).then(() => void (this.running -= 1));
  }

  /** Refuses those who waited too long, lets in whom there is room for. */
  private next(nowMs: number): void {
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      const waitedMs = nowMs - first.sinceMs;
      const isLate = waitedMs > WAIT_MAX_MS;
      if (!isLate && this.running >= this.limit.value) break;
      this.waiting.shift();
      this.overload.waited(waitedMs);
      if (!isLate) first.enter();
      else {
        this.shed += 1;
        first.refuse(TOO_MANY);
      }
    }
    if (this.waiting.length > 0 || this.sweeping === null) return;
    clearInterval(this.sweeping);
    this.sweeping = null;
  }
}
