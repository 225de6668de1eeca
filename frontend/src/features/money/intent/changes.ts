import type { Movement } from '@ledgerflow/client';
import { differenceOf, signOf, sumOf } from '../../../ui/money/sum.ts';

/** What a transaction does to one account: its balances before the first and after the last of its entries. */
export interface Change {
  account: string;
  moved: string;
  before: string;
  after: string;
}

/** In order of first mention. */
export function changesOf({ entries }: Movement): Change[] {
  const changes = new Map<string, Change>();
  for (const { account, amount, balanceAfter } of entries) {
    const earlier = changes.get(account);
    changes.set(account, {
      account,
      moved: earlier === undefined ? amount : sumOf([earlier.moved, amount]),
      before: earlier?.before ?? differenceOf(balanceAfter, amount),
      after: balanceAfter,
    });
  }
  return [...changes.values()];
}

/** Whether an amount is more than an account may give: its available balance down to its minimum, of which null is none. */
export const isBeyond = (amount: string, { available, minBalance }: { available: string; minBalance: string | null }): boolean =>
  minBalance !== null && signOf(differenceOf(amount, differenceOf(available, minBalance))) > 0;
