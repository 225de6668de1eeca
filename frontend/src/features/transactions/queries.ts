import type { RequestOf } from '@ledgerflow/client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { STALE_MS } from '../../api/keys.ts';
import { answerOf, pagesOf, recordAt } from '../../api/queries.ts';

/** It is asked for anew by its button: all its pages at each return to the window would be many, and move what one reads. */
export const useTransactions = (request: RequestOf<'listTransactions'>) =>
  useInfiniteQuery({ ...pagesOf('listTransactions', request), refetchOnWindowFocus: false });

/** It never changes. */
export const useTransaction = (ledger: string, transaction: string) =>
  useQuery(answerOf('getTransaction', { ledger, transaction }, STALE_MS.past));

/** The record at a position of the log: what a transaction does not tell of itself. */
export const useRecord = (ledger: string, position: string) => useQuery(recordAt(ledger, position));
