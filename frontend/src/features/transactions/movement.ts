import { sumOf } from '../../ui/money/sum.ts';

/** One side of a posting. */
export interface Leg {
  account: string;
  currency: string;
  amount: string;
}

export interface Moved {
  currency: string;
  amount: string;
}

const isOut = ({ amount }: Leg): boolean => amount.startsWith('-');
const unique = (accounts: readonly string[]): string[] => [...new Set(accounts)];

/** What a transaction moved, by currency: the sum of what came in somewhere. Of an account: what it gained or lost. */
export function movedOf(entries: readonly Leg[], account: string | null = null): Moved[] {
  const counted = entries.filter((entry) => (account === null ? !isOut(entry) : entry.account === account));
  return unique(counted.map(({ currency }) => currency)).map((currency) => ({
    currency,
    amount: sumOf(counted.filter((entry) => entry.currency === currency).map(({ amount }) => amount)),
  }));
}

/** The accounts it took from, and those it gave to, each once. */
export const sidesOf = (entries: readonly Leg[]): { from: string[]; to: string[] } => ({
  from: unique(entries.filter(isOut).map(({ account }) => account)),
  to: unique(entries.filter((entry) => !isOut(entry)).map(({ account }) => account)),
});
