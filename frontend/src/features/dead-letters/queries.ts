import type { LedgerFlowProblem, RequestOf } from '@ledgerflow/client';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { keys, STALE_MS } from '../../api/keys.ts';
import { answerOf, pagesOf } from '../../api/queries.ts';
import { askedBy } from '../../api/refresh.ts';
import { isRunning, type Repair } from './letter.ts';

export type LetterFilters = Pick<RequestOf<'listDeadLetters'>, 'ledger' | 'account' | 'state'>;

const PAGE = 200;
/** Each read of an administrator is kept in the audit: no more of them than somebody needs who watches. */
const POLL_MS = 15_000;
const FOLLOW_MS = 1_000;
/** The gateway answers 202 after REPAIR_WAIT_MS, a minute at most: giving up before that would make an outcome unknown that is not. */
const REPAIR_OPTIONS = { retry: { attemptsMax: 1, attemptMs: 65_000, totalMs: 65_000 } };

/** The first page is looked at again and again; a longer list stands still while somebody scrolls in it. */
export const useLetters = (filters: LetterFilters) =>
  useInfiniteQuery({
    ...pagesOf('listDeadLetters', { ...filters, limit: PAGE }),
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : POLL_MS),
  });

export const useLetter = (deadLetter: string) => useQuery(answerOf('getDeadLetter', { deadLetter }));

/** The record of the log at a position, as the writer has it. */
export const useLogRecord = (ledger: string, position: string, enabled: boolean) =>
  useQuery({
    ...answerOf('listEvents', { ledger, after: (BigInt(position) - 1n).toString(), limit: 1 }, STALE_MS.past),
    enabled,
  });

export const retry = (deadLetter: string) => (): Promise<Repair> => ledgerflow.retryDeadLetter({ deadLetter }, REPAIR_OPTIONS);
export const retryAll = (ledger: string | null) => (): Promise<Repair> =>
  ledgerflow.retryAllDeadLetters({ body: ledger === null ? {} : { ledger } }, REPAIR_OPTIONS);
export const discard = (deadLetter: string, reason: string) => (): Promise<Repair> =>
  ledgerflow.discardDeadLetter({ deadLetter, body: { reason } }, REPAIR_OPTIONS);

export interface Repairing {
  start: (ask: () => Promise<Repair>) => void;
  /** Asked for, or a builder works on it. */
  isBusy: boolean;
  /** What came of it, or that it goes on; null: nothing was asked for, or it failed. */
  repair: Repair | null;
  /** The first of it, or of looking after it. */
  error: LedgerFlowProblem | Error | null;
  /** Asks for what may have changed. */
  look: () => void;
}

/** One repair at a time: asked for, and looked after until a builder has done it. ledger: of which everything is asked for again then; null: any. */
export function useRepair(ledger: string | null): Repairing {
  const client = useQueryClient();
  const changed = (): void => {
    void client.invalidateQueries(askedBy('listDeadLetters', 'listProjections'));
    if (ledger !== null) void client.invalidateQueries({ queryKey: keys.ledger(ledger) });
  };
  const look = (): void => {
    changed();
    void client.invalidateQueries(askedBy('getDeadLetter'));
  };
  const asked = useMutation<Repair, Error, () => Promise<Repair>>({
    mutationFn: (ask) => ask(),
    onSuccess: changed,
    onError: look,
  });
  const going = asked.data !== undefined && isRunning(asked.data) ? asked.data.id : null;
  const followed = useQuery({
    ...answerOf('getRepair', { repair: going ?? '' }, STALE_MS.live),
    enabled: going !== null,
    refetchInterval: ({ state }) => (state.data === undefined || isRunning(state.data) ? FOLLOW_MS : false),
  });
  const repair = (going === null ? undefined : followed.data) ?? asked.data ?? null;
  const isOver = going !== null && repair !== null && !isRunning(repair);
  useEffect(() => {
    if (isOver) changed();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when it ends
  }, [isOver]);
  return {
    start: (ask) => {
      if (!asked.isPending) asked.mutate(ask);
    },
    isBusy: asked.isPending || (repair !== null && isRunning(repair)),
    repair,
    error: asked.error ?? (going === null ? null : followed.error),
    look,
  };
}
