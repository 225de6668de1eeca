import type { Bench } from '../bench.ts';
import type { MeasuredSample } from '../result.ts';

/** Results by name, of one round. */
export type Samples = Record<string, MeasuredSample>;

export interface Row {
  /** The results it gives, with what their rate counts in a second or the unit of their value. */
  results: Record<string, string>;
  /** Measured in the last round only, because it needs long or disturbs what follows. */
  isOnce?: boolean;
  /** The proof at the end, which --no-verify leaves out. */
  isProof?: boolean;
  /** Results that it or a ratio of it needs. */
  needs?: readonly string[];
  /** One run. `round` counts from 1; `earlier` has the results of this round so far. */
  run(bench: Bench, round: number, earlier: Samples): Promise<Samples>;
}

export const MS_PER_SECOND = 1_000;
