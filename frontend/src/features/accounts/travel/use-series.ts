import type { Account } from '@ledgerflow/client';
import { useMemo } from 'react';
import { parseInstant } from '../../../ui/time/index.ts';
import { type Micros, toMicros } from '../../../ui/time/micros.ts';
import { minus } from '../amounts.ts';
import type { Axis } from './moment.ts';
import { useChartDays, useChartEntries, useOpenedAt } from './queries.ts';
import { dailyPoints, drawn, effectivePoints, type Point, recordedPoints, type Span } from './series.ts';

/** The least that is drawn, so that an account with one entry has a line. */
const SPAN_MIN: Micros = 1_000_000;

export interface Series {
  span: Span;
  /** Changes, exact, in time order; of days: their ends. */
  points: readonly Point[];
  drawn: readonly Point[];
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
  const all = useChartEntries(ledger, now.id, null, true);
  const isAll = all.data?.isAll === true;
  const part = useChartEntries(ledger, now.id, chosen, all.data !== undefined && !isAll && chosen !== null);
  const isPart = chosen !== null && part.data?.isAll === true && !part.isPlaceholderData;
  const days = useChartDays(ledger, now.id, all.data !== undefined && !isAll && !isPart && axis === 'recorded');
  return useMemo(() => {
    const nowMicros = toMicros(parseInstant(now.asOf) ?? now.asOf);
    const zero = minus(now.posted, now.posted);
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
    const opening = firstOfPart === undefined ? zero : minus(firstOfPart.balanceAfter, firstOfPart.amount);
    const isPending = all.isPending || (axis === 'recorded' && !isAll && points === null && days.error === null);
    return {
      span,
      points: points ?? [],
      drawn: points === null ? [] : drawn(points, span, opening),
      kind: points === null ? 'none' : isAll || isPart ? 'entries' : 'days',
      isPending,
      error: all.error ?? part.error ?? days.error,
      refetch: () => void Promise.all([all.refetch(), ...(days.isError ? [days.refetch()] : [])]),
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the queries themselves are new at each drawing
  }, [
    all.data,
    all.error,
    all.isPending,
    part.data,
    part.error,
    isPart,
    days.data,
    days.error,
    axis,
    chosen,
    at,
    openedAt,
    now.asOf,
    now.posted,
  ]);
}
