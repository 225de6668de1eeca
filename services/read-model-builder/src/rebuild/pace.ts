/** Waits that end early when the rebuild is to stop. */
export type Sleep = (ms: number) => Promise<void>;

const RATE_WINDOW_MS = 5_000;
/** A batch under a limit is at most so much of a second's records, so that the rate is even. */
const BATCHES_A_SECOND = 4;
/** Well below the deadline of a call. */
const CALL_SECONDS = 20;

/** Keeps a rebuild at a number of records a second, and tells how fast it was lately. */
export class Pace {
  private readonly maxRate: number | null;
  private readonly sleep: Sleep;
  private readonly now: () => number;
  private next: number;
  private samples: { at: number; records: number }[] = [];

  constructor(maxRate: number | null, sleep: Sleep, now: () => number = () => performance.now()) {
    this.maxRate = maxRate;
    this.sleep = sleep;
    this.now = now;
    this.next = now();
  }

  /** Records that a batch may have. */
  batchMax(max: number): number {
    return this.maxRate === null ? max : Math.max(1, Math.min(max, Math.floor(this.maxRate / BATCHES_A_SECOND)));
  }

  /** Records that one call of the log may bring: it is read at this pace, and has to end within its deadline. */
  callMax(max: number): number {
    return this.maxRate === null ? max : Math.max(1, Math.min(max, this.maxRate * CALL_SECONDS));
  }

  /** After a batch: waits until the next one may begin. */
  async took(records: number): Promise<void> {
    const at = this.now();
    this.samples.push({ at, records });
    this.samples = this.samples.filter((sample) => at - sample.at <= RATE_WINDOW_MS);
    if (this.maxRate === null) return;
    // What was not used is not saved up.
    this.next = Math.max(this.next, at - 1_000 / BATCHES_A_SECOND) + (records * 1_000) / this.maxRate;
    const waitMs = this.next - at;
    if (waitMs > 0) await this.sleep(waitMs);
  }

  /** Records a second over the last seconds; null before there were two batches. */
  get rate(): number | null {
    const [first] = this.samples;
    const last = this.samples[this.samples.length - 1];
    if (first === undefined || last === undefined || last.at <= first.at) return null;
    const records = this.samples.slice(1).reduce((sum, sample) => sum + sample.records, 0);
    return (records * 1_000) / (last.at - first.at);
  }
}
