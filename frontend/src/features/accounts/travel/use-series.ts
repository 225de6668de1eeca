import type { Account } from '@ledgerflow/client';
import { useMemo, useState } from 'react';
import { parseInstant } from '../../../ui/time/index.ts';
import { type Micros, toMicros } from '../../../ui/time/micros.ts';
import { differenceOf } from '../../../ui/money/sum.ts';
import type { Axis } from './moment.ts';
import { useChartDays, useChartEntries, useOpenedAt } from './queries.ts';
import { dailyPoints, drawn, effectivePoints, type Point, reachOf, recordedPoints, type Span } from './series.ts';

/** The least that is drawn, so that an account with one entry has a line. */
const SPAN_MIN: Micros = 1_000_000;

export interface Series {
  span: Span;
  /** Changes, exact, in time order; of days: their ends. */
  points: readonly Point[];
  drawn: readonly Point[];
  /** Within it the points are all there is; null: nowhere. */
  known: Span | null;
  kind: 'entries' | 'days' | 'none';
  isPending: boolean;
  error: unknown;
  refetch: () => void;
}

/**
 * What the chart shows of an account: every entry of the span where they are not too many, else closing balances of days. The effective axis needs all entries of the account.
 */
export function useSeries(now: Account, ledger: string, axis: Axis, chosen: Span | null, at: string | undefined): Series {
  const openedAt = useOpenedAt(ledger, now.id);
  // Once too many, they always are: they are not asked for again at each version.
  const [isTooMany, setIsTooMany] = useState(false);
  const all = useChartEntries(ledger, now, null, !isTooMany);
  const isAll = all.data?.isAll === true;
  if (all.data?.isAll === false && !isTooMany) setIsTooMany(true);
  const part = useChartEntries(ledger, now, chosen, all.data !== undefined && !isAll && chosen !== null);
  const isPart = chosen !== null && part.data?.isAll === true && part.data.span?.from === chosen.from && part.data.span.to === chosen.to;
  const loaded = isAll ? all : isPart ? part : null;
  // What was read of an older version, or again since then, is complete up to what was known of it.
  const readAt = loaded === null ? null : loaded.isPlaceholderData ? (loaded.data?.asOf ?? null) : now.asOf;
  const days = useChartDays(ledger, now.id, all.data !== undefined && !isAll && !isPart && axis === 'recorded');
  // The queries themselves are new at each drawing.
  const { refetch: again } = all;
  const { refetch: againDays } = days;
  return useMemo(() => {
    const nowMicros = toMicros(parseInstant(now.asOf) ?? now.asOf);
    const zero = differenceOf(now.posted, now.posted);
    const knownAt = axis === 'both' && at !== undefined ? parseInstant(at) : null;
    const points = ((): Point[] | null => {
      if (all.data === undefined) return null;
      if (axis !== 'recorded') return isAll ? effectivePoints(all.data.items, knownAt) : null;
      if (isAll) return recordedPoints(all.data.items);
      if (isPart) return recordedPoints(part.data?.items ?? []);
      return days.data === undefined ? null : dailyPoints(days.data.items, nowMicros);
    })();
    const first = points?.[0]?.micros ?? nowMicros;
    const opened = openedAt === null ? first : toMicros(openedAt);
    const from = axis === 'recorded' ? Math.min(opened, first) : Math.min(first, opened);
    const to = Math.max(nowMicros, points?.at(-1)?.micros ?? 0);
    const span = chosen ?? { from: Math.min(from, to - SPAN_MIN), to };
    const firstOfPart = !isAll && isPart ? part.data?.items[0] : undefined;
    const opening = firstOfPart === undefined ? zero : differenceOf(firstOfPart.balanceAfter, firstOfPart.amount);
    const last = points?.at(-1)?.micros ?? 0;
    // A later entry may take effect at any time: of an older version nothing is known on that axis.
    const isCurrent = axis === 'recorded' || (readAt === now.asOf && (knownAt === null || toMicros(knownAt) <= nowMicros));
    const known =
      points === null || readAt === null || !isCurrent
        ? null
        : reachOf(toMicros(parseInstant(readAt) ?? readAt), last, isAll ? null : chosen);
    const isPending = all.isPending || (axis === 'recorded' && !isAll && points === null && days.error === null);
    return {
      span,
      points: points ?? [],
      drawn: points === null ? [] : drawn(points, span, opening),
      known,
      kind: points === null ? 'none' : isAll || isPart ? 'entries' : 'days',
      isPending,
      error: all.error ?? part.error ?? days.error,
      refetch: () => void Promise.all([again(), ...(days.error === null ? [] : [againDays()])]),
    };
  }, [
    all.data,
    all.error,
    all.isPending,
    part.data,
    part.error,
    isAll,
    isPart,
    readAt,
    days.data,
    days.error,
    again,
    againDays,
    axis,
    chosen,
    at,
    openedAt,
    now.asOf,
    now.posted,
  ]);
}
