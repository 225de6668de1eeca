import { Button, Card, Center, Group, NativeSelect, Skeleton, Text, Title, VisuallyHidden } from '@mantine/core';
import type { DataOf, Ledger } from '@ledgerflow/client';
import { memo, useCallback, useMemo, useState } from 'react';
import { useLoaded } from '../../ui/late/index.ts';
import { formatAmount, Money } from '../../ui/money/index.ts';
import { useFilters } from '../../ui/page/index.ts';
import { Answered } from '../../ui/states/index.ts';
import { formatInstant, fromDate, type Instant, Time, useZone } from '../../ui/time/index.ts';
import { isRange, type Point, pointsOf, type Range, RANGES } from './buckets.ts';
import classes from './overview.module.css';
import { type Moved, useRecent, useVolume } from './queries.ts';
import { strings } from './strings.ts';
import { sumAmounts } from './sum.ts';

/** On its way as soon as the page is: it is the largest part of it. */
const chart = import('./chart.tsx');

const HEIGHT = 240;
const LOADING = <Skeleton height={HEIGHT + 28} />;

/** For those who do not see the chart; steps in which nothing moved are left out. */
function Spoken({
  points,
  currency,
  caption,
  label,
}: {
  points: readonly Point[];
  currency: string;
  caption: string;
  label: (at: Instant) => string;
}) {
  return (
    <VisuallyHidden>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{strings.columns.at}</th>
            <th scope="col">{strings.columns.volume}</th>
            <th scope="col">{strings.columns.transactions}</th>
          </tr>
        </thead>
        <tbody>
          {points
            .filter(({ transactions }) => transactions > 0)
            .map((point) => (
              <tr key={point.at}>
                <th scope="row">{label(point.at)}</th>
                <td>
                  {formatAmount(point.volume)} {currency}
                </td>
                <td>{point.transactions}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </VisuallyHidden>
  );
}

interface ControlsProps {
  currencies: Ledger['currencies'];
  currency: string | null;
  range: Range;
  change: (filters: { currency?: string; range?: string | null }) => void;
}

/** Which currency, where there are several, and how far back. */
const Controls = ({ currencies, currency, range, change }: ControlsProps) => (
  <Group gap="xs">
    {currencies.length > 1 ? (
      <NativeSelect
        size="xs"
        aria-label={strings.currency}
        value={currency ?? ''}
        data={currencies.map(({ code }) => code)}
        onChange={({ currentTarget }) => change({ currency: currentTarget.value })}
      />
    ) : null}
    <Button.Group aria-label={strings.range}>
      {(Object.keys(RANGES) as Range[]).map((one) => (
        <Button
          key={one}
          size="xs"
          variant={one === range ? 'light' : 'default'}
          aria-pressed={one === range}
          onClick={() => change({ range: one === 'hour' ? null : one })}
        >
          {strings.ranges[one]}
        </Button>
      ))}
    </Button.Group>
  </Group>
);

/** That of the newest transaction when the page was opened, so that one sees something; null until that is known. */
function useStandardCurrency(recent: DataOf<'listTransactions'> | undefined, currencies: Ledger['currencies']): string | null {
  const [first, setFirst] = useState<string | null>(null);
  const found = currencies.length > 1 ? recent?.data[0]?.entries[0]?.currency : undefined;
  // The next one may have moved another currency: what one looks at stays.
  if (first === null && found !== undefined) setFirst(found);
  return first ?? (currencies.length === 1 || recent !== undefined ? (currencies[0]?.code ?? null) : null);
}

interface DrawnProps {
  moved: Moved & { data: DataOf<'listActivity'> };
  range: Range;
  currency: string;
  caption: string;
}

/** The sum and the chart; where asking again failed, as of when they are. */
function Drawn({ moved: { data, fromMs, readMs, error }, range, currency, caption }: DrawnProps) {
  const zone = useZone();
  const { VolumeChart } = useLoaded(chart);
  const points = useMemo(() => pointsOf(data.data, range, fromMs), [data, range, fromMs]);
  const label = useCallback(
    (at: Instant): string =>
      range === 'month' ? formatInstant(at, 'utc', 'minute').slice(5, 10) : formatInstant(at, zone, 'minute').slice(11),
    [range, zone],
  );
  const volume = sumAmounts(points.map((point) => point.volume));
  const count = points.reduce((sum, { transactions }) => sum + transactions, 0);
  return (
    <>
      <Text size="sm" mb="xs">
        <Text span fw={600} fz="lg">
          <Money amount={volume} currency={currency} />
        </Text>{' '}
        <Text span c="dimmed" inherit>
          {strings.transactions(count)}
          {error === null ? null : (
            <>
              {', '}
              {strings.asOf} <Time at={fromDate(new Date(readMs))} />
            </>
          )}
        </Text>
      </Text>
      {count === 0 ? (
        <Center h={HEIGHT}>
          <div>
            <Text ta="center" fw={600}>
              {strings.nothingMoved}
            </Text>
            <Text ta="center" size="sm" c="dimmed">
              {strings.nothingMovedAbout}
            </Text>
          </div>
        </Center>
      ) : (
        <div role="group" aria-label={`${caption}: ${formatAmount(volume)} ${currency}, ${strings.transactions(count)}`}>
          {VolumeChart === undefined ? (
            <Skeleton height={HEIGHT} />
          ) : (
            <VolumeChart points={points} currency={currency} height={HEIGHT} label={label} />
          )}
        </div>
      )}
      <Spoken points={points} currency={currency} caption={caption} label={label} />
    </>
  );
}

/** What moves in the ledger, of one currency, as it comes in. Drawn when that changes and not with all else on the page. */
export const Volume = memo(function Volume({ ledger: { id, currencies } }: { ledger: Ledger }) {
  const [filters, change] = useFilters(['range', 'currency']);
  const range: Range = isRange(filters.range) ? filters.range : 'hour';
  const recent = useRecent(id);
  const standard = useStandardCurrency(recent.data, currencies);
  const currency = currencies.find(({ code }) => code === filters.currency)?.code ?? standard;
  const moved = useVolume(id, currency, range);
  const caption = strings.volumeOf(strings.rangeWords[range]);
  return (
    <Card component="section" aria-labelledby="volume" className={classes['volume'] ?? ''}>
      <Group justify="space-between" align="flex-start" gap="sm" mb="sm">
        <div>
          <Title order={2} id="volume">
            {strings.volume}
          </Title>
          <Text size="sm" c="dimmed">
            {caption}
          </Text>
        </div>
        <Controls currencies={currencies} currency={currency} range={range} change={change} />
      </Group>
      {currency === null ? (
        <Answered query={{ ...recent, data: undefined }} loading={LOADING}>
          {() => null}
        </Answered>
      ) : (
        <Answered query={moved} loading={LOADING}>
          {(data) => <Drawn moved={{ ...moved, data }} range={range} currency={currency} caption={caption} />}
        </Answered>
      )}
    </Card>
  );
});
