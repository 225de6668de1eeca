import { LedgerFlowError, LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { ExclamationTriangleIcon } from '@heroicons/react/24/outline';
import { type ComponentType, lazy, Suspense } from 'react';
import { strings } from '../strings.ts';

/** With what it stands on it is larger than all else here. Where it can not be had, one selects the text. */
const Copy = lazy((): Promise<{ default: ComponentType<{ value: string; label: string }> }> =>
  import('../copy/copy.tsx').then(
    (copy) => ({ default: copy.Copy }),
    () => ({ default: () => null }),
  ),
);

export interface Told {
  title: string;
  detail: string;
  field: string | null;
  requestId: string | null;
}

/** What an error has to say to a person. */
export function tell(error: unknown): Told {
  if (error instanceof LedgerFlowProblem)
    return { title: error.title, detail: error.detail, field: error.field, requestId: error.requestId };
  if (error instanceof LedgerFlowUnreachable)
    return { title: strings.unreachable, detail: strings.unreachableDetail, field: null, requestId: null };
  return { title: strings.unexpected, detail: error instanceof Error ? error.message : String(error), field: null, requestId: null };
}

/** An error with its title, field and request id to copy, and a way to go on. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, field, requestId } = tell(error);
  const isUnknown = error instanceof LedgerFlowError && error.isOutcomeUnknown;
  return (
    <Alert color="red" variant="light" icon={<ExclamationTriangleIcon />} title={title} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{detail}</Text>
        {isUnknown ? <Text size="sm">{strings.unknownOutcome}</Text> : null}
        {field === null ? null : (
          <Text size="sm">
            {strings.field}: <Code>{field}</Code>
          </Text>
        )}
        {requestId === null ? null : (
          <Group gap={4}>
            <Text size="sm">
              {strings.request}: <Code>{requestId}</Code>
            </Text>
            <Suspense>
              <Copy value={requestId} label={strings.copyRequest} />
            </Suspense>
          </Group>
        )}
        {onRetry === undefined ? null : (
          <Button size="xs" variant="default" onClick={onRetry}>
            {strings.again}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
