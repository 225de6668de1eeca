/** What one measurement says, and what it was to be. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The value has to be below it; null: told, not judged. */
  below: number | null;
  /** What else was seen. */
  note: string;
}

export const isMet = ({ value, below }: Figure): boolean => below === null || value < below;

/** The value below or at which this part (0 to 1) of all lies; NaN without any. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** How much higher the mean of the last third lies than that of the first, in percent of the first. */
export function growthPercent(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  if (third === 0) return Number.NaN;
  const first = mean(samples.slice(0, third));
  return ((mean(samples.slice(-third)) - first) / first) * 100;
}
