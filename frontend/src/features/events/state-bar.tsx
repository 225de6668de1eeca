import { Button, CloseButton, Group, Paper, Text } from '@mantine/core';
import { ArrowPathIcon, BoltIcon, PauseIcon, PlayIcon, SignalSlashIcon } from '@heroicons/react/24/outline';
import type { ReactNode } from 'react';
import { ReadFailed } from '../../ui/states/index.ts';
import { fromDate, Time } from '../../ui/time/index.ts';
import { type FeedState, type FeedView, type Resumed, SHOWN_MAX } from './feed.ts';
import { strings } from './strings.ts';
import classes from './events.module.css';

/** Why what is shown stays. */
export type Held = 'button' | 'reading';
const ICON = 16;
const at = (ms: number): ReactNode => <Time at={fromDate(new Date(ms))} />;

/** How the stream stands: in a word and an icon. */
function Connection({ state }: { state: FeedState }) {
  switch (state.kind) {
    case 'live':
      return (
        <Group gap={6} wrap="nowrap">
          <BoltIcon width={ICON} color="var(--money-in)" aria-hidden />
          <Text size="sm" fw={600}>
            {strings.live}
          </Text>
        </Group>
      );
    case 'connecting':
      return (
        <Text size="sm" c="dimmed">
          {strings.connecting}
        </Text>
      );
    case 'lost':
      return (
        <Group gap={6} wrap="nowrap">
          <SignalSlashIcon width={ICON} color="var(--mantine-color-error)" aria-hidden />
          <Text size="sm">
            {strings.lost} {at(state.sinceMs)}
          </Text>
        </Group>
      );
    case 'ended':
      return (
        <Group gap={6} wrap="nowrap">
          <SignalSlashIcon width={ICON} color="var(--mantine-color-error)" aria-hidden />
          <Text size="sm">{strings.ended}</Text>
        </Group>
      );
  }
}

const Back = ({ resumed: { behind, fromMs, toMs }, onDismiss }: { resumed: Resumed; onDismiss: () => void }) => (
  <Group gap="xs" justify="space-between" wrap="nowrap" mt="xs">
    <Text size="sm">
      {strings.resumedFrom} {at(fromMs)} {strings.resumedTo} {at(toMs)}
      {strings.resumed(behind)}
    </Text>
    <CloseButton size="sm" aria-label={strings.dismiss} onClick={onDismiss} />
  </Group>
);

export interface StateBarProps {
  view: FeedView;
  held: Held | null;
  onPause: () => void;
  onResume: () => void;
  onAgain: () => void;
  onDismiss: () => void;
  actions: ReactNode;
}

/** Stays on top: how the stream stands, how much is shown and waits, and what can be done about it. */
export function StateBar({ view, held, onPause, onResume, onAgain, onDismiss, actions }: StateBarProps) {
  const { state, resumed, records, waiting, dropped } = view;
  return (
    <Paper className={classes['bar'] ?? ''} py="xs">
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <div role="status">
            <Connection state={state} />
          </div>
          {held === null ? null : (
            <Text size="sm" fw={600}>
              {strings.held[held]}
            </Text>
          )}
          <Text size="sm" c="dimmed" visibleFrom="xs">
            {strings.shown(records.length, SHOWN_MAX)}
            {held === null || waiting === 0 ? '' : `; ${strings.waiting(waiting)}`}
            {dropped === 0 ? '' : `, ${strings.dropped(dropped)}`}
          </Text>
        </Group>
        <Group gap="xs">
          {state.kind === 'lost' || state.kind === 'ended' ? (
            <Button variant="default" leftSection={<ArrowPathIcon width={ICON} />} onClick={onAgain}>
              {state.kind === 'lost' ? strings.tryNow : strings.again}
            </Button>
          ) : null}
          {held === null ? (
            <Button variant="default" leftSection={<PauseIcon width={ICON} />} onClick={onPause}>
              {strings.pause}
            </Button>
          ) : (
            <Button leftSection={<PlayIcon width={ICON} />} onClick={onResume}>
              {strings.resume(waiting)}
            </Button>
          )}
          {actions}
        </Group>
      </Group>
      {resumed === null || state.kind !== 'live' ? null : <Back resumed={resumed} onDismiss={onDismiss} />}
      {state.kind === 'ended' ? <ReadFailed error={state.error} /> : null}
    </Paper>
  );
}
