import type { Route } from './route.ts';
import { ROLES } from '../auth/principal.ts';

export const API_BASE = '/api/v1';
const GRANTS = ['path', 'every', 'filtered', 'none'];

/** What must hold of every route before the process serves any: nobody is let in by an omission. */
export function checkRoutes(routes: readonly Route[]): readonly Route[] {
  const seen = new Set<string>();
  for (const route of routes) {
    const name = `${route.method} ${route.path}`;
    const { access } = route as { access?: Route['access'] };
    if (access === undefined) throw new Error(`${name} does not declare who may call it`);
    const inLedger = route.path.startsWith('/ledgers/{ledger}');
    if (access !== 'authenticated') {
      if (!ROLES.includes(access.role) || !GRANTS.includes(access.ledger))
        throw new Error(`${name} declares an access that does not exist`);
      if (inLedger !== (access.ledger === 'path')) throw new Error(`${name} must be granted by the ledger in its path`);
    } else if (inLedger) throw new Error(`${name} must be granted by the ledger in its path`);
    const isCommand = route.method !== 'GET' && !route.path.startsWith('/admin/');
    if (isCommand !== (route.command === true))
      throw new Error(`${name}: mutating calls on ledgers, and only they, take an Idempotency-Key`);
    for (const unique of [name, route.id]) {
      if (seen.has(unique)) throw new Error(`${unique} is registered twice`);
      seen.add(unique);
    }
  }
  return routes;
}

/** `/ledgers/{ledger}` → `/api/v1/ledgers/:ledger`. */
export const expressPath = (path: string): string => API_BASE + path.replaceAll(/\{(\w+)\}/g, ':$1');
