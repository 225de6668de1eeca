import { useEffect, useState } from 'react';
import type { AnswerableId, RequestOf } from '@ledgerflow/client';
import { useQuery } from '@tanstack/react-query';
import { STALE_MS } from '../../api/keys.ts';
import { answerOf } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { fromDate } from '../../ui/time/index.ts';
import { beginningOf, isSameSeries, MINUTE_MS, RANGES, type Range, rateFrom } from './buckets.ts';

/** How often it is asked again while the page is in sight; a hidden one asks nothing. */
const POLL_MS = {
  /** What one watches. */
  watched: 5_000,
  /** What costs the gateway more: sums over all accounts. */
  costly: 20_000,
} as const;
const LETTERS_SHOWN_MAX = 100;
const PROJECTIONS_MAX = 100;
const BUCKETS_MAX = 1_000;
const RECENT = 8;
const TICK_MS = 1_000;

const polled = <K extends AnswerableId>(operation: K, request: RequestOf<K>, everyMs: number = POLL_MS.watched) => ({
  ...answerOf(operation, request, STALE_MS.live),
  refetchInterval: everyMs,
});

const minuteNow = (): number => Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;

/** Where what is asked for begins: changes with the minute, the shortest bucket, and at once with `startOf`. */
function useStart(startOf: (nowMs: number) => number): number {
  const [nowMs, setNow] = useState(minuteNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(minuteNow()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return startOf(nowMs);
}

/** Which sources one may ask; the others are not asked. */
export function useCan() {
  const may = useMay();
  return {
    health: may('getHealth'),
    outbox: may('getOutbox'),
    projections: may('listProjections'),
    letters: may('listDeadLetters'),
  };
}

// Each part of the page asks for what it shows itself, so that an answer draws that part and not the page; what two of them ask for is asked once.
export const useHead = (ledger: string) => useQuery(polled('getLedger', { ledger }));
export const useTrial = (ledger: string) => useQuery(polled('getTrialBalance', { ledger }, POLL_MS.costly));
export const useHealth = () => useQuery({ ...polled('getHealth', {}), enabled: useCan().health });
export const useOutbox = () => useQuery({ ...polled('getOutbox', {}), enabled: useCan().outbox });
export const useProjections = (ledger: string) =>
  useQuery({ ...polled('listProjections', { ledger, limit: PROJECTIONS_MAX }), enabled: useCan().projections });
export const useLetters = (ledger: string) =>
  useQuery({ ...polled('listDeadLetters', { ledger, limit: LETTERS_SHOWN_MAX }), enabled: useCan().letters });

/** Whether what was read then is older than `oldMs`; asks nothing. */
export function useIsOld(readMs: number, oldMs: number): boolean {
  const [old, setOld] = useState<number | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setOld(readMs), Math.max(0, readMs + oldMs - Date.now()));
    return () => clearTimeout(timer);
  }, [readMs, oldMs]);
  return old === readMs;
}

const minutesFrom = (ledger: string, fromMs: number) =>
  polled('listActivity', { ledger, bucket: 'minute', from: fromDate(new Date(fromMs)), limit: BUCKETS_MAX });

/** What moved in the last minutes, and since when. Until a new minute's answer is there it is that of the minute before, with its own beginning and time. */
export function useRate(ledger: string) {
  const fromMs = useStart(rateFrom);
  const query = useQuery(minutesFrom(ledger, fromMs));
  const beforeMs = fromMs - MINUTE_MS;
  const before = useQuery({ ...minutesFrom(ledger, beforeMs), enabled: false });
  const isBefore = query.data === undefined && query.error === null && before.data !== undefined;
  return isBefore ? { query: before, fromMs: beforeMs } : { query, fromMs };
}

const starts: Readonly<Record<Range, (nowMs: number) => number>> = {
  hour: (nowMs) => beginningOf('hour', nowMs),
  day: (nowMs) => beginningOf('day', nowMs),
  month: (nowMs) => beginningOf('month', nowMs),
};

/** What moved of a currency, and where the range begins; null: it is not known yet of which. */
export function useVolume(ledger: string, currency: string | null, range: Range) {
  const fromMs = useStart(starts[range]);
  const { bucket } = RANGES[range];
  const asked = { ledger, bucket, from: fromDate(new Date(fromMs)), limit: BUCKETS_MAX, ...(currency === null ? {} : { currency }) };
  const query = useQuery({
    ...polled('listActivity', asked),
    enabled: currency !== null,
    placeholderData: (previous, previousQuery) => (isSameSeries(asked, previousQuery?.queryKey[2]) ? previous : undefined),
  });
  return { query, fromMs };
}

export const useRecent = (ledger: string) => useQuery(polled('listTransactions', { ledger, limit: RECENT }));
