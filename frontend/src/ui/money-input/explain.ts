import { strings } from '../strings.ts';
import { AMOUNT_DIGITS_MAX, type AmountFault, type AmountRule, inScale } from './read.ts';

const { faults } = strings;

/** Both ways to read a comma before three digits, in the figures of whoever wrote it. */
function bothWays(text: string, scale: number): string {
  const typed = text.trim();
  const decimal = typed.replace(',', '.').replace(/\.?0+$/, '');
  const digits = decimal.split('.')[1]?.length ?? 0;
  return faults.ambiguousOf(typed, typed.replace(',', ''), decimal, digits > scale ? null : inScale(decimal, scale), scale);
}

/** What is wrong with a text, and what to write instead; with the text in its own figures. */
export function explainFault(fault: AmountFault, { scale, currency }: AmountRule & { currency: string }, text?: string): string {
  if (fault === 'decimals') return faults.decimals(currency, scale);
  if (fault === 'ambiguous' && text !== undefined) return bothWays(text, scale);
  return fault === 'digits' ? faults.digits(AMOUNT_DIGITS_MAX) : faults[fault];
}
