import type { Found, Place } from '../../../audit/search.ts';
import { route } from '../../../contract/route.ts';
import { list, pageProperties, query } from '../../../contract/schemas.ts';
import { paging } from '../../pages.ts';
import { Entry, filterOf, filterProperties, renderFound } from './entry.ts';

/** What one page may look at, and for how long: a page of a rare filter can be short or empty and still have a cursor. */
const STEPS_MAX = 10_000;
const PAGE_MS_MAX = 3_000;

export const listAudit = route({
  id: 'listAudit',
  method: 'GET',
  path: '/admin/audit',
  tag: 'Admin',
  summary:
    'Who did what, newest first: the records of ledgers, and refusals, admin reads and admin actions of the gateway. from and to bound recordedAt, inclusive. A page of a rare filter may be short and have a cursor. What is of no single ledger is seen with the grant *',
  query: query({ ...pageProperties, ...filterProperties }),
  answers: { 200: list(Entry) },
  access: { role: 'auditor', ledger: 'filtered' },
  handle: async (call, services) => {
    const pages = paging<Place>(call, services, 'listAudit', {
      parse: ({ at, rank, id }) => ({ at: BigInt(at as string), rank: rank as number, id: id as string }),
      format: ({ at, rank, id }) => ({ at: at.toString(), rank, id }),
    });
    const endMs = performance.now() + PAGE_MS_MAX;
    const data: Found[] = [];
    let next: Place | null = null;
    let steps = 0;
    for await (const { place, found } of services.auditSearch.walk(filterOf(call.query), call, pages.request.after)) {
      // There is more: the next page begins behind what this one looked at.
      if (next !== null && (data.length === pages.request.limit || steps >= STEPS_MAX || performance.now() > endMs))
        return { status: 200, body: { data: data.map(renderFound), nextCursor: pages.cursor(next) } };
      steps += 1;
      next = place;
      if (found !== null) data.push(found);
    }
    return { status: 200, body: { data: data.map(renderFound), nextCursor: null } };
  },
});
