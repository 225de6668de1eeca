import { useSuspenseQuery } from '@tanstack/react-query';
import type { Ledger } from '@ledgerflow/client';
import { useParams } from 'react-router';
import { STALE_MS } from './keys.ts';
import { answerOf } from './queries.ts';

export const ledgerQuery = (ledger: string) => answerOf('getLedger', { ledger }, STALE_MS.slow);

/** The ledger in the address. Its layout has asked for it before any page below is drawn. */
export function useLedger(): Ledger {
  const { ledger } = useParams();
  if (ledger === undefined) throw new Error('this page does not lie below /ledgers/:ledger');
  return useSuspenseQuery(ledgerQuery(ledger)).data;
}

/** Digits after the point, of any currency at most: while none is chosen, only what no currency has is wrong. */
export const SCALE_MAX = 18;

/** How many digits a currency has after the point; null for one that the ledger does not have. */
export const scaleOf = ({ currencies }: Ledger, code: string): number | null => currencies.find((one) => one.code === code)?.scale ?? null;
