import { Decimal } from 'decimal.js';

/** Far above the 38 digits of a balance times the accounts of a ledger. */
const Exact = Decimal.clone({ precision: 100, toExpNeg: -100, toExpPos: 100 });

const digitsOf = (amount: string): number => amount.split('.')[1]?.length ?? 0;
const digitsMax = (amounts: readonly string[]): number => Math.max(0, ...amounts.map(digitsOf));

/** Exactly, with as many digits after the point as the longest of them; "0" of none. */
export function sumOf(amounts: readonly string[]): string {
  return amounts.reduce((sum, amount) => sum.plus(amount), new Exact(0)).toFixed(digitsMax(amounts));
}

/** What the first has more than the second. */
export const differenceOf = (first: string, second: string): string => new Exact(first).minus(second).toFixed(digitsMax([first, second]));

/** −1, 0 or 1. */
export const signOf = (amount: string): number => Math.sign(new Exact(amount).comparedTo(0));
