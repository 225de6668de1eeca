import { AMOUNT_DIGITS_MAX, type AmountFault, type AmountRule } from './read.ts';

/** What is wrong with a text, and what to write instead. */
export function explainFault(fault: AmountFault, { scale, currency }: AmountRule & { currency: string }): string {
  switch (fault) {
    case 'empty':
      return 'Enter an amount.';
    case 'characters':
      return 'Digits only, with a point before the decimals.';
    case 'sign':
      return 'Without a sign.';
    case 'separators':
      return 'The digits are not in groups of three. Write it without separators, as 1234.56.';
    case 'ambiguous':
      return 'That may be read with or without decimals. Write 1234 or 1.234.';
    case 'decimals':
      return scale === 0 ? `${currency} has no decimals.` : `${currency} has ${scale} decimal${scale === 1 ? '' : 's'} at most.`;
    case 'digits':
      return `At most ${AMOUNT_DIGITS_MAX} digits, decimals included.`;
    case 'zero':
      return 'More than zero.';
    default:
      return fault satisfies never;
  }
}
