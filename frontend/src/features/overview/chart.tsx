import { Paper, Text } from '@mantine/core';
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { memo } from 'react';
import { formatAmount, Money } from '../../ui/money/index.ts';
import type { Instant } from '../../ui/time/index.ts';
import type { Point } from './buckets.ts';
import { strings } from './strings.ts';

export interface VolumeChartProps {
  points: readonly Point[];
  currency: string;
  height: number;
  /** A step's beginning, as short as it can be told. */
  label: (at: Instant) => string;
}

interface TipProps extends Pick<VolumeChartProps, 'currency' | 'label'> {
  payload?: readonly { payload?: Point }[];
}

function Tip({ payload, currency, label }: TipProps) {
  const point = payload?.[0]?.payload;
  if (point === undefined) return null;
  return (
    <Paper withBorder shadow="sm" px="sm" py="xs">
      <Text size="xs" c="dimmed">
        {label(point.at)}
      </Text>
      <Text size="sm" fw={600}>
        <Money amount={point.volume} currency={currency} />
      </Text>
      <Text size="xs">{strings.transactions(point.transactions)}</Text>
    </Paper>
  );
}

/** What moved little beside much can be seen, too. */
const visible = (value: unknown): number => (value === 0 ? 0 : 2);
const LABELS = 6;
/** Of the steps that have a label. Told, recharts does not measure each of them for what has room, which is a layout of the page each time. */
const ticksOf = (points: readonly Point[]): Instant[] =>
  points.filter((_, index) => index % Math.ceil(points.length / LABELS) === 0).map(({ at }) => at);
/** Where there is none recharts would measure the labels of all steps, too. */
const noLines = (): number[] => [];
const TICK = { fontSize: 12, fill: 'var(--mantine-color-dimmed)' };

/**
 * A bar a step. It is drawn by numbers; what it says are the strings of the answer. Of recharts' own parts: Mantine's chart brings legend and labels along, which are 10 KiB more
 * of what the first page has to load.
 */
export const VolumeChart = memo(function VolumeChart({ points, currency, height, label }: VolumeChartProps) {
  return (
    <ResponsiveContainer width="100%" height={height}>
      <BarChart data={points} margin={{ top: 8, right: 0, bottom: 0, left: 0 }}>
        <CartesianGrid
          vertical={false}
          verticalCoordinatesGenerator={noLines}
          stroke="var(--mantine-color-default-border)"
          strokeDasharray="2 4"
        />
        <XAxis
          dataKey="at"
          ticks={ticksOf(points)}
          interval={0}
          tickFormatter={label}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          tickMargin={8}
        />
        <YAxis
          width={84}
          tickCount={4}
          interval={0}
          tickFormatter={(value: number) => formatAmount(String(value))}
          tick={TICK}
          tickLine={false}
          axisLine={false}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--mantine-color-default-hover)' }}
          content={({ payload }) => <Tip payload={payload as NonNullable<TipProps['payload']>} currency={currency} label={label} />}
        />
        <Bar
          dataKey="height"
          minPointSize={visible}
          fill="var(--overview-bar)"
          radius={[2, 2, 0, 0]}
          maxBarSize={28}
          isAnimationActive={false}
        />
      </BarChart>
    </ResponsiveContainer>
  );
});
