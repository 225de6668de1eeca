import '@mantine/charts/styles.css';
import { AreaChart } from '@mantine/charts';
import { type KeyboardEvent, memo, type PointerEvent, useMemo, useRef } from 'react';
import type { Zone } from '../../../ui/time/index.ts';
import type { Micros } from '../../../ui/time/micros.ts';
import { strings } from '../strings.ts';
import classes from './chart.module.css';
import type { Point, Span } from './series.ts';
import { ticksOf } from './ticks.ts';

const HEIGHT = 240;
/** Of the plot within the chart: what the axes and margins take, so that the slider lies exactly on it. */
const PLOT = { left: 76, right: 12, top: 8, bottom: 30 };

export interface ChartProps {
  points: readonly Point[];
  /** Between the points the balance is not known: they are joined. */
  isSampled: boolean;
  span: Span;
  zone: Zone;
  /** Marked; null: now. */
  micros: Micros | null;
  valueText: string;
  /** isDone: the hand has let go. */
  onPick: (micros: Micros, isDone: boolean) => void;
  onStep: (direction: -1 | 1, by: 'change' | 'micro') => void;
  onHover: (micros: Micros | null) => void;
  /** The hand was taken off: nothing was picked. */
  onCancel: () => void;
}

/** Its figures are for the eye: they say about how much. Amounts are told as text beside it. */
const rough = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

const Line = memo(function Line({ points, isSampled, span, zone }: Pick<ChartProps, 'points' | 'isSampled' | 'span' | 'zone'>) {
  const data = useMemo(() => points.map(({ micros, balance }) => ({ t: micros, balance: Number(balance) })), [points]);
  const ticks = useMemo(() => ticksOf(span, zone), [span, zone]);
  return (
    <AreaChart
      h={HEIGHT}
      data={data}
      dataKey="t"
      series={[{ name: 'balance', color: 'cyan.7' }]}
      curveType={isSampled ? 'linear' : 'stepAfter'}
      withDots={false}
      withTooltip={false}
      withGradient={false}
      fillOpacity={0.15}
      strokeWidth={1.5}
      gridAxis="x"
      areaChartProps={{ margin: { left: 0, right: PLOT.right, top: PLOT.top, bottom: 0 }, accessibilityLayer: false }}
      areaProps={{ isAnimationActive: false }}
      xAxisProps={{
        type: 'number',
        domain: [span.from, span.to],
        allowDataOverflow: true,
        ticks: ticks.at,
        tickFormatter: ticks.label,
        height: PLOT.bottom,
        padding: { left: 0, right: 0 },
        interval: 'preserveStartEnd',
      }}
      yAxisProps={{ width: PLOT.left, tickFormatter: (value: number) => rough.format(value) }}
    />
  );
});

const isHeld = ({ currentTarget, pointerId }: PointerEvent): boolean => currentTarget.hasPointerCapture(pointerId);

/** The balance as a line, and on it a slider that picks a moment: by dragging any, by keys from change to change. */
export default function Chart({ points, isSampled, span, zone, micros, valueText, onPick, onStep, onHover, onCancel }: ChartProps) {
  const slider = useRef<HTMLDivElement>(null);
  const place = (event: PointerEvent): Micros => {
    const { left, width } = (slider.current as HTMLDivElement).getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - left) / width));
    return Math.round(span.from + part * (span.to - span.from));
  };
  const keys = (event: KeyboardEvent): void => {
    const { key, shiftKey } = event;
    if (key === 'ArrowLeft' || key === 'ArrowDown') onStep(-1, shiftKey ? 'micro' : 'change');
    else if (key === 'ArrowRight' || key === 'ArrowUp') onStep(1, shiftKey ? 'micro' : 'change');
    else if (key === 'Home') onPick(span.from, true);
    else if (key === 'End') onPick(span.to, true);
    else return;
    event.preventDefault();
  };
  const at = micros ?? span.to;
  const isShown = at >= span.from && at <= span.to;
  return (
    <div className={classes['place']}>
      <div aria-hidden>
        <Line points={points} isSampled={isSampled} span={span} zone={zone} />
      </div>
      <div
        ref={slider}
        className={classes['slider']}
        style={PLOT}
        role="slider"
        tabIndex={0}
        aria-label={strings.travel.chartKeys}
        aria-orientation="horizontal"
        aria-valuemin={Math.round(span.from / 1_000)}
        aria-valuemax={Math.round(span.to / 1_000)}
        aria-valuenow={Math.round(Math.min(span.to, Math.max(span.from, at)) / 1_000)}
        aria-valuetext={valueText}
        onKeyDown={keys}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          onPick(place(event), false);
        }}
        onPointerMove={(event) => {
          // A hand that drags from elsewhere only passes by: it lets go where nothing is heard of it.
          if (isHeld(event)) onPick(place(event), false);
          else if (event.buttons === 0) onHover(place(event));
        }}
        onPointerUp={(event) => {
          if (isHeld(event)) onPick(place(event), true);
        }}
        onPointerCancel={onCancel}
        onPointerLeave={() => onHover(null)}
      >
        {isShown && micros !== null ? (
          <div className={classes['mark']} style={{ left: `${((at - span.from) / (span.to - span.from)) * 100}%` }} />
        ) : null}
      </div>
    </div>
  );
}
