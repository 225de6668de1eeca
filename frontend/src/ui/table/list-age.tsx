import { Button, Group, Loader, Text } from '@mantine/core';
import { ArrowPathIcon } from '@heroicons/react/24/outline';
import { hashKey, type InfiniteData, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Held } from '../held/index.ts';
import { strings } from '../strings.ts';
import { fromDate, Time } from '../time/index.ts';

const ICON = 14;

interface Listed {
  data: InfiniteData<unknown> | undefined;
  dataUpdatedAt: number;
  isRefetching: boolean;
  isFetchingNextPage: boolean;
  refetch: () => unknown;
}

export interface ListAgeProps {
  queryKey: QueryKey;
  query: Listed;
  held?: Held | null;
  children: ReactNode;
}

/** When the first page was read, milliseconds: that more are loaded makes the ones before no newer. */
function useReadMs(key: string, { data, dataUpdatedAt }: Listed): number {
  const pages = data?.pages.length ?? 0;
  const [seen, setSeen] = useState({ key, pages, updatedMs: dataUpdatedAt, readMs: dataUpdatedAt });
  if (seen.key === key && seen.updatedMs === dataUpdatedAt) return seen.readMs;
  const readMs = seen.key === key && pages > seen.pages ? seen.readMs : dataUpdatedAt;
  setSeen({ key, pages, updatedMs: dataUpdatedAt, readMs });
  return readMs;
}

/** As of when a list is that was read then: while the read side is held, of then. */
const As = ({ held, readMs }: { held: Held | null; readMs: number }) =>
  held !== null && held.recordedAt === null ? (
    strings.position(held.position)
  ) : (
    <Time at={held?.recordedAt ?? fromDate(new Date(readMs))} />
  );

/** Above a list that is not asked for again on its own: what it is (`children`), as of when, and the way to newer. */
export function ListAge({ queryKey, query, held = null, children }: ListAgeProps) {
  const client = useQueryClient();
  const readMs = useReadMs(hashKey(queryKey), query);
  const isLoading = query.isRefetching && !query.isFetchingNextPage;
  const anew = (): void => {
    if (isLoading) return;
    const first = (had: InfiniteData<unknown> | undefined) =>
      had && { pages: had.pages.slice(0, 1), pageParams: had.pageParams.slice(0, 1) };
    // All pages that there are would be asked for, and of a long list they are many. What is left is as old as it was.
    client.setQueryData<InfiniteData<unknown>>(queryKey, first, { updatedAt: query.dataUpdatedAt });
    void query.refetch();
  };
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed" role="status">
        {children}, {strings.asOf} <As held={held} readMs={readMs} />
      </Text>
      <Button
        size="compact-xs"
        variant="subtle"
        leftSection={isLoading ? <Loader size={ICON} aria-label={strings.loading} /> : <ArrowPathIcon width={ICON} />}
        aria-busy={isLoading}
        onClick={anew}
      >
        {strings.refresh}
      </Button>
    </Group>
  );
}
