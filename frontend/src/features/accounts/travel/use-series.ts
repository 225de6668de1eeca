import type { Account } from '@ledgerflow/client';
import { useMemo, useState } from 'react';
import { parseInstant } from '../../../ui/time/index.ts';
import { type Micros, toMicros } from '../../../ui/time/micros.ts';
import { differenceOf } from '../../../ui/money/sum.ts';
import type { Axis } from './moment.ts';
import { useChartEntries, useChartSamples, useOpenedAt } from './queries.ts';
import { drawn, effectivePoints, type Point, reachOf, recordedPoints, type Span } from './series.ts';

/** The least that is drawn, so that an account with one entry has a line. */
const SPAN_MIN: Micros = 1_000_000;

export interface Series {
  span: Span;
  /** Changes in time order, or the moments that were asked for. */
  points: readonly Point[];
  drawn: readonly Point[];
  /** Within it the points are all there is; null: nowhere. */
  known: Span | null;
  kind: 'entries' | 'samples' | 'none';
  isPending: boolean;
  error: unknown;
  refetch: () => void;
}

/**
 * What the chart shows of an account: every entry of the span where they are not too many, else its balance at some moments of it. The effective axis needs all entries of the account.
 */
export function useSeries(now: Account, ledger: string, axis: Axis, chosen: Span | null, at: string | undefined): Series {
  const openedAt = useOpenedAt(ledger, now.id);
  // Once too many, they always are: they are not asked for again at each version. `whole`: from the first until they were found to be too many; `dense`: the chosen span with too many.
  const [whole, setWhole] = useState<Span | null>(null);
  const [dense, setDense] = useState<Span | null>(null);
  const all = useChartEntries(ledger, now, null, whole === null);
  const isAll = all.data?.isAll === true;
  const firstOfAll = all.data?.items[0];
  if (!isAll && firstOfAll !== undefined && whole === null) {
    const to = toMicros(parseInstant(now.asOf) ?? now.asOf);
    setWhole({ from: Math.min(toMicros(firstOfAll.recordedAt), to - SPAN_MIN), to });
  }
  const part = useChartEntries(ledger, now, chosen, whole !== null && chosen !== null && chosen !== dense);
  const isOfChosen = chosen !== null && part.data?.span?.from === chosen.from && part.data.span.to === chosen.to;
  const isPart = isOfChosen && part.data?.isAll === true;
  if (isOfChosen && !isPart && chosen !== dense) setDense(chosen);
  const isSampled = axis === 'recorded' && whole !== null && (chosen === null || chosen === dense);
  const loaded = isAll ? all : isPart ? part : null;
  // What was read of an older version, or again since then, is complete up to what was known of it.
  const readAt = loaded === null ? null : loaded.isPlaceholderData ? (loaded.data?.asOf ?? null) : now.asOf;
  const samples = useChartSamples(ledger, now, isSampled ? (chosen ?? whole) : null);
  // The queries themselves are new at each drawing.
  const { refetch: again } = all;
  const { refetch: againPart } = part;
  const { refetch: againSamples } = samples;
  return useMemo(() => {
    const nowMicros = toMicros(parseInstant(now.asOf) ?? now.asOf);
    const zero = differenceOf(now.posted, now.posted);
    const knownAt = axis === 'both' && at !== undefined ? parseInstant(at) : null;
    const points = ((): Point[] | null => {
      if (all.data === undefined) return null;
      if (axis !== 'recorded') return isAll ? effectivePoints(all.data.items, knownAt) : null;
      if (isAll) return recordedPoints(all.data.items);
      if (isPart) return recordedPoints(part.data?.items ?? []);
      if (!isSampled || samples.data === undefined) return null;
      if (chosen !== null) return samples.data;
      return [...samples.data.filter(({ micros }) => micros < nowMicros), { micros: nowMicros, balance: now.posted }];
    })();
    const first = points?.[0]?.micros ?? nowMicros;
    const opened = openedAt === null ? first : toMicros(openedAt);
    const from = Math.min(first, opened);
    const to = Math.max(nowMicros, points?.at(-1)?.micros ?? 0);
    const span = chosen ?? { from: Math.min(from, to - SPAN_MIN), to };
    const firstOfPart = !isAll && isPart ? part.data?.items[0] : undefined;
    const opening =
      firstOfPart === undefined
        ? ((isPart ? part.data?.opening : null) ?? zero)
        : differenceOf(firstOfPart.balanceAfter, firstOfPart.amount);
    const last = points?.at(-1)?.micros ?? 0;
    // A later entry may take effect at any time: of an older version nothing is known on that axis.
    const isCurrent = axis === 'recorded' || (readAt === now.asOf && (knownAt === null || toMicros(knownAt) <= nowMicros));
    const known =
      points === null || readAt === null || !isCurrent
        ? null
        : reachOf(toMicros(parseInstant(readAt) ?? readAt), last, isAll ? null : chosen);
    const error = all.error ?? part.error ?? samples.error;
    const isPending = all.isPending || (axis === 'recorded' && points === null && error === null);
    // What comes after now is not known, but for what takes effect then.
    const reach = { from: span.from, to: Math.min(span.to, Math.max(nowMicros, last)) };
    return {
      span,
      points: points ?? [],
      drawn: points === null ? [] : isSampled ? points : drawn(points, reach, opening),
      known,
      kind: points === null ? 'none' : isSampled ? 'samples' : 'entries',
      isPending,
      error,
      refetch: () => void (all.error !== null ? again() : part.error !== null ? againPart() : againSamples()),
    };
  }, [
    all.data,
    all.error,
    all.isPending,
    part.data,
    part.error,
    isAll,
    isPart,
    isSampled,
    readAt,
    samples.data,
    samples.error,
    again,
    againPart,
    againSamples,
    axis,
    chosen,
    at,
    openedAt,
    now.asOf,
    now.posted,
  ]);
}
