import type { DataOf, RequestOf } from '@ledgerflow/client';
import { fromDate, type Instant } from '../../ui/time/index.ts';

export type Bucket = DataOf<'listActivity'>['data'][number];

export const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** How far back the chart looks, and in what steps. UTC, as the buckets are. */
export const RANGES = {
  hour: { bucket: 'minute', lengthMs: MINUTE_MS, count: 60 },
  day: { bucket: 'hour', lengthMs: HOUR_MS, count: 24 },
  month: { bucket: 'day', lengthMs: DAY_MS, count: 30 },
} as const;
export type Range = keyof typeof RANGES;
export const isRange = (text: string | undefined): text is Range => text !== undefined && Object.hasOwn(RANGES, text);

/** Where the first of a range's buckets begins. */
export function beginningOf(range: Range, nowMs: number): number {
  const { lengthMs, count } = RANGES[range];
  return Math.floor(nowMs / lengthMs) * lengthMs - (count - 1) * lengthMs;
}

export type Asked = RequestOf<'listActivity'>;
/** Whether an answer may stand in for another until that is there: the same thing, from another beginning. */
export const isSameSeries = (one: Asked, other: Asked | undefined): boolean =>
  other !== undefined && one.ledger === other.ledger && one.currency === other.currency && one.bucket === other.bucket;

export interface Point {
  at: Instant;
  /** For drawing only. */
  height: number;
  volume: string;
  transactions: number;
}

/** A point for each step of the range, also for those in which nothing moved. `buckets` are of one currency; those outside are left out. */
export function pointsOf(buckets: readonly Bucket[], range: Range, fromMs: number): Point[] {
  const { lengthMs, count } = RANGES[range];
  const byStart = new Map(buckets.map((bucket) => [Date.parse(bucket.startsAt), bucket]));
  return Array.from({ length: count }, (_, index) => {
    const startMs = fromMs + index * lengthMs;
    const bucket = byStart.get(startMs);
    const volume = bucket?.volume ?? '0';
    return { at: fromDate(new Date(startMs)), height: Number(volume), volume, transactions: bucket?.transactions ?? 0 };
  });
}

/** How far back throughput looks: whole minutes before the one that runs. */
export const RATE_MINUTES = 5;
export const rateFrom = (nowMs: number): number => (Math.floor(nowMs / MINUTE_MS) - RATE_MINUTES) * MINUTE_MS;

/** Transactions since `fromMs`, and how many that are a second. One that moved two currencies counts in both. */
export function rateOf(buckets: readonly Bucket[], fromMs: number, nowMs: number): { count: number; seconds: number; perSecond: number } {
  const count = buckets.reduce((sum, { transactions }) => sum + transactions, 0);
  const seconds = Math.max(1, (nowMs - fromMs) / 1_000);
  return { count, seconds, perSecond: count / seconds };
}
