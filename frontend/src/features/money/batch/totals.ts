import { sumOf } from '../../../ui/money/sum.ts';
import type { Row } from './parse.ts';

/** What some rows move of a currency. */
export interface Total {
  currency: string;
  amount: string;
  rows: number;
}

/** One a currency, in order of first mention. Of rows that are right. */
export function totalsOf(rows: readonly Pick<Row, 'amount' | 'currency'>[]): Total[] {
  const amounts = new Map<string, string[]>();
  for (const { amount, currency } of rows) {
    const own = amounts.get(currency);
    if (own === undefined) amounts.set(currency, [amount]);
    else own.push(amount);
  }
  return [...amounts].map(([currency, own]) => ({ currency, amount: sumOf(own), rows: own.length }));
}
