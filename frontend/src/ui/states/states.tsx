import { LedgerFlowProblem } from '@ledgerflow/client';
import { EmptyState, Skeleton, Stack } from '@mantine/core';
import { InboxIcon, LockClosedIcon, MagnifyingGlassIcon } from '@heroicons/react/24/outline';
import type { ReactNode } from 'react';
import { isSignedOut, Problem } from '../problem/problem.tsx';
import { strings } from '../strings.ts';

const ICON = 28;

/** There is nothing, and that is not wrong. */
export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <EmptyState py="xl" withIndicatorBackground icon={<InboxIcon width={ICON} />} title={title} description={children} />
);

/** They may not; which role or grant it takes is said where it is known. */
export const Refused = ({ children = strings.refusedDetail }: { children?: ReactNode }) => (
  <EmptyState
    py="xl"
    variant="light"
    color="orange"
    icon={<LockClosedIcon width={ICON} />}
    title={strings.refused}
    description={children}
  />
);

export const Missing = ({ children }: { children?: ReactNode }) => (
  <EmptyState py="xl" withIndicatorBackground icon={<MagnifyingGlassIcon width={ICON} />} title={strings.missing} description={children} />
);

/** In the place of what is on its way, in about its form. */
export const Loading = ({ lines = 6, height = 28 }: { lines?: number; height?: number }) => (
  <Stack gap="xs" role="status" aria-label={strings.loading}>
    {Array.from({ length: lines }, (_, line) => (
      <Skeleton key={line} height={height} />
    ))}
  </Stack>
);

/** What an error of a read means to who sees it: refused, not there, or a problem that another try may mend. */
export function ReadFailed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error instanceof LedgerFlowProblem && error.status === 403) return <Refused />;
  if (error instanceof LedgerFlowProblem && error.status === 404) return <Missing>{error.detail}</Missing>;
  return <Problem error={error} {...(onRetry === undefined ? {} : { onRetry })} />;
}

export interface Asked<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/**
 * A query's states: skeleton, refused, absent, problem, and what it is for. Data stays when asking again fails: then the problem stands above it (that the session ended says the bar).
 */
export function Answered<T>({ query, loading, children }: { query: Asked<T>; loading?: ReactNode; children: (data: T) => ReactNode }) {
  const { data, error, refetch } = query;
  const isFailed = error !== null && error !== undefined;
  // What one may not see any more is not shown any longer.
  const isRefused = error instanceof LedgerFlowProblem && error.status === 403;
  if (data === undefined || isRefused)
    return isFailed ? <ReadFailed error={error} onRetry={() => void refetch()} /> : (loading ?? <Loading />);
  return (
    <>
      {isFailed && !isSignedOut(error) ? <Problem error={error} onRetry={() => void refetch()} /> : null}
      {children(data)}
    </>
  );
}
