import type { DataOf } from '@ledgerflow/client';
import { differenceOf, signOf } from '../../ui/money/sum.ts';

export type TrialBalance = DataOf<'getTrialBalance'>;

export interface Row {
  currency: string;
  debits: string;
  credits: string;
  /** Credits less debits. */
  difference: string;
  isBalanced: boolean;
}

export const rowsOf = ({ currencies }: TrialBalance): Row[] =>
  currencies.map(({ currency, debits, credits }) => {
    const difference = differenceOf(credits, debits);
    return { currency, debits, credits, difference, isBalanced: signOf(difference) === 0 };
  });
