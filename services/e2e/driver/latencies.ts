import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export interface LatencySummary {
  count: number;
  meanMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

const MICROS_PER_MS = 1_000;
/** Longer ones count as an hour. */
const MICROS_MAX = 3_600_000_000;
const FIGURES = 3;

/** Latencies in an HDR histogram, in microseconds with three significant figures: constant memory, whatever the number. */
export class Latencies {
  private readonly histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: MICROS_MAX, figures: FIGURES });

  record(ms: number): void {
    this.histogram.record(Math.min(MICROS_MAX, Math.max(1, Math.round(ms * MICROS_PER_MS))));
  }

  /** In milliseconds; all zero when nothing was recorded. */
  summary(): LatencySummary {
    const { histogram } = this;
    const { count } = histogram;
    const ms = (micros: number): number => (count === 0 ? 0 : micros / MICROS_PER_MS);
    return {
      count,
      meanMs: ms(histogram.mean),
      p50Ms: ms(histogram.percentile(50)),
      p90Ms: ms(histogram.percentile(90)),
      p99Ms: ms(histogram.percentile(99)),
      p999Ms: ms(histogram.percentile(99.9)),
      maxMs: ms(histogram.max),
    };
  }
}
