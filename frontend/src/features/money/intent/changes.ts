import type { Movement } from '@ledgerflow/client';
import { Decimal } from 'decimal.js';

/** Exact for any two amounts of 38 digits. */
const Exact = Decimal.clone({ precision: 100 });
const decimalsOf = (amount: string): number => amount.split('.')[1]?.length ?? 0;

/** What a transaction does to one account: its balances before the first and after the last of its entries. */
export interface Change {
  account: string;
  moved: string;
  before: string;
  after: string;
  heldAfter: string;
}

/** In order of first mention. */
export function changesOf({ entries }: Movement): Change[] {
  const changes = new Map<string, Change>();
  for (const { account, amount, balanceAfter, heldAfter } of entries) {
    const scale = decimalsOf(balanceAfter);
    const earlier = changes.get(account);
    changes.set(account, {
      account,
      moved: new Exact(earlier?.moved ?? 0).plus(amount).toFixed(scale),
      before: earlier?.before ?? new Exact(balanceAfter).minus(amount).toFixed(scale),
      after: balanceAfter,
      heldAfter,
    });
  }
  return [...changes.values()];
}

/** Whether an amount is more than an account may give: its available balance down to its minimum, of which null is none. */
export const isBeyond = (amount: string, { available, minBalance }: { available: string; minBalance: string | null }): boolean =>
  minBalance !== null && new Exact(amount).greaterThan(new Exact(available).minus(minBalance));

/** Of several legs: what goes out of an account, all in all. */
export const totalOf = (amounts: readonly string[]): string => amounts.reduce((sum, one) => new Exact(sum).plus(one).toFixed(), '0');
