import type { Micros } from '../../../ui/time/micros.ts';
import type { Point, Span } from './series.ts';

/** The balance after the last entry until a time; null: there is none. */
export type AskBalance = (micros: Micros) => Promise<string | null>;

const SAMPLES = 60;
const AT_ONCE = 4;

/** The balance at even times of a span, the first and the last of it included; none before the first entry. Questions are asked a few at a time, and no more after one that failed. */
export async function samplesOf(ask: AskBalance, { from, to }: Span): Promise<Point[]> {
  const times = Array.from({ length: SAMPLES }, (_, index) => from + Math.round(((to - from) * index) / (SAMPLES - 1)));
  const points: Point[] = [];
  for (let begin = 0; begin < SAMPLES; begin += AT_ONCE) {
    const some = times.slice(begin, begin + AT_ONCE);
    const balances = await Promise.all(some.map(ask));
    some.forEach((micros, index) => {
      const balance = balances[index] ?? null;
      if (balance !== null) points.push({ micros, balance });
    });
  }
  return points;
}
