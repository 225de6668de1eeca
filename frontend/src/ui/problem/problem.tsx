import { LedgerFlowError, LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { ExclamationTriangleIcon } from '@heroicons/react/24/outline';
import { type ComponentType, lazy, Suspense } from 'react';
import { strings } from '../strings.ts';
import { plain, wordsOf } from './words.ts';

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
  /** What the API said, where `detail` is in other words. */
  said: string | null;
}

/** A read; what it asks changes nothing, so it may be asked again. */
const isRead = ({ idempotencyKey, isOutcomeUnknown }: LedgerFlowError): boolean => idempotencyKey === null && !isOutcomeUnknown;

/** What the page itself has to say, in words for a person. */
export class PageProblem extends Error {
  override name = 'PageProblem';
  readonly title: string;

  constructor(title: string, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.title = title;
  }
}

/** What an error has to say to a person. */
export function tell(error: unknown): Told {
  const nothing = { field: null, requestId: null, said: null };
  if (error instanceof LedgerFlowProblem) {
    const { title, detail, field, requestId } = error;
    const words = wordsOf(error);
    return { title, detail, ...words, field, requestId, said: words === null || words.detail === detail ? null : detail };
  }
  if (error instanceof LedgerFlowUnreachable)
    return { title: strings.unreachable, detail: isRead(error) ? strings.unreachableDetail : strings.unreachableCommand, ...nothing };
  if (error instanceof PageProblem) return { title: error.title, detail: error.message, ...nothing };
  return { title: strings.unexpected, detail: plain(error instanceof Error ? error.message : String(error)), ...nothing };
}

/** The bar says it already, with the way to sign in. */
export const isSignedOut = (error: unknown): boolean =>
  error instanceof LedgerFlowProblem && error.status === 401 && !error.isOutcomeUnknown;

/** They may not, or not any more: what was read before is not theirs to see. */
export const isRefused = (error: unknown): boolean => error instanceof LedgerFlowProblem && error.status === 403;

/** An error with its title, field and request id to copy, and a way to go on. Of a session that ended only that. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, field, requestId, said } = tell(error);
  if (isSignedOut(error))
    return (
      <Text size="sm" c="dimmed">
        {title}. {detail}
      </Text>
    );
  const isUnknown = error instanceof LedgerFlowError && error.isOutcomeUnknown;
  return (
    <Alert color="red" variant="light" icon={<ExclamationTriangleIcon />} title={title} role="alert">
      <Stack gap="xs" align="flex-start">
        {detail.replace(/\.$/, '') === title ? null : <Text size="sm">{detail}</Text>}
        {said === null ? null : (
          <Text size="xs" c="dimmed">
            {strings.said(said)}
          </Text>
        )}
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
