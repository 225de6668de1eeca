import type { EventKey, PageRequest } from '@ledgerflow/read-model';
import type { Call } from '../contract/route.ts';
import type { CursorKey, CursorScope } from '../reads/cursors.ts';
import type { Services } from '../services.ts';

const LIMIT_DEFAULT = 100;

export interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

const scopeOf = (call: Call<PageQuery & object>, route: string): CursorScope => ({
  route,
  ledger: call.params['ledger'] ?? '',
  filters: { ...call.query, account$path: call.params['account'], projection$path: call.params['projection'] },
  principal: call.principal,
});

/** Paging by keys: what the request's cursor stands for, and the cursor for the next page. */
export interface Paging<K> {
  request: PageRequest<K>;
  cursor(next: K | null): string | null;
}

/** Paging by any key: `parse` takes what `format` made of it. */
export function paging<K>(
  call: Call<PageQuery & object>,
  { cursors }: Services,
  route: string,
  { parse, format }: { parse: (key: CursorKey) => K; format: (key: K) => CursorKey },
): Paging<K> {
  const scope = scopeOf(call, route);
  const key = cursors.open(scope, call.query.cursor);
  return {
    request: { after: key === null ? null : parse(key), limit: call.query.limit ?? LIMIT_DEFAULT },
    cursor: (next) => (next === null ? null : cursors.issue(scope, format(next))),
  };
}

export const pagingById = (call: Call<PageQuery & object>, services: Services, route: string): Paging<string> =>
  paging(call, services, route, { parse: ({ id }) => String(id), format: (id) => ({ id }) });

export const pagingByEvent = (call: Call<PageQuery & object>, services: Services, route: string): Paging<EventKey> =>
  paging(call, services, route, {
    parse: ({ position, index }) => ({ position: BigInt(position as string), index: index as number }),
    format: ({ position, index }) => ({ position: position.toString(), index }),
  });

/** For lists from the log: the last position or version that was looked at. */
export const pagingByNumber = (call: Call<PageQuery & object>, services: Services, route: string): Paging<bigint> =>
  paging(call, services, route, { parse: ({ n }) => BigInt(n as string), format: (n) => ({ n: n.toString() }) });
