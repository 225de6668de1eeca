import type { Call } from '../contract/route.ts';
import type { CursorScope } from '../reads/cursors.ts';
import type { Services } from '../services.ts';
import type { PageQuery, Paging } from './pages.ts';

const LIMIT_DEFAULT = 100;

type CursorKey = Readonly<Record<string, string | number>>;

/** How the key of a list's rows stands in its cursors. */
export interface KeyFormat<K> {
  read(key: CursorKey): K;
  write(key: K): CursorKey;
}

/** Paging by keys that are neither an id nor an event. */
export function pagingByKey<K>(call: Call<PageQuery & object>, { cursors }: Services, route: string, format: KeyFormat<K>): Paging<K> {
  const scope: CursorScope = {
    route,
    ledger: call.params['ledger'] ?? '',
    filters: { ...call.query, account$path: call.params['account'] },
    principal: call.principal,
  };
  const key = cursors.open(scope, call.query.cursor);
  return {
    request: { after: key === null ? null : format.read(key), limit: call.query.limit ?? LIMIT_DEFAULT },
    cursor: (next) => (next === null ? null : cursors.issue(scope, format.write(next))),
  };
}
