import { type BodyOf, LedgerFlowProblem } from '@ledgerflow/client';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { STALE_MS } from '../../api/keys.ts';
import { answerOf, pagesOf } from '../../api/queries.ts';
import { askedBy } from '../../api/refresh.ts';
import { useMay } from '../../api/session.ts';
import { isOver, type Rebuild } from './rebuild.ts';

/** Every rebuild is found under it, whatever it rebuilds. */
export const ALL = 'all';
const PAGE = 200;
/** Each read of an administrator is kept in the audit: no more of them than somebody needs who watches. */
const POLL_MS = 15_000;
const FOLLOW_MS = 2_000;
/** The first ledger has all there are. */
const NAMED_MAX = 100;

export interface ProjectionFilters {
  ledger?: string;
  projection?: string;
}

/** The first page is looked at again and again; a longer list stands still while somebody scrolls in it. */
export const useProjections = (filters: ProjectionFilters, enabled: boolean) =>
  useInfiniteQuery({
    ...pagesOf('listProjections', { ...filters, limit: PAGE }),
    enabled,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : POLL_MS),
  });

/** Names of projections, for those who may list them; others type them. */
export function useProjectionNames(): string[] {
  const may = useMay();
  const { data } = useQuery({ ...answerOf('listProjections', { limit: NAMED_MAX }, STALE_MS.slow), enabled: may('listProjections') });
  return useMemo(() => [...new Set(data?.data.map(({ projection }) => projection))], [data]);
}

export const useRebuilds = (projection: string) =>
  useInfiniteQuery({
    ...pagesOf('listRebuilds', { projection, limit: PAGE }),
    refetchInterval: ({ state }) => {
      const pages = state.data?.pages ?? [];
      if (pages.length > 1) return false;
      return pages.some(({ data }) => data.some((rebuild) => !isOver(rebuild))) ? FOLLOW_MS : POLL_MS;
    },
  });

/** Followed until it has ended. */
export const useRebuild = (rebuild: string) =>
  useQuery({
    ...answerOf('getRebuild', { projection: ALL, rebuild }, STALE_MS.live),
    refetchInterval: ({ state: { data, error } }) => {
      const isAbsent = error instanceof LedgerFlowProblem && error.status < 500;
      return isAbsent || (data !== undefined && isOver(data)) ? false : FOLLOW_MS;
    },
  });

const changed = askedBy('listProjections', 'listRebuilds', 'getRebuild');

export function useCreateRebuild() {
  const client = useQueryClient();
  return useMutation<Rebuild, Error, { projection: string; body: BodyOf<'createRebuild'> }>({
    mutationFn: (request) => ledgerflow.createRebuild(request),
    onSettled: () => void client.invalidateQueries(changed),
  });
}

export function useCancelRebuild(rebuild: string) {
  const client = useQueryClient();
  return useMutation<Rebuild, Error, void>({
    mutationFn: () => ledgerflow.cancelRebuild({ projection: ALL, rebuild }),
    onSettled: () => void client.invalidateQueries(changed),
  });
}
