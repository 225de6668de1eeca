import { Card, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import type { Account } from '@ledgerflow/client';
import { useState } from 'react';
import type { Micros } from '../../../ui/time/micros.ts';
import { strings } from '../strings.ts';
import { ChartArea } from './chart-area.tsx';
import { Controls } from './controls.tsx';
import { type Axis, axisOf, markedOf, type Moment, type MomentChange, onAxis } from './moment.ts';
import { useThen } from './queries.ts';
import type { Span } from './series.ts';
import { Then } from './then.tsx';
import { useSeries } from './use-series.ts';
import { useStep } from './use-step.ts';

const text = strings.travel;

export interface TravelProps {
  ledger: string;
  now: Account;
  moment: Moment;
  onMoment: (change: MomentChange) => void;
}

/** Any moment of an account: typed, dragged along the chart, or stepped through; on either time axis; beside what is now. */
export function Travel({ ledger, now, moment, onMoment }: TravelProps) {
  const [chosenAxis, setChosenAxis] = useState<Axis>('recorded');
  const [span, setSpan] = useState<Span | null>(null);
  const [dragged, setDragged] = useState<Micros | null>(null);
  const axis = axisOf(moment, chosenAxis);
  const isThen = moment.at !== undefined || moment.effectiveAt !== undefined;
  const marked = markedOf(moment, axis);
  const series = useSeries(now, ledger, axis, span, moment.at);
  const past = useThen(ledger, now, moment, dragged !== null);
  const step = useStep({ ledger, now, moment, axis, marked, series, isWhole: span === null, onMoment });
  return (
    <Card component="section" aria-labelledby="travel-title">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" gap="sm">
          <Stack gap={0} flex={1} miw={240}>
            <Title order={2} id="travel-title">
              {text.title}
            </Title>
            <Text size="sm" c="dimmed">
              {text.about} {text.means[axis]}
            </Text>
          </Stack>
          <SegmentedControl
            aria-label={text.axis}
            data={Object.entries(text.axes).map(([value, label]) => ({ value, label }))}
            value={axis}
            onChange={(value) => {
              setChosenAxis(value as Axis);
              if (isThen) onMoment(onAxis(moment, value as Axis));
            }}
          />
        </Group>
        <Controls axis={axis} moment={moment} onMoment={onMoment} step={step} error={past.error} />
        <ChartArea
          now={now}
          axis={axis}
          moment={moment}
          marked={marked}
          series={series}
          onSpan={setSpan}
          onMoment={onMoment}
          step={step}
          dragged={dragged}
          onDrag={setDragged}
        />
        <Then ledger={ledger} now={now} onMoment={onMoment} isThen={isThen} past={past} />
      </Stack>
    </Card>
  );
}
