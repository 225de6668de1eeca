import { LedgerFlowUnreachable } from '@ledgerflow/client';
import { Button, Code, Group, Stack, Text, Title } from '@mantine/core';
import { QuestionMarkCircleIcon } from '@heroicons/react/24/outline';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Copy } from '../../../ui/copy/index.ts';
import { Money } from '../../../ui/money/index.ts';
import { Notice } from '../../../ui/notice/index.ts';
import { onFirstPress } from '../../../ui/press/index.ts';
import { Problem } from '../../../ui/problem/index.ts';
import { Loading } from '../../../ui/states/index.ts';
import { Time } from '../../../ui/time/index.ts';
import { type Command, postingsOf } from '../intent/command.ts';
import type { Kind } from '../intent/draft.ts';
import type { Intent } from '../intent/slice.ts';
import classes from '../money.module.css';
import { strings } from '../strings.ts';
import { Changes } from './changes.tsx';

/** A line that says what a command is. */
function Summary({ kind, command }: { kind: Kind; command: Command }) {
  const postings = postingsOf(command);
  const [first] = postings;
  if (kind === 'legs' || first === undefined) return strings.summary.legs(postings.length);
  return (
    <>
      {strings.summary[kind]} <Money amount={first.amount} currency={first.currency} />
    </>
  );
}

const TERMS = ['reference', 'externalId', 'description', 'effectiveAt', 'metadata'] as const;

function Terms({ command }: { command: Command }) {
  const { body } = command.request;
  const given = TERMS.filter((name) => body[name] !== undefined);
  if (given.length === 0) return null;
  return (
    <Stack gap={4}>
      {given.map((name) => (
        <Text key={name} size="sm">
          <Text span c="dimmed">
            {strings.terms[name]}:
          </Text>{' '}
          {name === 'effectiveAt' ? <Time at={body.effectiveAt ?? ''} precision="micro" /> : null}
          {name === 'metadata' ? <Code>{JSON.stringify(body.metadata)}</Code> : null}
          {name !== 'effectiveAt' && name !== 'metadata' ? body[name] : null}
        </Text>
      ))}
    </Stack>
  );
}

export interface CheckProps {
  kind: Kind;
  ledger: string;
  intent: Intent;
  error: unknown;
  /** The preview is too old; another one is on its way. */
  isRenewing: boolean;
  onBack: () => void;
  onConfirm: () => void;
}

/** Longer than a double click of a slow hand: what it confirms has to have been seen. */
const SEEN_MS = 1_000;

/** Whether it has been shown for long enough to be seen; begins anew with each time. */
function useSeen(isShown: boolean): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (!isShown) return;
    const timer = setTimeout(() => setSeen(true), SEEN_MS);
    return () => {
      clearTimeout(timer);
      setSeen(false);
    };
  }, [isShown]);
  return isSeen && isShown;
}

/** The second step: what the ledger would do, the confirmation, and whatever may come of it but a result. */
export function Check({ kind, ledger, intent, error, isRenewing, onBack, onConfirm }: CheckProps) {
  const { phase, command, preview, key } = intent;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [phase]);
  const isSeen = useSeen(phase === 'previewed' && !isRenewing);
  const isTooEarly = phase === 'previewed' && !isSeen;
  if (command === null) return null;
  const isSending = phase === 'sent';
  const isUnknown = phase === 'unknown' || (isSending && intent.isDoubtful);
  return (
    <form
      aria-label={strings.steps.check}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!isTooEarly) onConfirm();
      }}
    >
      <Stack gap="md">
        <Title order={2} ref={heading} tabIndex={-1} className={classes['heading'] ?? ''}>
          <Summary kind={kind} command={command} />
        </Title>
        {isUnknown ? (
          <Notice tone="warn" icon={<QuestionMarkCircleIcon />} title={strings.unknown.title} role="alert">
            {strings.unknown.detail}
          </Notice>
        ) : (
          <Text size="sm" c="dimmed">
            {strings.wouldBe}
          </Text>
        )}
        {error === null || isSending || (isUnknown && error instanceof LedgerFlowUnreachable) ? null : <Problem error={error} />}
        {isRenewing ? <Loading lines={3} /> : null}
        {preview === null || isRenewing ? null : <Changes ledger={ledger} command={command} movement={preview} label={strings.wouldBe} />}
        <Terms command={command} />
        <Group gap={6}>
          <Text size="xs" c="dimmed">
            {strings.key} <span className="id">{key}</span>
          </Text>
          <Copy value={key} label={strings.copyKey} />
        </Group>
        <Group>
          <Button type="submit" loading={isSending || isRenewing} disabled={isTooEarly} onClick={onFirstPress()}>
            {isUnknown ? strings.unknown.again : strings.confirm[kind]}
          </Button>
          {phase === 'previewed' ? (
            <Button variant="default" onClick={onFirstPress(onBack)}>
              {strings.back}
            </Button>
          ) : null}
        </Group>
      </Stack>
    </form>
  );
}
