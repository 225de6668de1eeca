import {
  type CountableTimeInterval,
  timeDay,
  timeHour,
  type TimeInterval,
  timeMinute,
  timeMonday,
  timeMonth,
  timeSecond,
  timeYear,
  utcDay,
  utcHour,
  utcMinute,
  utcMonday,
  utcMonth,
  utcSecond,
  utcYear,
} from 'd3-time';
import type { Zone } from '../../../ui/time/index.ts';
import { formatInstant } from '../../../ui/time/instant.ts';
import { fromMicros, type Micros } from '../../../ui/time/micros.ts';
import type { Span } from './series.ts';

export const TICKS_MAX = 7;
const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Unit = 'micro' | 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/** Coarser ones last. Each is as long as `micros`, months and years about. */
const STEPS: readonly [unit: Exclude<Unit, 'micro'>, micros: number, counts: readonly number[]][] = [
  ['second', SECOND, [1, 2, 5, 10, 15, 30]],
  ['minute', MINUTE, [1, 2, 5, 10, 15, 30]],
  ['hour', HOUR, [1, 2, 3, 6, 12]],
  ['day', DAY, [1, 2]],
  ['week', 7 * DAY, [1, 2]],
  ['month', 30 * DAY, [1, 2, 3, 6]],
  ['year', 365 * DAY, [1, 2, 5, 10, 20, 50, 100]],
];
const FRACTIONS = [1, 10, 100, 1_000, 10_000, 100_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);

const INTERVALS: Record<Zone, Record<Exclude<Unit, 'micro'>, CountableTimeInterval>> = {
  local: {
    second: timeSecond,
    minute: timeMinute,
    hour: timeHour,
    day: timeDay,
    week: timeMonday,
    month: timeMonth,
    year: timeYear,
  },
  utc: { second: utcSecond, minute: utcMinute, hour: utcHour, day: utcDay, week: utcMonday, month: utcMonth, year: utcYear },
};

interface Ticks {
  /** Rising, within the span. */
  at: readonly Micros[];
  /** Exact, and as short as the step allows. */
  label: (micros: Micros) => string;
}

/** Days are counted from 1970 on: by its place in the month, every second day would be two days in a row at some ends of a month. */
const every = (interval: CountableTimeInterval, unit: Unit, count: number): TimeInterval =>
  unit === 'day' ? interval.filter((date) => interval.count(new Date(0), date) % count === 0) : (interval.every(count) as TimeInterval);

/** A Date has no microseconds: what begins within a millisecond begins with the next one. */
function within({ from, to }: Span, interval: TimeInterval): Micros[] {
  const dates = interval.range(new Date(Math.ceil(from / 1_000)), new Date(Math.floor(to / 1_000) + 1));
  // Where a clock goes back by half an hour the first one may lie before the span.
  return dates.map((date) => date.getTime() * 1_000).filter((micros) => micros >= from);
}

function fractionsWithin({ from, to }: Span, step: number): Micros[] {
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, index) => (first + index) * step);
}

/** Of `2026-11-17 14:03:07.123456 +01:00` what tells the ticks of a step apart. */
function labelOf(unit: Unit, step: number, at: readonly Micros[], zone: Zone): Ticks['label'] {
  const whole = (micros: Micros): string => formatInstant(fromMicros(micros), zone, 'micro');
  const dayOf = (micros: Micros | undefined): string => (micros === undefined ? '' : whole(micros).slice(0, 10));
  if (unit === 'year') return (micros) => whole(micros).slice(0, 4);
  if (unit === 'month') return (micros) => whole(micros).slice(0, 7);
  if (unit === 'day' || unit === 'week') return dayOf;
  const begin = dayOf(at[0]) === dayOf(at.at(-1)) ? 11 : 5;
  const digits = 6 - Math.floor(Math.log10(step));
  const end = unit === 'micro' ? 20 + digits : unit === 'second' ? 19 : 16;
  return (micros) => whole(micros).slice(begin, end) + whole(micros).slice(26);
}

/** Round times of a zone within a span, as close together as leaves at most seven of them. */
export function ticksOf(span: Span, zone: Zone): Ticks {
  const length = span.to - span.from;
  const told = (unit: Unit, step: number, at: readonly Micros[]): Ticks => ({ at, label: labelOf(unit, step, at, zone) });
  // What is far too close together is not even counted.
  const isTooClose = (step: number): boolean => length > (TICKS_MAX + 2) * step;
  for (const step of FRACTIONS) {
    const at = isTooClose(step) ? null : fractionsWithin(span, step);
    if (at !== null && at.length <= TICKS_MAX) return told('micro', step, at);
  }
  for (const [unit, micros, counts] of STEPS)
    for (const count of counts) {
      const interval = isTooClose(micros * count) ? null : every(INTERVALS[zone][unit], unit, count);
      const at = interval === null ? [] : within(span, interval);
      if (interval !== null && at.length <= TICKS_MAX) return told(unit, micros * count, at);
    }
  return told('year', 0, []);
}
