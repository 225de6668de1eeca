import { useEffect, useState, useSyncExternalStore } from 'react';
import type { AnswerableId, DataOf, OperationId, RequestOf } from '@ledgerflow/client';
import { type QueryClient, useQuery } from '@tanstack/react-query';
import { may } from '../../api/access.ts';
import { clock } from '../../api/clock.ts';
import { STALE_MS } from '../../api/keys.ts';
import { ledgerQuery } from '../../api/ledger.ts';
import { answerOf } from '../../api/queries.ts';
import { me, useMay } from '../../api/session.ts';
import { fromDate } from '../../ui/time/index.ts';
import { type Asked, beginningOf, isSameSeries, MINUTE_MS, RANGES, type Range, rateFrom } from './buckets.ts';

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

const minuteNow = (): number => Math.floor(clock.ledgerMs() / MINUTE_MS) * MINUTE_MS;

const behindMinutes = (): number => (Math.abs(clock.behindMs()) > MINUTE_MS ? Math.round(clock.behindMs() / MINUTE_MS) : 0);
/** How far this machine's clock is behind the ledger's, in whole minutes; 0: a minute at most. */
export const useBehindMinutes = (): number => useSyncExternalStore(clock.subscribe, behindMinutes);

/** Where what is asked for begins: changes with the minute, the shortest bucket, and at once with `startOf`. */
function useStart(startOf: (nowMs: number) => number): number {
  const [nowMs, setNow] = useState(minuteNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(minuteNow()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return startOf(nowMs);
}

const canOf = (can: (operation: OperationId) => boolean) => ({
  health: can('getHealth'),
  outbox: can('getOutbox'),
  projections: can('listProjections'),
  letters: can('listDeadLetters'),
});

/** Which sources one may ask; the others are not asked. */
export const useCan = () => canOf(useMay());

const questions = {
  trial: (ledger: string) => polled('getTrialBalance', { ledger }, POLL_MS.costly),
  health: () => polled('getHealth', {}),
  outbox: () => polled('getOutbox', {}),
  projections: (ledger: string) => polled('listProjections', { ledger, limit: PROJECTIONS_MAX }),
  letters: (ledger: string) => polled('listDeadLetters', { ledger, limit: LETTERS_SHOWN_MAX }),
  recent: (ledger: string) => polled('listTransactions', { ledger, limit: RECENT }),
};

// Each part of the page asks for what it shows itself, so that an answer draws that part and not the page; what two of them ask for is asked once.
export const useHead = (ledger: string) => useQuery(polled('getLedger', { ledger }));
export const useTrial = (ledger: string) => useQuery(questions.trial(ledger));
export const useHealth = () => useQuery({ ...questions.health(), enabled: useCan().health });
export const useOutbox = () => useQuery({ ...questions.outbox(), enabled: useCan().outbox });
export const useProjections = (ledger: string) => useQuery({ ...questions.projections(ledger), enabled: useCan().projections });
export const useLetters = (ledger: string) => useQuery({ ...questions.letters(ledger), enabled: useCan().letters });

/** Whether what was read then is older than `oldMs`; asks nothing. */
export function useIsOld(readMs: number, oldMs: number): boolean {
  const [old, setOld] = useState<number | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setOld(readMs), Math.max(0, readMs + oldMs - Date.now()));
    return () => clearTimeout(timer);
  }, [readMs, oldMs]);
  return old === readMs;
}

const minutesFrom = (ledger: string, fromMs: number): Asked => ({
  ledger,
  bucket: 'minute',
  from: fromDate(new Date(fromMs)),
  limit: BUCKETS_MAX,
});

/** What moved, as it was read last. */
export interface Moved {
  data: DataOf<'listActivity'> | undefined;
  /** Of `data`: where it begins, and when it was read; by the ledger's clock, milliseconds. */
  fromMs: number;
  readMs: number;
  /** Of the last question that has an answer: `data` is older than it. */
  error: Error | null;
  refetch: () => unknown;
}

/** What is asked for begins later with each minute. Until that is answered, and where it fails, it is what was read before, with its own beginning and time. */
function useMoved(asked: Asked, fromMs: number, isWanted = true): Moved {
  const { data, error, dataUpdatedAt, refetch } = useQuery({ ...polled('listActivity', asked), enabled: isWanted });
  const [before, setBefore] = useState<(Omit<Moved, 'refetch'> & { asked: Asked }) | null>(null);
  const last = isSameSeries(asked, before?.asked) ? before : null;
  const told =
    data === undefined
      ? { asked, data: last?.data, fromMs: last?.fromMs ?? fromMs, readMs: last?.readMs ?? 0, error: error ?? last?.error ?? null }
      : { asked, data, fromMs, readMs: clock.ledgerMs(dataUpdatedAt), error };
  const isNew = told.data !== last?.data || told.readMs !== last?.readMs || told.error !== last.error;
  if (isNew && (told.data ?? told.error) !== null) setBefore(told);
  return { ...told, refetch };
}

/** What moved in the last minutes. */
export function useRate(ledger: string): Moved {
  const fromMs = useStart(rateFrom);
  return useMoved(minutesFrom(ledger, fromMs), fromMs);
}

const starts: Readonly<Record<Range, (nowMs: number) => number>> = {
  hour: (nowMs) => beginningOf('hour', nowMs),
  day: (nowMs) => beginningOf('day', nowMs),
  month: (nowMs) => beginningOf('month', nowMs),
};

const movedOf = (ledger: string, currency: string | null, range: Range, fromMs: number): Asked => ({
  ledger,
  bucket: RANGES[range].bucket,
  from: fromDate(new Date(fromMs)),
  limit: BUCKETS_MAX,
  ...(currency === null ? {} : { currency }),
});

/** What moved of a currency in a range; null: it is not known yet of which. */
export function useVolume(ledger: string, currency: string | null, range: Range): Moved {
  const fromMs = useStart(starts[range]);
  return useMoved(movedOf(ledger, currency, range, fromMs), fromMs, currency !== null);
}

export const useRecent = (ledger: string) => useQuery(questions.recent(ledger));

/** Asks for what the page shows at first, of what one may ask for, before it is drawn: its drawing takes as long as the answers do. */
export async function askAhead(client: QueryClient, ledger: string): Promise<void> {
  const who = await client.ensureQueryData(me);
  if (!may(who, 'getLedger', ledger)) return;
  const can = canOf((operation) => may(who, operation));
  const nowMs = minuteNow();
  void client.prefetchQuery(questions.trial(ledger));
  if (can.health) void client.prefetchQuery(questions.health());
  if (can.outbox) void client.prefetchQuery(questions.outbox());
  if (can.projections) void client.prefetchQuery(questions.projections(ledger));
  if (can.letters) void client.prefetchQuery(questions.letters(ledger));
  void client.prefetchQuery(questions.recent(ledger));
  void client.prefetchQuery(polled('listActivity', minutesFrom(ledger, rateFrom(nowMs))));
  // Of several currencies it is not known yet which one will be shown.
  const [first, ...others] = (await client.ensureQueryData(ledgerQuery(ledger))).currencies;
  if (first === undefined || others.length > 0) return;
  void client.prefetchQuery(polled('listActivity', movedOf(ledger, first.code, 'hour', starts.hour(nowMs))));
}
