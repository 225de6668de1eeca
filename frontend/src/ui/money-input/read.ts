/** Balances and amounts of a ledger have at most so many digits, those after the point included. */
export const AMOUNT_DIGITS_MAX = 38;

/** What a text may be. */
export interface AmountRule {
  /** Digits after the point, at most. */
  scale: number;
  isSigned?: boolean;
  isZeroAllowed?: boolean;
}

/** Why a text is no amount. */
export type AmountFault = 'empty' | 'characters' | 'sign' | 'separators' | 'ambiguous' | 'decimals' | 'digits' | 'zero';
/** Those that typing on does not mend. */
export const FINAL_FAULTS: readonly AmountFault[] = ['characters', 'sign', 'decimals', 'digits'];

/** amount: a decimal string with a point, without groups, blanks and leading zeros, its decimals as they were written. */
export type ReadAmount = { amount: string } | { fault: AmountFault };

/** Between groups of digits, in some language or other: blanks of any width, apostrophes. */
const BLANKS = /[\s\u00A0\u2007\u2009\u202F'’]/g;
const WITH_BLANKS = /^\d{1,3}(?:[\s\u00A0\u2007\u2009\u202F'’]\d{3})+(?:[.,]\d*)?$/;
/** 1,234,567 and the Indian 12,34,567. */
const inGroups = (digits: string, separator: '.' | ','): boolean => {
  const point = separator === '.' ? '\\.' : ',';
  return new RegExp(`^(?:\\d{1,3}(?:${point}\\d{3})+|\\d{1,2}(?:${point}\\d{2})*${point}\\d{3})$`).test(digits);
};
const count = (text: string, character: string): number => text.split(character).length - 1;

interface Parts {
  whole: string;
  fraction: string;
}

/** Which of point and comma is the decimal one. Both: the last. A point alone is; a comma alone is, unless it may as well stand between groups. */
function partsOf(digits: string, scale: number, hasBlanks: boolean): Parts | AmountFault {
  const points = count(digits, '.');
  const commas = count(digits, ',');
  if (points === 0 && commas === 0) return { whole: digits, fraction: '' };
  const cut = (decimal: '.' | ','): Parts | AmountFault => {
    const at = digits.lastIndexOf(decimal);
    const groups = digits.slice(0, at);
    const other = decimal === '.' ? ',' : '.';
    if (groups.includes(decimal) || (groups.includes(other) && (hasBlanks || !inGroups(groups, other)))) return 'separators';
    return { whole: groups.replaceAll(other, ''), fraction: digits.slice(at + 1) };
  };
  if (points > 0 && commas > 0) return cut(digits.lastIndexOf('.') > digits.lastIndexOf(',') ? '.' : ',');
  if (points === 1) return cut('.');
  const separator = points > 1 ? '.' : ',';
  const isGrouped = !hasBlanks && inGroups(digits, separator) && !digits.startsWith('0');
  if (points > 1 || commas > 1) return isGrouped ? { whole: digits.replaceAll(separator, ''), fraction: '' } : 'separators';
  // A single comma before three digits: 1234 here, 1.234 there. Only where there are no decimals it can be but one of them.
  if (isGrouped) return scale === 0 ? { whole: digits.replace(',', ''), fraction: '' } : 'ambiguous';
  return cut(',');
}

/** An amount that was read, with all decimals of its scale: as the API writes it. */
export function inScale(amount: string, scale: number): string {
  const [whole = '', fraction = ''] = amount.split('.');
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`;
}

/**
 * What somebody typed or pasted, as an amount. Point or comma before the decimals, groups of digits with points, commas, blanks or apostrophes between them. A point alone is
 * the decimal one: where it may stand between groups (1.234 in a currency of three decimals or more) only what is around the text can tell. A comma alone that may is refused. Nothing is rounded, and no JavaScript number is made of it.
 */
export function readAmount(text: string, { scale, isSigned = false, isZeroAllowed = false }: AmountRule): ReadAmount {
  const trimmed = text.trim();
  if (trimmed === '') return { fault: 'empty' };
  const sign = /^[-−+]/.exec(trimmed)?.[0] ?? '';
  const unsigned = trimmed.slice(sign.length);
  if (!/^[\d.,\s\u00A0\u2007\u2009\u202F'’]+$/.test(unsigned)) return { fault: 'characters' };
  if (sign !== '' && !isSigned) return { fault: 'sign' };
  const digits = unsigned.replaceAll(BLANKS, '');
  const hasBlanks = digits !== unsigned;
  if (!/\d/.test(digits) || (hasBlanks && !WITH_BLANKS.test(unsigned))) return { fault: 'separators' };
  const parts = partsOf(digits, scale, hasBlanks);
  if (typeof parts === 'string') return { fault: parts };
  const whole = parts.whole.replace(/^0+(?=\d)/, '') || '0';
  const { fraction } = parts;
  if (fraction.length > scale) return { fault: 'decimals' };
  if ((whole === '0' ? 0 : whole.length) + scale > AMOUNT_DIGITS_MAX) return { fault: 'digits' };
  const isZero = /^0*$/.test(whole + fraction);
  if (isZero && !isZeroAllowed) return { fault: 'zero' };
  const isNegative = !isZero && sign !== '' && sign !== '+';
  return { amount: `${isNegative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}` };
}

/** Whether whoever wrote it has a comma before the decimals: their 1.234 is 1234. False as well where that can not be told. */
export function hasDecimalComma(text: string): boolean {
  const digits = text.trim().replaceAll(BLANKS, '');
  if (!/^[\d.,]+$/.test(digits) || count(digits, ',') !== 1 || digits.lastIndexOf('.') > digits.indexOf(',')) return false;
  return !inGroups(digits, ',') || digits.startsWith('0');
}

/** A point between groups to some people, the decimal one to others. */
export const isPointAmbiguous = (text: string): boolean => /^\d{1,3}\.\d{3}$/.test(text.trim());
