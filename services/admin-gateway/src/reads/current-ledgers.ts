import type { LedgerRow, Page, PageRequest, Seen } from '@ledgerflow/read-model';
import { mayUseLedger } from '../auth/principal.ts';
import type { Call } from '../contract/route.ts';
import { Problem } from '../http/problem.ts';
import { CONSISTENCY_HEADER, type Place } from './consistency.ts';
import type { Reads } from './reads.ts';

/** The ledger in the path, as it is now. */
export async function currentLedger(reads: Reads, call: Call): Promise<Seen<LedgerRow>> {
  const { value, ...seen } = await reads.now(call, (ledger, model) => model.getLedger(ledger));
  if (value !== null) return { ...seen, value };
  if (seen.checkpoint.appliedPosition > 0n)
    throw new Problem('projection_parked', { detail: 'The first record of the ledger waits for repair' });
  throw new Problem('ledger_not_found', { parameters: { ledger: call.params['ledger'] as string } });
}

type LedgerPage = Page<Seen<LedgerRow>, string>;

/** Of the places that tokens name those that a page should show and does not. */
function missing(page: LedgerPage, { after }: PageRequest<string>, places: ReadonlyMap<string, Place>): [string, Place][] {
  const rows = new Map(page.rows.map((row) => [row.value.id, row.checkpoint]));
  return [...places].filter(([ledger, place]) => {
    if ((after !== null && ledger <= after) || (page.next !== null && ledger > page.next)) return false;
    const row = rows.get(ledger);
    return row === undefined || row.epoch !== place.epoch || row.position < place.position;
  });
}

/**
 * A page of the caller's ledgers, each as of its own position. Consistency tokens of several ledgers combine: of every ledger that has its place in this page the row is not older than its token
 * asks, also of one that was opened a moment ago. Tokens of ledgers that the caller has no grant for say nothing here.
 */
export async function currentLedgers(reads: Reads, call: Call, page: PageRequest<string>): Promise<LedgerPage> {
  const { principal } = call;
  const ids = principal.ledgers.has('*') ? null : [...principal.ledgers];
  const places = new Map(
    [...reads.tokens.parseAll(call.headers[CONSISTENCY_HEADER])].filter(([ledger]) => mayUseLedger(principal, ledger)),
  );
  const first = await reads.model.listLedgers(ids, page);
  const late = missing(first, page, places);
  if (late.length === 0) return first;
  await Promise.all(late.map(([ledger, place]) => reads.atPlace(ledger, place, (model) => model.getLedger(ledger))));
  // The primary, because a replica may not have what was waited for.
  const second = await reads.primary.listLedgers(ids, page);
  if (missing(second, page, places).length > 0) throw new Problem('not_yet_consistent');
  return second;
}
