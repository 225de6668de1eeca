/** At some time, how much. */
export type Point = readonly [at: number, value: number];

/** How much a value grows with each unit of its time: the line with the least squares through the points, two of different times at least. */
export function slopeOf(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [middle, level] = [mean(([at]) => at), mean(([, value]) => value)];
  const spread = mean(([at]) => (at - middle) ** 2);
  if (!(spread > 0)) throw new RangeError('a slope needs points of different times');
  return mean(([at, value]) => (at - middle) * (value - level)) / spread;
}
