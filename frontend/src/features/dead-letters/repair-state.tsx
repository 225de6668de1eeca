import { LedgerFlowError, LedgerFlowProblem } from '@ledgerflow/client';
import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { Id } from '../../ui/copy/index.ts';
import { Notice } from '../../ui/notice/index.ts';
import { Problem } from '../../ui/problem/index.ts';
import { isRunning, type Repair } from './letter.ts';
import type { Repairing } from './queries.ts';
import classes from './repair-state.module.css';
import { strings } from './strings.ts';

function Failed({ error, look }: { error: Error; look: () => void }) {
  const { applied } = error instanceof LedgerFlowProblem ? error.parameters : {};
  const isUnknown = error instanceof LedgerFlowError && error.isOutcomeUnknown;
  return (
    <Stack gap="xs" align="flex-start">
      <Problem error={error} />
      {typeof applied === 'string' && applied !== '0' ? <Text size="sm">{strings.before(applied)}</Text> : null}
      {isUnknown ? (
        <>
          <Text size="sm">{strings.unknown}</Text>
          <Button size="xs" variant="default" onClick={look}>
            {strings.look}
          </Button>
        </>
      ) : null}
    </Stack>
  );
}

function Over({ repair, isDiscard }: { repair: Repair; isDiscard: boolean }) {
  const { applied, left, code, detail } = repair;
  const isDone = code === null;
  return (
    <Notice tone={isDone ? 'well' : 'warn'} title={isDone ? (isDiscard ? strings.discarded : strings.done(applied)) : strings.notAll}>
      <Stack gap={4}>
        {code === null ? null : <Code>{code}</Code>}
        {detail === null ? null : <Text size="sm">{detail}</Text>}
        {isDone && isDiscard && applied > 0 ? <Text size="sm">{strings.done(applied)}</Text> : null}
        {left === null ? null : <Text size="sm">{strings.left(left)}</Text>}
      </Stack>
    </Notice>
  );
}

/** How a retry or a discard stands: nothing before it is asked for. */
export function RepairState({ repairing, isDiscard = false }: { repairing: Repairing; isDiscard?: boolean }) {
  const { repair, error, isBusy, look } = repairing;
  return (
    <div aria-live="polite" className={classes['live'] ?? ''}>
      {error === null ? null : <Failed error={error} look={look} />}
      {isBusy ? (
        <Notice tone="busy" title={strings.running}>
          {repair === null ? null : (
            <Stack gap={4}>
              <Text size="sm">{strings.runningDetail}</Text>
              <Group gap={4}>
                <Text size="sm">{strings.repair}:</Text>
                <Id value={repair.id} label={strings.repair} />
              </Group>
            </Stack>
          )}
        </Notice>
      ) : null}
      {repair === null || isRunning(repair) || isBusy ? null : <Over repair={repair} isDiscard={isDiscard} />}
    </div>
  );
}
