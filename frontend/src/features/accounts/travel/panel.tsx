import { Alert, Anchor, Box, Button, Card, CopyButton, Group, SegmentedControl, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { ArrowUturnRightIcon, ChevronLeftIcon, ChevronRightIcon, LinkIcon } from '@heroicons/react/24/outline';
import { type Account, LedgerFlowProblem } from '@ledgerflow/client';
import { useMutation } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { lazy, Suspense, useState } from 'react';
import { formatAmount } from '../../../ui/money/index.ts';
import { Problem, tell } from '../../../ui/problem/index.ts';
import { formatInstant, useZone } from '../../../ui/time/index.ts';
import { fromMicros, type Micros, shifted, toMicros } from '../../../ui/time/micros.ts';
import { MomentField } from '../moment-field.tsx';
import { strings } from '../strings.ts';
import { Comparison } from './comparison.tsx';
import { type Axis, axisOf, markedOf, type Moment, type MomentChange, onAxis, picked } from './moment.ts';
import { entryAfter, entryBefore } from './neighbours.ts';
import { askEntries, useOpenedAt, useThen } from './queries.ts';
import { indexAt, neighbour, type Span } from './series.ts';
import { useSeries } from './use-series.ts';

const Chart = lazy(() => import('./chart.tsx'));
const text = strings.travel;
const CHART_HEIGHT = 240;
/** While a hand drags, the address and the question follow no faster. */
const FOLLOW_MS = 200;
const DAY = 86_400_000_000;
const SPANS: Readonly<Record<keyof typeof text.spans, Micros | null>> = {
  all: null,
  month: 30 * DAY,
  week: 7 * DAY,
  day: DAY,
  hour: DAY / 24,
};

export interface TravelProps {
  ledger: string;
  now: Account;
  moment: Moment;
  onMoment: (change: MomentChange) => void;
}

/** Any moment of an account: typed, dragged along the chart, or stepped through; on either time axis; beside what is now. */
export function Travel({ ledger, now, moment, onMoment }: TravelProps) {
  const zone = useZone();
  const [chosenAxis, setChosenAxis] = useState<Axis>('recorded');
  const axis = axisOf(moment, chosenAxis);
  const isThen = moment.at !== undefined || moment.effectiveAt !== undefined;
  const marked = markedOf(moment, axis);
  const [zoom, setZoom] = useState<{ name: keyof typeof text.spans; span: Span | null }>({ name: 'all', span: null });
  const [dragged, setDragged] = useState<Micros | null>(null);
  const [hovered, setHovered] = useState<Micros | null>(null);
  const series = useSeries(now, ledger, axis, zoom.span, moment.at);
  const then = useThen(ledger, now.id, moment);

  const go = (micros: Micros): void => onMoment(picked(moment, axis, fromMicros(micros)));
  const follow = useDebouncedCallback(go, { delay: FOLLOW_MS });
  const onPick = (micros: Micros, isDone: boolean): void => {
    setDragged(isDone ? null : micros);
    setHovered(null);
    if (isDone) follow.cancel();
    if (isDone) go(micros);
    else follow(micros);
  };
  const zoomTo = (name: keyof typeof text.spans): void => {
    const length = SPANS[name];
    if (length === null) return setZoom({ name, span: null });
    const end = toMicros(now.asOf);
    const middle = marked === null ? end : toMicros(marked);
    const to = Math.min(Math.max(end, middle), middle + length / 2);
    setZoom({ name, span: { from: Math.round(to - length), to: Math.round(to) } });
  };

  const from = marked === null ? series.span.to + 1 : toMicros(marked);
  const step = useMutation({
    mutationFn: async (direction: -1 | 1): Promise<Micros | null> => {
      // All that is there is drawn: no need to ask. The recorded axis can always be asked.
      if (axis !== 'recorded' || (series.kind === 'entries' && zoom.span === null))
        return neighbour(series.points, from, direction)?.micros ?? null;
      const found = await (direction === 1 ? entryAfter : entryBefore)(askEntries(ledger, now.id), from);
      return found === null ? null : toMicros(found);
    },
    onSuccess: (micros, direction) => {
      if (micros !== null) go(micros);
      else notifications.show({ message: direction === 1 ? text.noLater : text.noEarlier });
    },
    onError: (error) => notifications.show({ title: tell(error).title, message: tell(error).detail, color: 'red' }),
  });
  const onStep = (direction: -1 | 1, by: 'change' | 'micro'): void => {
    if (by === 'change') step.mutate(direction);
    else onMoment(picked(moment, axis, shifted(marked ?? now.asOf, direction)));
  };

  const told = dragged ?? hovered ?? (marked === null ? null : toMicros(marked));
  const index = indexAt(series.points, told ?? series.span.to);
  const balance = told !== null && index === -1 ? null : (series.points[index]?.balance ?? now.posted);
  const reading = [
    told === null ? text.now : formatInstant(fromMicros(told), zone, 'micro'),
    ...(balance === null ? [] : [`${formatAmount(told === null ? now.posted : balance)} ${now.currency}`]),
  ];
  const canStep = axis === 'recorded' || series.kind === 'entries';
  return (
    <Card component="section" aria-labelledby="travel-title">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" gap="sm">
          <Stack gap={0}>
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
        <Group align="flex-end" gap="sm">
          {axis === 'effective' ? null : (
            <MomentField label={text.at} value={moment.at} onChange={(at) => onMoment({ at })} error={fieldError(then.error, 'at')} />
          )}
          {axis === 'recorded' ? null : (
            <MomentField
              label={text.effectiveAt}
              value={moment.effectiveAt}
              onChange={(effectiveAt) => onMoment({ effectiveAt })}
              error={fieldError(then.error, 'effectiveAt')}
            />
          )}
          <Button.Group>
            <Button
              variant="default"
              leftSection={<ChevronLeftIcon width={16} />}
              onClick={() => step.mutate(-1)}
              disabled={!canStep}
              loading={step.isPending && step.variables === -1}
            >
              {text.previous}
            </Button>
            <Button
              variant="default"
              rightSection={<ChevronRightIcon width={16} />}
              onClick={() => step.mutate(1)}
              disabled={!canStep || !isThen}
              loading={step.isPending && step.variables === 1}
            >
              {text.next}
            </Button>
          </Button.Group>
          {isThen ? (
            <>
              <Button
                variant="default"
                leftSection={<ArrowUturnRightIcon width={16} />}
                onClick={() => onMoment({ at: null, effectiveAt: null })}
              >
                {text.now}
              </Button>
              <CopyButton value={location.href} timeout={2_000}>
                {({ copied, copy }) => (
                  <Button variant="default" leftSection={<LinkIcon width={16} />} onClick={copy}>
                    {copied ? text.linked : text.link}
                  </Button>
                )}
              </CopyButton>
            </>
          ) : null}
        </Group>
        <Group justify="space-between" gap="sm">
          <Text size="sm" className="time" data-testid="reading">
            {reading.join(' · ')}
          </Text>
          <SegmentedControl
            size="xs"
            aria-label={text.span}
            data={Object.entries(text.spans).map(([value, label]) => ({ value, label }))}
            value={zoom.name}
            onChange={(value) => zoomTo(value as keyof typeof text.spans)}
          />
        </Group>
        {series.error !== null && series.kind === 'none' ? <Problem error={series.error} onRetry={series.refetch} /> : null}
        {series.isPending ? <Skeleton height={CHART_HEIGHT} /> : null}
        {!series.isPending && series.kind === 'none' && series.error === null ? <Alert color="cyan">{text.tooMany}</Alert> : null}
        {series.kind !== 'none' ? (
          <Suspense fallback={<Skeleton height={CHART_HEIGHT} />}>
            <Chart
              points={series.drawn}
              span={series.span}
              zone={zone}
              micros={dragged ?? (marked === null ? null : toMicros(marked))}
              valueText={reading.join(', ')}
              onPick={onPick}
              onStep={onStep}
              onHover={setHovered}
            />
          </Suspense>
        ) : null}
        {series.kind === 'days' ? (
          <Text size="xs" c="dimmed">
            {text.closing}
          </Text>
        ) : null}
        <Then {...{ ledger, now, moment, onMoment, isThen, then }} />
      </Stack>
    </Card>
  );
}

function fieldError(error: unknown, field: 'at' | 'effectiveAt'): string | null {
  return error instanceof LedgerFlowProblem && error.field === field ? error.detail : null;
}

interface ThenProps extends TravelProps {
  isThen: boolean;
  then: ReturnType<typeof useThen>;
}

/** What the account was, or why there is nothing to see. */
function Then({ ledger, now, onMoment, isThen, then }: ThenProps) {
  const openedAt = useOpenedAt(ledger, now.id);
  const zone = useZone();
  if (!isThen)
    return (
      <Text size="sm" c="dimmed">
        {text.pick}
      </Text>
    );
  const { error, data } = then;
  if (error instanceof LedgerFlowProblem && error.code === 'account_not_found')
    return (
      <Alert color="cyan" title={text.notOpen}>
        {openedAt === null ? null : (
          <Text size="sm">
            {text.notOpenDetail(formatInstant(openedAt, zone, 'micro'))}{' '}
            <Anchor component="button" inherit onClick={() => onMoment({ at: openedAt })}>
              {text.goOpen}
            </Anchor>
          </Text>
        )}
      </Alert>
    );
  if (error instanceof LedgerFlowProblem && error.code === 'time_in_future')
    return (
      <Alert color="cyan" title={text.future}>
        <Text size="sm">
          {text.futureDetail(formatInstant(now.asOf, zone, 'micro'))}{' '}
          <Anchor component="button" inherit onClick={() => onMoment({ at: null, effectiveAt: null })}>
            {text.goNow}
          </Anchor>
        </Text>
      </Alert>
    );
  if (error !== null) return <Problem error={error} onRetry={() => void then.refetch()} />;
  if (data === undefined) return <Skeleton height={200} />;
  // While a hand drags, what was seen stays until the next is there.
  return (
    <Box opacity={then.isPlaceholderData ? 0.5 : 1} aria-busy={then.isPlaceholderData}>
      <Comparison then={data} now={now} />
    </Box>
  );
}
