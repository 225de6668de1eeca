import { inGroups } from '../count/index.ts';

const DECIMAL = /^(-?)(\d+)(\.\d+)?$/;

/** A decimal string with its digits in groups, all of them: it never becomes a number. What is no decimal is given back. */
export function formatAmount(amount: string): string {
  const [, sign = '', whole, fraction = ''] = DECIMAL.exec(amount) ?? [];
  return whole === undefined ? amount : `${sign}${inGroups(whole)}${fraction}`;
}
