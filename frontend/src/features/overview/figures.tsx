import { Card, Skeleton, Text } from '@mantine/core';
import { memo, type ReactNode } from 'react';
import { Link } from 'react-router';
import { clock } from '../../api/clock.ts';
import { paths } from '../../app/paths.ts';
import { formatAmount } from '../../ui/money/index.ts';
import { isRefused, tell } from '../../ui/problem/index.ts';
import { formatDuration, fromDate, Time } from '../../ui/time/index.ts';
import { countOf } from './attention.ts';
import { rateOf } from './buckets.ts';
import { type Lag, lagOf, OLD_MS } from './lag.ts';
import classes from './overview.module.css';
import { useCan, useHealth, useIsOld, useLetters, useOutbox, useProjections, useRate, useTrial } from './queries.ts';
import { strings } from './strings.ts';

interface FigureProps {
  label: string;
  /** undefined: not there yet; null: it could not be had, and the list above says why. */
  value: ReactNode | undefined;
  about?: ReactNode;
  isBad?: boolean;
  to?: string;
}

const NOT_KNOWN = '–';

/** One figure, what it is, and a word on it. With `to` all of it leads there. */
const Figure = ({ label, value, about, isBad = false, to }: FigureProps) => (
  <Card padding="sm" className={classes['figure'] ?? ''}>
    <Text component="dt" size="sm" c="dimmed">
      {to === undefined ? (
        label
      ) : (
        <Link to={to} className={classes['whole'] ?? ''}>
          {label}
        </Link>
      )}
    </Text>
    <dd className={`${classes['value']} ${isBad ? classes['critical'] : ''}`}>
      {value === undefined ? <Skeleton height={24} my={3} width="60%" /> : (value ?? NOT_KNOWN)}
    </dd>
    <Text component="dd" m={0} size="xs" c="dimmed">
      {about ?? '\u00a0'}
    </Text>
  </Card>
);

/** With one digit after the point, unless that is 0. */
const formatRate = (rate: number): string => formatAmount(rate.toFixed(1).replace(/\.0$/, ''));
/** What one may not see any more is not there. */
const valueOf = <T, V>({ data, error }: { data: T | undefined; error: unknown }, of: (data: T) => V): V | null | undefined =>
  data === undefined || isRefused(error) ? (error === null ? undefined : null) : of(data);

/** Why there is no newer figure, and of when the one above is. */
const Failure = ({ error, readMs }: { error: unknown; readMs: number }) => (
  <>
    {isRefused(error) ? strings.refused : tell(error).title}
    {readMs === 0 ? null : (
      <>
        {', '}
        {strings.asOf} <Time at={fromDate(new Date(readMs))} />
      </>
    )}
  </>
);

function Throughput({ ledger }: { ledger: string }) {
  const query = useRate(ledger);
  const { error, fromMs, readMs } = query;
  const measured = valueOf(query, ({ data }) => rateOf(data, fromMs, Math.max(readMs, fromMs)));
  const isFast = (measured?.perSecond ?? 0) >= 1;
  return (
    <Figure
      label={strings.throughput}
      value={
        measured && (
          <>
            {formatRate(isFast ? measured.perSecond : measured.perSecond * 60)}{' '}
            <Text span size="sm" c="dimmed" fw={400}>
              {isFast ? strings.perSecond : strings.perMinute}
            </Text>
          </>
        )
      }
      about={
        error === null ? (
          measured && strings.throughputAbout(measured.count, formatDuration(measured.seconds))
        ) : (
          <Failure error={error} readMs={measured ? readMs : 0} />
        )
      }
    />
  );
}

const aboutUnknown = ({ why, since }: Lag & { isKnown: false }): ReactNode =>
  since === null ? (
    strings.lagWhys[why]
  ) : (
    <>
      {strings.since} <Time at={since} />
    </>
  );

function LagFigure({ ledger }: { ledger: string }) {
  const query = useProjections(ledger);
  const { data: health } = useHealth();
  const isOld = useIsOld(query.dataUpdatedAt, OLD_MS) || query.error !== null;
  const lag = valueOf(query, ({ data: rows }) => lagOf({ rows, readMs: clock.ledgerMs(query.dataUpdatedAt), isOld, health }));
  const tellOf = (told: Lag): [string, ReactNode] => {
    if (!told.isKnown) return [strings.notKnownValue, aboutUnknown(told)];
    const { records, seconds } = told;
    return records === '0' ? [strings.lagNone, strings.lagNoneAbout] : [formatDuration(seconds), strings.lagAbout(formatAmount(records))];
  };
  const [value, about] = lag ? tellOf(lag) : [lag, undefined];
  return <Figure label={strings.lag} value={value} about={about} to={paths.projections({ ledger })} />;
}

function Backlog() {
  const sum = valueOf(useOutbox(), ({ relay, data }) => ({
    isOff: relay === 'off',
    backlog: data.reduce((total, { backlog }) => total + BigInt(backlog), 0n),
    age: Math.max(0, ...data.map(({ oldestAgeSeconds }) => oldestAgeSeconds)),
  }));
  const value = sum && (sum.isOff ? strings.backlogOff : formatAmount(String(sum.backlog)));
  const aboutOf = (known: NonNullable<typeof sum>): string => {
    if (known.isOff) return strings.backlogOffAbout;
    return known.backlog === 0n ? strings.backlogNone : strings.backlogAbout(formatDuration(known.age));
  };
  return <Figure label={strings.backlog} value={value} about={sum ? aboutOf(sum) : undefined} to={paths.outbox()} />;
}

function Letters({ ledger }: { ledger: string }) {
  const query = useLetters(ledger);
  const count = valueOf(query, countOf);
  const accounts = new Set(query.data?.data.flatMap((letter) => letter.accounts)).size;
  const about = count && (count === '0' ? strings.lettersNone : strings.lettersAbout(accounts));
  return (
    <Figure
      label={strings.lettersFigure}
      value={count}
      about={about ?? undefined}
      isBad={count !== '0' && typeof count === 'string'}
      to={paths.deadLetters({ ledger })}
    />
  );
}

function Drift({ ledger }: { ledger: string }) {
  const can = useCan();
  const projections = useProjections(ledger);
  const isBalanced = valueOf(useTrial(ledger), ({ balanced }) => balanced);
  const known = valueOf(projections, ({ data }) => Math.max(0, ...data.map(({ divergences }) => divergences)));
  const diverged = known ?? 0;
  const isFound = isBalanced === false || diverged > 0;
  // That there is none is said only when all that may tell has told.
  const missing = typeof isBalanced === 'boolean' ? (can.projections ? known : 0) : isBalanced;
  const isKnown = isFound || typeof missing === 'number';
  const about = isBalanced === false ? strings.driftUnbalanced : diverged > 0 ? strings.driftDiverged(diverged) : strings.driftNoneAbout;
  return (
    <Figure
      label={strings.drift}
      value={isKnown ? (isFound ? strings.driftFound : strings.driftNone) : missing}
      about={isKnown ? about : undefined}
      isBad={isFound}
      to={isBalanced !== false && diverged > 0 ? paths.projections({ ledger }) : paths.trialBalance(ledger)}
    />
  );
}

/** How the ledger and what carries it stand, in a figure each; those that one may not ask for are not there. */
export const Figures = memo(function Figures({ ledger }: { ledger: string }) {
  const can = useCan();
  return (
    <dl className={classes['figures']}>
      <Throughput ledger={ledger} />
      {can.projections ? <LagFigure ledger={ledger} /> : null}
      {can.outbox ? <Backlog /> : null}
      {can.letters ? <Letters ledger={ledger} /> : null}
      <Drift ledger={ledger} />
    </dl>
  );
});
