import { Anchor, Card, Group, Skeleton, Text, Title } from '@mantine/core';
import { CheckCircleIcon, ExclamationTriangleIcon, QuestionMarkCircleIcon, XCircleIcon } from '@heroicons/react/24/outline';
import { memo } from 'react';
import { Link } from 'react-router';
import { isRefused } from '../../ui/problem/index.ts';
import { Time } from '../../ui/time/index.ts';
import { attentionOf, failureOf, type Item, type SourceName } from './attention.ts';
import { OLD_MS } from './lag.ts';
import classes from './overview.module.css';
import { useBehindMinutes, useCan, useHealth, useIsOld, useLetters, useOutbox, useProjections, useTrial } from './queries.ts';
import { strings } from './strings.ts';

const ICON = 22;
const ICONS = { critical: XCircleIcon, warning: ExclamationTriangleIcon, unknown: QuestionMarkCircleIcon } as const;

function Entry({ item }: { item: Item }) {
  const Icon = ICONS[item.severity];
  return (
    <li className={classes['item']}>
      <Group gap="sm" align="flex-start" wrap="nowrap">
        <Icon width={ICON} className={classes[item.severity]} aria-hidden />
        <div className={classes['grow']}>
          <Text size="sm" fw={600}>
            <span className={classes[item.severity]}>{strings.severities[item.severity]}:</span> {item.title}
          </Text>
          <Text size="sm" c="dimmed">
            {item.detail}
          </Text>
          {item.since === undefined ? null : (
            <Text size="xs" c="dimmed">
              {strings.since} <Time at={item.since} />
            </Text>
          )}
        </div>
        {item.link === undefined ? null : (
          <Anchor component={Link} to={item.link.to} size="sm" fw={600}>
            {item.link.label}
          </Anchor>
        )}
      </Group>
    </li>
  );
}

/** What one may not see any more tells nothing. */
const toldBy = <T,>({ data, error }: { data: T | undefined; error: unknown }): T | undefined => (isRefused(error) ? undefined : data);

const TRIAL_OLD_MS = 60_000;
const SOURCES: readonly SourceName[] = ['trial', 'health', 'outbox', 'projections', 'letters'];

/** When the oldest of what is watched was read, and from which age on it says nothing of now: three of its polls did not come. */
function ageOf(
  asked: readonly SourceName[],
  sources: Readonly<Record<SourceName, { dataUpdatedAt: number }>>,
): [readMs: number, oldMs: number] {
  const watched = asked.filter((name) => name !== 'trial');
  if (watched.length === 0) return [sources.trial.dataUpdatedAt, TRIAL_OLD_MS];
  return [Math.min(...watched.map((name) => sources[name].dataUpdatedAt)), OLD_MS];
}

/** What needs somebody, worst on top, each with the way to where it is mended; calm only when all that was asked has answered well. */
export const AttentionList = memo(function AttentionList({ ledger }: { ledger: string }) {
  const can = useCan();
  const sources = {
    trial: useTrial(ledger),
    health: useHealth(),
    outbox: useOutbox(),
    projections: useProjections(ledger),
    letters: useLetters(ledger),
  };
  const { trial, health, outbox, projections, letters } = sources;
  const items = attentionOf({
    ledger,
    behindMinutes: useBehindMinutes(),
    trial: toldBy(trial),
    health: toldBy(health),
    outbox: toldBy(outbox),
    projections: toldBy(projections),
    letters: toldBy(letters),
  });
  const asked = SOURCES.filter((name) => name === 'trial' || can[name]);
  for (const name of asked) {
    const failure = failureOf(name, sources[name].error);
    if (failure !== null) items.push(failure);
  }
  const isComplete = asked.every((name) => sources[name].data !== undefined && sources[name].error === null);
  const isFailed = asked.some((name) => sources[name].error !== null);
  const isOld = useIsOld(...ageOf(asked, sources));
  return (
    <Card component="section" aria-labelledby="attention">
      <Title order={2} id="attention" mb="sm">
        {strings.attention}
      </Title>
      <div role="status">
        {items.length > 0 ? (
          <ul className={classes['items']}>
            {items.map((item) => (
              <Entry key={item.id} item={item} />
            ))}
          </ul>
        ) : isOld && isComplete ? (
          <Text size="sm">{strings.old}</Text>
        ) : isComplete ? (
          <Group gap="sm" wrap="nowrap">
            <CheckCircleIcon width={ICON} className={classes['well']} aria-hidden />
            <Text size="sm" className={classes['grow'] ?? ''}>
              <Text span fw={600} inherit>
                {strings.calm}.
              </Text>{' '}
              <Text span c="dimmed" inherit>
                {strings.calmOf(asked.map((name) => strings.sources[name]))}
              </Text>
            </Text>
          </Group>
        ) : isFailed ? (
          <Text size="sm">{strings.notKnown}</Text>
        ) : (
          <Skeleton height={ICON} aria-label={strings.looking} />
        )}
      </div>
    </Card>
  );
});
