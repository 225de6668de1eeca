import type { Account, Entry } from '@ledgerflow/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ledgerflow } from '../../../api/client.ts';
import { keys, STALE_MS } from '../../../api/keys.ts';
import { answerOf } from '../../../api/queries.ts';
import { parseInstant } from '../../../ui/time/index.ts';
import { fromMicros, type Micros, toMicros } from '../../../ui/time/micros.ts';
import { isSameAxis, isSameMoment, type Moment } from './moment.ts';
import { samplesOf } from './samples.ts';
import type { Span } from './series.ts';

const PAGE = 1_000;
/** More entries than that are more than a chart can show, and than a page should keep. */
export const ENTRIES_MAX = 5_000;

async function upTo<T>(
  pages: AsyncIterable<{ data: unknown[]; nextCursor: string | null }>,
  max: number,
): Promise<{ items: T[]; isAll: boolean }> {
  const items: T[] = [];
  for await (const { data, nextCursor } of pages) {
    items.push(...(data as T[]));
    if (nextCursor === null) break;
    if (items.length >= max) return { items, isAll: false };
  }
  return { items, isAll: true };
}

const spanOf = (span: Span | null) => (span === null ? {} : { from: fromMicros(span.from), to: fromMicros(span.to) });

/** After the last entry recorded until a time; null: there is none. */
async function balanceUntil(ledger: string, account: string, micros: Micros, signal: AbortSignal): Promise<string | null> {
  const last = { ledger, account, limit: 1, order: 'desc', to: fromMicros(micros) } as const;
  return (await ledgerflow.answer('listEntries', last, { signal })).data.data[0]?.balanceAfter ?? null;
}

/** While an account moves, each of its versions has entries of its own: old ones are not kept for long. */
const ENTRIES_KEPT_MS = 10_000;

/**
 * The entries of a span (null: all of them), if they are not too many, as they are at the account's version; until they are there, those of the version or span before. `asOf`:
 * all that was recorded by then is among them. `opening`: the balance before a span that has no entry, from whose first it could be told.
 */
export const useChartEntries = (ledger: string, { id: account, version, asOf }: Account, span: Span | null, isWanted: boolean) =>
  useQuery({
    queryKey: [...keys.all('listEntries', ledger), { account, ...spanOf(span) }, 'chart', version],
    queryFn: async ({ signal }) => {
      const pages = ledgerflow.listEntries({ ledger, account, limit: PAGE, ...spanOf(span) }, { signal }).pages();
      const read = await upTo<Entry>(pages, ENTRIES_MAX);
      const opening = span !== null && read.items.length === 0 ? await balanceUntil(ledger, account, span.from, signal) : null;
      return { ...read, asOf, span, opening };
    },
    staleTime: STALE_MS.normal,
    gcTime: ENTRIES_KEPT_MS,
    enabled: isWanted,
    placeholderData: keepPreviousData,
  });

/** The balance at even times of a span (null: none is wanted). They stay as they are while the account moves on. */
export const useChartSamples = (ledger: string, { id: account, asOf }: Account, span: Span | null) =>
  useQuery({
    queryKey: [...keys.all('listEntries', ledger), { account, ...spanOf(span) }, 'samples'],
    queryFn: ({ signal }) => {
      if (span === null) return [];
      const to = Math.min(span.to, toMicros(parseInstant(asOf) ?? asOf));
      return samplesOf((micros) => balanceUntil(ledger, account, micros, signal), { from: span.from, to });
    },
    staleTime: STALE_MS.past,
    enabled: span !== null,
  });

/** When it was opened: the time of its first record. */
export function useOpenedAt(ledger: string, account: string): string | null {
  const { data } = useQuery(answerOf('listAccountEvents', { ledger, account, limit: 1 }, STALE_MS.past));
  return data?.data[0]?.recordedAt ?? null;
}

/**
 * The account as it was. What was recorded by a time does not change; what was in effect then may be another with each of the account's versions. Until it is there: the same moment
 * as a version ago knew it, and while a hand drags the moment before, on the same axis.
 */
export function useThen(ledger: string, { id: account, version }: Account, moment: Moment, isDragged: boolean) {
  const isKept = moment.at !== undefined;
  const asked = answerOf('getAccount', { ledger, account, ...moment }, isKept ? STALE_MS.past : STALE_MS.normal);
  return useQuery({
    ...asked,
    queryKey: isKept ? asked.queryKey : ([...asked.queryKey, version] as unknown as typeof asked.queryKey),
    enabled: isKept || moment.effectiveAt !== undefined,
    placeholderData: (previous, query) => {
      const before = query?.queryKey[2];
      return before !== undefined && (isSameMoment(before, moment) || (isDragged && isSameAxis(before, moment))) ? previous : undefined;
    },
  });
}
