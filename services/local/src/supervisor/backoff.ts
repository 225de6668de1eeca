const FIRST_MS = 250;
const MOST_MS = 15_000;
/** One that has been up this long starts from the first delay again. */
const STABLE_MS = 30_000;

/** Delays between restarts: doubling, bounded, back to the first after a stable while. */
export class Backoff {
  private failures = 0;

  next(upMs: number): number {
    if (upMs >= STABLE_MS) this.failures = 0;
    return Math.min(FIRST_MS * 2 ** this.failures++, MOST_MS);
  }
}
