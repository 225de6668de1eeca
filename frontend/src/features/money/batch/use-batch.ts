import type { BodyOf } from '@ledgerflow/client';
import type { Action } from '@reduxjs/toolkit';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useSelector, useStore } from 'react-redux';
import { ledgerflow } from '../../../api/client.ts';
import { keys } from '../../../api/keys.ts';
import { keep } from '../intent/storage.ts';
import { mustBe } from '../owner.ts';
import type { Row } from './parse.ts';
import { itemOf, partsOf, resultOf, sendBatch } from './send.ts';
import { type Batch, batches, type Batches, type RowResult, STORED } from './slice.ts';

interface WithBatches {
  moneyBatches: Batches;
}

/** The batch of a place, and steps that are kept before anything else happens. */
export function useBatch(place: string) {
  const store = useStore<WithBatches>();
  const batch = useSelector((state: WithBatches) => state.moneyBatches[place]);
  const [isKept, setKept] = useState(true);
  const step = useCallback(
    (action: Action): boolean => {
      store.dispatch(action);
      const isDone = keep(STORED, place, store.getState().moneyBatches[place]);
      setKept(isDone);
      return isDone;
    },
    [store, place],
  );
  const now = useCallback((): Batch => {
    const found = store.getState().moneyBatches[place];
    if (found === undefined) throw new Error('the batch is gone while it is sent');
    return found;
  }, [store, place]);
  return { batch, now, step, isKept };
}

/** Whose a batch is, and where it lies. */
export interface At {
  who: string;
  ledger: string;
  place: string;
}

/** Sends a batch, or goes on with it; `stop` ends it behind the part that is on its way. What is under way goes on at the place where it began. */
export function useSending(at: At, { now, step }: Pick<ReturnType<typeof useBatch>, 'now' | 'step'>) {
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: ({ who, ledger, place }: At) =>
      sendBatch({
        place,
        now,
        step,
        post: async (body, idempotencyKey) => {
          await mustBe(who);
          return ledgerflow.answer('createTransactionBatch', { ledger, body }, { idempotencyKey });
        },
      }),
    onSettled: (_data, _error, { ledger }) => void queryClient.invalidateQueries({ queryKey: keys.ledger(ledger) }),
  });
  return {
    error: mutation.error,
    forget: mutation.reset,
    stop: () => void step(batches.actions.stopping({ place: at.place })),
    send: () => {
      if (now().phase !== 'ready' && now().phase !== 'stopped') return;
      step(batches.actions.started({ place: at.place }));
      mutation.mutate(at);
    },
  };
}

/** What the ledger says to each right row, by its index. Nothing is written. */
export const useDryRunOfRows = (ledger: string) =>
  useMutation({
    mutationFn: async ({ rows, isAtomic }: { rows: readonly Row[]; isAtomic: boolean }): Promise<ReadonlyMap<number, RowResult>> => {
      const right = rows.flatMap(({ fault }, index) => (fault === null ? [index] : []));
      const found = new Map<number, RowResult>();
      for (const part of isAtomic ? [right] : partsOf(rows, right)) {
        const body: BodyOf<'createTransactionBatch'> = { atomic: isAtomic, transactions: part.map((index) => itemOf(rows[index] as Row)) };
        const { data } = await ledgerflow.answer('createTransactionBatch', { ledger, body, dryRun: true });
        data.results.forEach((one, at) => found.set(part[at] as number, resultOf(one, false)));
      }
      return found;
    },
  });
