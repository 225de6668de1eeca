import type { LedgerFlowProblem, RequestOf } from '@ledgerflow/client';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { keys, STALE_MS } from '../../api/keys.ts';
import { answerOf, pagesOf, recordAt } from '../../api/queries.ts';
import { askedBy } from '../../api/refresh.ts';
import { isFinal, isRunning, type Repair } from './letter.ts';

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
export const useLogRecord = (ledger: string, position: string, enabled: boolean) => useQuery({ ...recordAt(ledger, position), enabled });

export const retry = (deadLetter: string) => (): Promise<Repair> => ledgerflow.retryDeadLetter({ deadLetter }, REPAIR_OPTIONS);
export const retryAll = (ledger: string | null) => (): Promise<Repair> =>
  ledgerflow.retryAllDeadLetters({ body: ledger === null ? {} : { ledger } }, REPAIR_OPTIONS);
export const discard = (deadLetter: string, reason: string) => (): Promise<Repair> =>
  ledgerflow.discardDeadLetter({ deadLetter, body: { reason } }, REPAIR_OPTIONS);

/** What was asked of any ledger. */
const isOfLedger = ({ queryKey }: { queryKey: readonly unknown[] }): boolean => typeof queryKey[0] === 'string';

export interface Repairing {
  /** ledger: of which everything is asked for again afterwards; null: of all. */
  start: (ask: () => Promise<Repair>, ledger: string | null) => void;
  /** Asked for, or a builder works on it. */
  isBusy: boolean;
  /** What came of it, or that it goes on; null: nothing was asked for, or it failed. */
  repair: Repair | null;
  /** The first of it, or of looking after it. */
  error: LedgerFlowProblem | Error | null;
  /** Asks for what may have changed. */
  look: () => void;
}

interface Asked {
  ask: () => Promise<Repair>;
  ledger: string | null;
}

/** One repair at a time: asked for, and looked after until a builder has done it. */
export function useRepair(): Repairing {
  const client = useQueryClient();
  const changed = (asking: Asked | undefined): void => {
    void client.invalidateQueries(askedBy('listDeadLetters', 'listProjections'));
    if (asking === undefined) return;
    const ofLedger = asking.ledger === null ? { predicate: isOfLedger } : { queryKey: keys.ledger(asking.ledger) };
    void client.invalidateQueries(ofLedger);
  };
  const look = (asking: Asked | undefined): void => {
    changed(asking);
    void client.invalidateQueries(askedBy('getDeadLetter'));
  };
  const asked = useMutation<Repair, Error, Asked>({
    mutationFn: ({ ask }) => ask(),
    onSuccess: (_repair, asking) => changed(asking),
    onError: (_error, asking) => look(asking),
  });
  const going = asked.data !== undefined && isRunning(asked.data) ? asked.data.id : null;
  const followed = useQuery({
    ...answerOf('getRepair', { repair: going ?? '' }, STALE_MS.live),
    enabled: going !== null,
    refetchInterval: ({ state: { data, error } }) => (isFinal(error) || (data !== undefined && !isRunning(data)) ? false : FOLLOW_MS),
  });
  const repair = (going === null ? undefined : followed.data) ?? asked.data ?? null;
  // What cannot be followed any more is not busy: its error says why.
  const isLost = going !== null && isFinal(followed.error);
  const isOver = going !== null && (isLost || (repair !== null && !isRunning(repair)));
  const ended = useEffectEvent(() => changed(asked.variables));
  // Once, when it ends.
  useEffect(() => {
    if (isOver) ended();
  }, [isOver]);
  return {
    start: (ask, ledger) => {
      if (!asked.isPending) asked.mutate({ ask, ledger });
    },
    isBusy: asked.isPending || (repair !== null && isRunning(repair) && !isLost),
    repair,
    error: asked.error ?? (going === null ? null : followed.error),
    look: () => look(asked.variables),
  };
}
