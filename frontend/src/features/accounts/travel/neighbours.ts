import type { Entry } from '@ledgerflow/client';
import { fromMicros, type Micros } from '../../../ui/time/micros.ts';

/** Entries of a time span (inclusive), oldest first, as many as one page has. */
export type AskEntries = (from: Micros | null, to: Micros | null, limit: number) => Promise<{ data: Entry[]; hasMore: boolean }>;

const PAGE = 1_000;
const SECOND = 1_000_000;
/** How far back it is looked first: a busy account has its last entry a second ago, a quiet one last year. */
const REACHES: readonly (Micros | null)[] = [SECOND, 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND, 30 * 86_400 * SECOND, null];
/** Halving the longest span ends after fewer. */
const HALVINGS_MAX = 60;
/** No ledger is older. */
const BEGIN: Micros = 0;

/** The time of the first entry recorded behind a time. */
export async function entryAfter(ask: AskEntries, micros: Micros): Promise<string | null> {
  const { data } = await ask(micros + 1, null, 1);
  return data[0]?.recordedAt ?? null;
}

/**
 * The time of the last entry recorded before a time. The API lists entries oldest first, so the span before it is halved until what lies in it fits on a page.
 */
export async function entryBefore(ask: AskEntries, micros: Micros): Promise<string | null> {
  const last = micros - 1;
  for (const reach of REACHES) {
    const from = reach === null ? BEGIN : Math.max(BEGIN, micros - reach);
    const page = await ask(from, last, PAGE);
    if (page.data.length === 0 && !page.hasMore) continue;
    return page.hasMore ? lastOf(ask, from, last) : (page.data.at(-1)?.recordedAt ?? null);
  }
  return null;
}

/** Of a span that has more entries than a page. */
async function lastOf(ask: AskEntries, from: Micros, to: Micros): Promise<string | null> {
  let [low, high] = [from, to];
  for (let halving = 0; halving < HALVINGS_MAX && low < high; halving++) {
    const middle = low + Math.ceil((high - low) / 2);
    const page = await ask(middle, high, PAGE);
    if (page.data.length === 0) high = middle - 1;
    else if (!page.hasMore) return page.data.at(-1)?.recordedAt ?? null;
    else low = middle;
  }
  // More than a page of entries in one microsecond: they have one time.
  return fromMicros(low);
}
