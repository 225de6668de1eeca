import { strings } from '../strings.ts';
import { AMOUNT_DIGITS_MAX, type AmountFault, type AmountRule } from './read.ts';

const { faults } = strings;

/** What is wrong with a text, and what to write instead. */
export function explainFault(fault: AmountFault, { scale, currency }: AmountRule & { currency: string }): string {
  if (fault === 'decimals') return faults.decimals(currency, scale);
  return fault === 'digits' ? faults.digits(AMOUNT_DIGITS_MAX) : faults[fault];
}
