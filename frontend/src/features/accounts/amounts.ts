import { Decimal } from 'decimal.js';

/** An amount has 38 digits at most; sums and differences stay exact far beyond. */
const Exact = Decimal.clone({ precision: 100 });

const scaleOf = (amount: string): number => amount.split('.')[1]?.length ?? 0;

/** Decimal strings with the digits after the point of the longer one. */
export const plus = (a: string, b: string): string => new Exact(a).plus(b).toFixed(Math.max(scaleOf(a), scaleOf(b)));
export const minus = (a: string, b: string): string => new Exact(a).minus(b).toFixed(Math.max(scaleOf(a), scaleOf(b)));
export const isZero = (amount: string): boolean => new Exact(amount).isZero();
