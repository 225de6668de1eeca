const INTERVAL_MS = 100;
/** Intervals in turn in which the number inside grew while more came than were done: a burst, however large, comes in one or two. */
const GROWING_INTERVALS = 2;
/** When everybody waited longer than this, more come than can be served, however slowly the queue grows. */
const STANDING_MS = 2_000;
/** So many may come for each that is done before that is more than fluctuation. */
const WITHIN_CAPACITY = 1.1;

/**
 * Tells overload from a burst, and from many callers who wait for their answers before they ask again: there the number that is in the house stops growing, and all are
 * served in their time; in an overload it grows for as long as that lasts, and waiting helps nobody. (By waits alone, as CoDel tells it, many callers look like overload.)
 */
export class Overload {
  private least = Number.POSITIVE_INFINITY;
  private most = 0;
  /** Halfway between the least and the most of the interval before. */
  private middleBefore = Number.POSITIVE_INFINITY;
  private growing = 0;
  private came = 0;
  private done = 0;
  private shortestWaitMs = Number.POSITIVE_INFINITY;
  private intervalEndMs = 0;
  private is = false;

  /** One came, whether it is let in or not; `inside`: that run or wait, without it. */
  come(nowMs: number, inside: number): void {
    this.roll(nowMs);
    this.came += 1;
    this.look(inside);
  }

  /** One was let in, or waited in vain. */
  waited(waitMs: number): void {
    if (waitMs < this.shortestWaitMs) this.shortestWaitMs = waitMs;
  }

  /** One is done; `inside`: that run or wait, without it. */
  leave(nowMs: number, inside: number): void {
    this.roll(nowMs);
    this.done += 1;
    this.look(inside);
  }

  now(nowMs: number): boolean {
    this.roll(nowMs);
    return this.is;
  }

  private look(inside: number): void {
    if (inside < this.least) this.least = inside;
    if (inside > this.most) this.most = inside;
  }

  private roll(nowMs: number): void {
    if (nowMs < this.intervalEndMs) return;
    const isMore = this.came > WITHIN_CAPACITY * this.done;
    this.growing = isMore && this.least > this.middleBefore ? this.growing + 1 : 0;
    const isStanding = this.shortestWaitMs > STANDING_MS && Number.isFinite(this.shortestWaitMs);
    this.is = isStanding || this.growing >= GROWING_INTERVALS || (this.is && isMore);
    // After a silence the interval before is not the one that ends now.
    const isNext = nowMs < this.intervalEndMs + INTERVAL_MS;
    this.middleBefore = isNext ? (this.least + this.most) / 2 : Number.POSITIVE_INFINITY;
    this.least = Number.POSITIVE_INFINITY;
    this.most = 0;
    this.came = 0;
    this.done = 0;
    this.shortestWaitMs = Number.POSITIVE_INFINITY;
    this.intervalEndMs = nowMs + INTERVAL_MS;
  }
}
