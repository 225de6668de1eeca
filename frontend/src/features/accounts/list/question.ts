import type { RequestOf } from '@ledgerflow/client';
import type { FilterName } from './filters.tsx';

/** The longest page there is: a long list is scrolled in few requests. */
export const PAGE = 1_000;
const STATUSES = ['open', 'frozen', 'closed'] as const;

type Request = RequestOf<'listAccounts'>;

/**
 * What the filters ask of whom. Words are searched (best match first, owner and metadata too); with a beginning of ids, which the search does not know, the list looks for
 * them as a part of id or name. A status that the API does not know is left to it to refuse.
 */
export function questionOf(
  ledger: string,
  filters: Partial<Record<FilterName, string>>,
): { operation: 'listAccounts' | 'searchAccounts'; request: Request & { q: string } } {
  const { q, status, currency, ownerId, prefix } = filters;
  const request = {
    ledger,
    limit: PAGE,
    ...(q === undefined ? {} : { q }),
    ...(status === undefined ? {} : { status: status as (typeof STATUSES)[number] }),
    ...(currency === undefined ? {} : { currency }),
    ...(ownerId === undefined ? {} : { ownerId }),
    ...(prefix === undefined ? {} : { prefix }),
  };
  return {
    operation: q === undefined || prefix !== undefined ? 'listAccounts' : 'searchAccounts',
    request: request as Request & { q: string },
  };
}
