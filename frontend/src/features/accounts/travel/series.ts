import type { Entry } from '@ledgerflow/client';
import type { Instant } from '../../../ui/time/index.ts';
import { type Micros, toMicros } from '../../../ui/time/micros.ts';
import { sumOf } from '../../../ui/money/sum.ts';

/** The balance from this time on. */
export interface Point {
  micros: Micros;
  balance: string;
}

/** One point a time: what counts is the balance when all of that time is done. */
function settled(points: readonly Point[]): Point[] {
  return points.filter(({ micros }, index) => points[index + 1]?.micros !== micros);
}

/** The balance as it was recorded; entries in the order of the log. */
export const recordedPoints = (entries: readonly Entry[]): Point[] =>
  settled(entries.map(({ recordedAt, balanceAfter }) => ({ micros: toMicros(recordedAt), balance: balanceAfter })));

/** The balance as it took effect, of all of an account's entries; with `knownAt` of those recorded by then. */
export function effectivePoints(entries: readonly Entry[], knownAt: Instant | null): Point[] {
  const known = knownAt === null ? entries : entries.filter(({ recordedAt }) => recordedAt <= knownAt);
  // Moments of one form sort as text; the order of the log stays among those of one time.
  const sorted = known.toSorted((a, b) => (a.effectiveAt < b.effectiveAt ? -1 : a.effectiveAt > b.effectiveAt ? 1 : 0));
  let balance = '0';
  return settled(
    sorted.map(({ effectiveAt, amount }) => ({ micros: toMicros(effectiveAt), balance: (balance = sumOf([balance, amount])) })),
  );
}

/** Index of the last point at or before a time; -1: it is before all of them. */
export function indexAt(points: readonly Point[], micros: Micros): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] as Point).micros <= micros) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The next point before or behind a time. */
export function neighbour(points: readonly Point[], micros: Micros, direction: -1 | 1): Point | null {
  const index = direction === 1 ? indexAt(points, micros) + 1 : indexAt(points, micros - 1);
  return points[index] ?? null;
}

export interface Span {
  from: Micros;
  to: Micros;
}

/** The times that entries reach which were all there by `until`, the last of them at `last`, within the span that was asked for (null: all). */
export function reachOf(until: Micros, last: Micros, asked: Span | null): Span {
  const to = Math.max(until, last);
  return asked === null ? { from: 0, to } : { from: asked.from, to: Math.min(asked.to, to) };
}

/** The balance at a time; null where the entries that are known do not reach, and before the first of them. */
export function balanceAt(points: readonly Point[], known: Span | null, micros: Micros): string | null {
  if (known === null || micros < known.from || micros > known.to) return null;
  return points[indexAt(points, micros)]?.balance ?? null;
}

/** What a chart draws: the points within a span, the balance with which it begins, and the last one up to its end. Nothing of a span that ends before it begins. */
export function drawn(points: readonly Point[], { from, to }: Span, opening: string): Point[] {
  if (to < from) return [];
  const first = indexAt(points, from);
  const inside = points.slice(first + 1, indexAt(points, to) + 1);
  const before = first === -1 ? opening : (points[first] as Point).balance;
  return [{ micros: from, balance: before }, ...inside, { micros: to, balance: inside.at(-1)?.balance ?? before }];
}
