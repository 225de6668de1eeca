import type { EventKey, PageRequest } from '@ledgerflow/read-model';
import type { Call } from '../contract/route.ts';
import type { Services } from '../services.ts';
import type { CursorScope } from '../reads/cursors.ts';

const LIMIT_DEFAULT = 100;

export interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

const scopeOf = (call: Call<PageQuery & object>, route: string): CursorScope => ({
  route,
  ledger: call.params['ledger'] ?? '',
  filters: { ...call.query, account$path: call.params['account'] },
  principal: call.principal,
});

/** Paging by keys: what the request's cursor stands for, and the cursor for the next page. */
export interface Paging<K> {
  request: PageRequest<K>;
  cursor(next: K | null): string | null;
}

export function pagingById(call: Call<PageQuery & object>, { cursors }: Services, route: string): Paging<string> {
  const scope = scopeOf(call, route);
  const key = cursors.open(scope, call.query.cursor);
  return {
    request: { after: key === null ? null : String(key['id']), limit: call.query.limit ?? LIMIT_DEFAULT },
    cursor: (next) => (next === null ? null : cursors.issue(scope, { id: next })),
  };
}

export function pagingByEvent(call: Call<PageQuery & object>, { cursors }: Services, route: string): Paging<EventKey> {
  const scope = scopeOf(call, route);
  const key = cursors.open(scope, call.query.cursor);
  return {
    request: {
      after: key === null ? null : { position: BigInt(key['position'] as string), index: key['index'] as number },
      limit: call.query.limit ?? LIMIT_DEFAULT,
    },
    cursor: (next) => (next === null ? null : cursors.issue(scope, { position: next.position.toString(), index: next.index })),
  };
}

/** For lists from the log: the last position or version that was looked at. */
export function pagingByNumber(call: Call<PageQuery & object>, { cursors }: Services, route: string): Paging<bigint> {
  const scope = scopeOf(call, route);
  const key = cursors.open(scope, call.query.cursor);
  return {
    request: { after: key === null ? null : BigInt(key['n'] as string), limit: call.query.limit ?? LIMIT_DEFAULT },
    cursor: (next) => (next === null ? null : cursors.issue(scope, { n: next.toString() })),
  };
}
