import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { pagesOf } from '../../api/queries.ts';
import { askedBy } from '../../api/refresh.ts';
import type { AuditFilters } from './entry.ts';

const PAGE = 100;
/** A page of a rare filter ends where the gateway has looked long enough: it brings little. */
const THIN = PAGE / 5;
/** So many of them in a row are asked for without somebody who wants it. */
const THIN_PAGES_MAX = 5;

/** Not asked again on its own: each search is an entry itself. */
export const useAudit = (filters: AuditFilters) => {
  const client = useQueryClient();
  const query = useInfiniteQuery({
    ...pagesOf('listAudit', { ...filters, limit: PAGE }),
    staleTime: Number.POSITIVE_INFINITY,
    // What one left is not asked for again page by page when one comes back.
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const pages = query.data?.pages ?? [];
  const thin = pages.length - 1 - pages.findLastIndex(({ data }) => data.length >= THIN);
  return {
    query,
    /** There is more, and somebody has to want it. */
    isWaiting: query.hasNextPage && thin > 0 && thin % THIN_PAGES_MAX === 0,
    /** From the newest on. */
    again: () => void client.resetQueries(askedBy('listAudit')),
  };
};
