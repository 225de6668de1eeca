import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { CheckCircleIcon } from '@heroicons/react/24/outline';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { paths } from '../../../app/paths.ts';
import { Copy } from '../../../ui/copy/index.ts';
import { Notice } from '../../../ui/notice/index.ts';
import { onFirstPress } from '../../../ui/press/index.ts';
import { Time } from '../../../ui/time/index.ts';
import type { Kind } from '../intent/draft.ts';
import type { Intent } from '../intent/slice.ts';
import classes from '../money.module.css';
import { strings } from '../strings.ts';
import { Changes } from './changes.tsx';

export interface ResultProps {
  kind: Kind;
  ledger: string;
  intent: Intent;
  onAnother: () => void;
  onSame: () => void;
}

/** The last step: what was done. */
export function Result({ kind, ledger, intent, onAnother, onSame }: ResultProps) {
  const { outcome, command } = intent;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  if (outcome === null || command === null) return null;
  const { movement, isReplayed } = outcome;
  const { transactionId, recordedAt, effectiveAt } = movement;
  return (
    <Stack gap="md">
      <Group gap="xs">
        <CheckCircleIcon width={28} color="var(--money-in)" aria-hidden />
        <Title order={2} ref={heading} tabIndex={-1} className={classes['heading'] ?? ''}>
          {strings.done.title[kind]}
        </Title>
      </Group>
      {isReplayed ? <Notice tone="idle">{strings.done.replayed}</Notice> : null}
      <Group gap="xl" align="flex-start">
        <Stack gap={2}>
          <Text size="sm" c="dimmed">
            {strings.done.transaction}
          </Text>
          <Group gap={4}>
            <Anchor component={Link} to={paths.transaction(ledger, transactionId)} className="id" fw={600}>
              {transactionId}
            </Anchor>
            <Copy value={transactionId} label={strings.done.copyTransaction} />
          </Group>
        </Stack>
        <Stack gap={2}>
          <Text size="sm" c="dimmed">
            {strings.done.recorded}
          </Text>
          <Text size="sm">
            <Time at={recordedAt} precision="micro" />
          </Text>
        </Stack>
        {effectiveAt === recordedAt ? null : (
          <Stack gap={2}>
            <Text size="sm" c="dimmed">
              {strings.done.effective}
            </Text>
            <Text size="sm">
              <Time at={effectiveAt} precision="micro" />
            </Text>
          </Stack>
        )}
      </Group>
      <Changes ledger={ledger} command={command} movement={movement} label={strings.done.changed} />
      <Group>
        <Button onClick={onFirstPress(onAnother)}>{strings.done.another}</Button>
        <Button variant="default" onClick={onFirstPress(onSame)}>
          {strings.done.same}
        </Button>
      </Group>
    </Stack>
  );
}
