import { LedgerFlowProblem } from '@ledgerflow/client';
import { Anchor, EmptyState, Skeleton, Stack } from '@mantine/core';
import { InboxIcon, LockClosedIcon, MagnifyingGlassIcon } from '@heroicons/react/24/outline';
import type { ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { isRefused, isSignedOut, Problem } from '../problem/problem.tsx';
import { absentOf } from '../problem/words.ts';
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

/** A place to go on from. */
export interface WayOn {
  to: string;
  label: string;
}

/** An id has no spaces to be broken at. */
const ANYWHERE = { title: { overflowWrap: 'anywhere' } } as const;

export const Missing = ({
  title = strings.missing,
  wayOn,
  children,
}: {
  title?: string;
  wayOn?: WayOn | undefined;
  children?: ReactNode;
}) => (
  <EmptyState
    py="xl"
    withIndicatorBackground
    icon={<MagnifyingGlassIcon width={ICON} />}
    title={title}
    description={children}
    styles={ANYWHERE}
  >
    {wayOn === undefined ? null : (
      <Anchor component={Link} to={wayOn.to}>
        {wayOn.label}
      </Anchor>
    )}
  </EmptyState>
);

/** In the place of what is on its way, in about its form. */
export const Loading = ({ lines = 6, height = 28 }: { lines?: number; height?: number }) => (
  <Stack gap="xs" role="status" aria-label={strings.loading}>
    {Array.from({ length: lines }, (_, line) => (
      <Skeleton key={line} height={height} />
    ))}
  </Stack>
);

/** What an error of a read means to who sees it: refused, not there, or a problem that another try may mend. `wayOn`: from what is not there. */
export function ReadFailed({ error, wayOn, onRetry }: { error: unknown; wayOn?: WayOn | undefined; onRetry?: () => void }) {
  const { ledger } = useParams();
  if (isRefused(error)) return <Refused />;
  if (error instanceof LedgerFlowProblem && error.status === 404) {
    const absent = absentOf(error, ledger);
    return (
      <Missing title={absent ?? strings.missing} wayOn={wayOn}>
        {absent === null ? error.detail : null}
      </Missing>
    );
  }
  return <Problem error={error} {...(onRetry === undefined ? {} : { onRetry })} />;
}

export interface Asked<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

export interface AnsweredProps<T> {
  query: Asked<T>;
  loading?: ReactNode;
  wayOn?: WayOn;
  children: (data: T) => ReactNode;
}

/**
 * A query's states: skeleton, refused, absent, problem, and what it is for. Data stays when asking again fails: then the problem stands above it (that the session ended says the bar).
 */
export function Answered<T>({ query, loading, wayOn, children }: AnsweredProps<T>) {
  const { data, error, refetch } = query;
  const isFailed = error !== null && error !== undefined;
  // What one may not see any more is not shown any longer.
  if (data === undefined || isRefused(error))
    return isFailed ? <ReadFailed error={error} wayOn={wayOn} onRetry={() => void refetch()} /> : (loading ?? <Loading />);
  return (
    <>
      {isFailed && !isSignedOut(error) ? <Problem error={error} onRetry={() => void refetch()} /> : null}
      {children(data)}
    </>
  );
}
