const WINDOW_MS = 100;
const WINDOW_SAMPLES_MIN = 10;
/** The best mean of a window is remembered for one to two of these. */
const BASELINE_PERIOD_MS = 300_000;
/** Times the best mean: beyond it more at once only wait for each other. Group commit needs some room: it is at its best with many at once. */
const TOLERANCE = 2;
const DECREASE = 0.9;
const INCREASE = 1.1;
/** Of the limit that has to be in use before it is raised. */
const USED_SHARE = 0.8;

/**
 * How many may run at once, found by steps of a tenth (the measure is that of Netflix's concurrency-limits): down while the mean time of a window is beyond
 * TOLERANCE times the best known one, up while it is not and the limit is what holds more back. Between `min` and `max`.
 */
export class AdaptiveLimit {
  private readonly min: number;
  private readonly max: number;
  private limit: number;
  private sumMs = 0;
  private samples = 0;
  private peak = 0;
  private windowEndMs = 0;
  private best = Number.POSITIVE_INFINITY;
  private bestBefore = Number.POSITIVE_INFINITY;
  private periodEndMs = 0;

  constructor({ min, max }: { min: number; max: number }) {
    this.min = Math.min(min, max);
    this.max = max;
    this.limit = this.min;
  }

  get value(): number {
    return this.limit;
  }

  /** One is done: how long it took, and how many were running with it. */
  record(tookMs: number, running: number, nowMs: number): void {
    this.sumMs += tookMs;
    this.samples += 1;
    if (running > this.peak) this.peak = running;
    if (nowMs < this.windowEndMs || this.samples < WINDOW_SAMPLES_MIN) return;
    this.judge(this.sumMs / this.samples, nowMs);
    this.sumMs = 0;
    this.samples = 0;
    this.peak = 0;
    this.windowEndMs = nowMs + WINDOW_MS;
  }

  private judge(meanMs: number, nowMs: number): void {
    if (nowMs >= this.periodEndMs) {
      this.bestBefore = this.best;
      this.best = Number.POSITIVE_INFINITY;
      this.periodEndMs = nowMs + BASELINE_PERIOD_MS;
    }
    this.best = Math.min(this.best, meanMs);
    if (meanMs > TOLERANCE * Math.min(this.best, this.bestBefore)) this.limit = Math.max(this.min, Math.floor(this.limit * DECREASE));
    else if (this.peak >= this.limit * USED_SHARE) this.limit = Math.min(this.max, Math.ceil(this.limit * INCREASE));
  }
}
