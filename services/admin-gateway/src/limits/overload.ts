const INTERVAL_MS = 100;
/** Intervals in turn in which the number inside grew while more came than were done: a burst, however large, comes in one or two. */
const GROWING_INTERVALS = 2;
/** A queue that stands: in so many intervals in turn, those left out in which nobody was let in at all, nobody was who had not waited so long. A burst has been served by then. */
const STANDING_MS = 100;
const STANDING_INTERVALS = 10;
/** So many may come for each that is done before that is more than fluctuation. */
const WITHIN_CAPACITY = 1.1;

/**
 * Tells overload from a burst: the number inside grows and grows, or does not but stands so high that everybody waits, for longer than a burst takes to be served (a queue
 * that stands is what CoDel calls bad, RFC 8289; its interval is of packets). Then waiting helps nobody: as many are served with a short queue as with a long one.
 */
export class Overload {
  private least = Number.POSITIVE_INFINITY;
  private most = 0;
  /** Halfway between the least and the most of the interval before. */
  private middleBefore = Number.POSITIVE_INFINITY;
  private growing = 0;
  private standing = 0;
  private inside = 0;
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
    this.inside = inside;
    if (inside < this.least) this.least = inside;
    if (inside > this.most) this.most = inside;
  }

  private roll(nowMs: number): void {
    if (nowMs < this.intervalEndMs) return;
    const isMore = this.came > WITHIN_CAPACITY * this.done;
    this.growing = isMore && this.least > this.middleBefore ? this.growing + 1 : 0;
    const isNobodyLetIn = this.shortestWaitMs === Number.POSITIVE_INFINITY;
    // Of an interval in which nobody was let in nothing is known: work may end in bursts that are further apart.
    if (isNobodyLetIn ? this.inside === 0 : this.shortestWaitMs <= STANDING_MS) this.standing = 0;
    else if (!isNobodyLetIn) this.standing += 1;
    this.is = this.standing >= STANDING_INTERVALS || this.growing >= GROWING_INTERVALS || (this.is && isMore);
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
