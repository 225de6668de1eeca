import { Alert, Group, SegmentedControl, Skeleton, Text } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { Account } from '@ledgerflow/client';
import { lazy, Suspense, useState } from 'react';
import { formatAmount } from '../../../ui/money/index.ts';
import { Problem } from '../../../ui/problem/index.ts';
import { formatInstant, type Instant, useZone } from '../../../ui/time/index.ts';
import { fromMicros, type Micros, toMicros } from '../../../ui/time/micros.ts';
import { strings } from '../strings.ts';
import { type Axis, type Moment, type MomentChange, picked } from './moment.ts';
import { balanceAt, type Span } from './series.ts';
import type { Series } from './use-series.ts';
import type { Step } from './use-step.ts';

const Chart = lazy(() => import('./chart.tsx'));
const text = strings.travel;
const CHART_HEIGHT = 240;
/** While a hand drags, the address and the question follow no faster. */
const FOLLOW_MS = 200;
const HOUR: Micros = 3_600_000_000;
type SpanName = keyof typeof text.spans;
const LENGTHS: Readonly<Record<SpanName, Micros | null>> = { all: null, month: 720 * HOUR, week: 168 * HOUR, day: 24 * HOUR, hour: HOUR };

export interface ChartAreaProps {
  now: Account;
  axis: Axis;
  moment: Moment;
  marked: Instant | null;
  series: Series;
  /** null: all there is. */
  onSpan: (span: Span | null) => void;
  onMoment: (change: MomentChange) => void;
  step: Step;
  /** Where a hand is that drags; null: none does. */
  dragged: Micros | null;
  onDrag: (micros: Micros | null) => void;
}

/** What the balance is where the hand, or the moment, is. Nothing is said of times that the entries do not reach. */
function readingOf({ series, now }: Pick<ChartAreaProps, 'series' | 'now'>, micros: Micros | null): string | null {
  if (micros === null) return now.posted;
  return balanceAt(series.points, series.known, micros);
}

/** So much of the past: around the moment, but not far into what has not come. null: all there is. */
function spanOf(length: Micros | null, now: Account, marked: Instant | null): Span | null {
  if (length === null) return null;
  const end = toMicros(now.asOf);
  const to = marked === null ? end : Math.max(Math.min(end, toMicros(marked) + length / 2), toMicros(marked));
  return { from: to - length, to };
}

/** The chart with its spans, and in words what it shows where the hand is. */
export function ChartArea({ now, axis, moment, marked, series, onSpan, onMoment, step, dragged, onDrag }: ChartAreaProps) {
  const zone = useZone();
  const [name, setName] = useState<SpanName>('all');
  const [hovered, setHovered] = useState<Micros | null>(null);
  const go = (micros: Micros): void => onMoment(picked(moment, axis, fromMicros(micros)));
  const follow = useDebouncedCallback(go, { delay: FOLLOW_MS });
  const onPick = (micros: Micros, isDone: boolean): void => {
    onDrag(isDone ? null : micros);
    setHovered(null);
    if (!isDone) return follow(micros);
    follow.cancel();
    go(micros);
  };
  const show = (chosen: SpanName): void => {
    setName(chosen);
    onSpan(spanOf(LENGTHS[chosen], now, marked));
  };
  const markedMicros = dragged ?? (marked === null ? null : toMicros(marked));
  const told = dragged ?? hovered ?? markedMicros;
  const balance = readingOf({ series, now }, told);
  const reading = [
    told === null ? text.now : formatInstant(fromMicros(told), zone, 'micro'),
    ...(balance === null ? [] : [`${formatAmount(balance)} ${now.currency}`]),
  ];
  const isNone = series.kind === 'none';
  return (
    <>
      <Group justify="space-between" gap="sm">
        <Text size="sm" className="time" fw={500} data-testid="reading">
          {reading.join(' · ')}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={text.span}
          data={Object.entries(text.spans).map(([value, label]) => ({ value, label }))}
          value={name}
          onChange={(value) => show(value as SpanName)}
        />
      </Group>
      {series.error !== null && isNone ? <Problem error={series.error} onRetry={series.refetch} /> : null}
      {series.isPending ? <Skeleton height={CHART_HEIGHT} /> : null}
      {isNone && !series.isPending && series.error === null ? <Alert color="cyan">{text.tooMany}</Alert> : null}
      {isNone ? null : (
        <Suspense fallback={<Skeleton height={CHART_HEIGHT} />}>
          <Chart
            points={series.drawn}
            isSampled={series.kind === 'samples'}
            span={series.span}
            zone={zone}
            micros={markedMicros}
            valueText={reading.join(', ')}
            onPick={onPick}
            onStep={(direction, by) => (by === 'micro' ? step.micro(direction) : step.go(direction))}
            onHover={setHovered}
            onCancel={() => {
              onDrag(null);
              follow.cancel();
            }}
          />
        </Suspense>
      )}
      {series.kind === 'samples' ? (
        <Text size="xs" c="dimmed">
          {text.sampled(series.drawn.length)}
        </Text>
      ) : null}
    </>
  );
}
