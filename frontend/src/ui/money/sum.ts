import { Decimal } from 'decimal.js';

/** Far above the 38 digits of a balance times the accounts of a ledger. */
const Exact = Decimal.clone({ precision: 100, toExpNeg: -100, toExpPos: 100 });

const digitsOf = (amount: string): number => amount.split('.')[1]?.length ?? 0;
const fixed = (amount: Decimal, digits: number): string => (amount.isZero() ? new Exact(0) : amount).toFixed(digits);

/** Of decimal strings, exactly; with as many digits after the point as the longest of them has; "0" of none. */
export function sumOf(amounts: readonly string[]): string {
  return fixed(
    amounts.reduce((sum, amount) => sum.plus(amount), new Exact(0)),
    Math.max(0, ...amounts.map(digitsOf)),
  );
}

/** What the first has more than the second. */
export function differenceOf(first: string, second: string): string {
  return fixed(new Exact(first).minus(second), Math.max(digitsOf(first), digitsOf(second)));
}

/** −1, 0 or 1. */
export const signOf = (amount: string): number => Math.sign(new Exact(amount).comparedTo(0));
