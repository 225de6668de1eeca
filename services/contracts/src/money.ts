/**
 * Money is a bigint of minor units ("12.34" USD = 1234n) together with the scale of its currency. JavaScript numbers never hold money.
 * At the API amounts are decimal strings; inside records they are minor units in decimal digits.
 */

/** Balances and amounts have at most 38 digits, PostgreSQL's numeric(38,0). */
export const AMOUNT_DIGITS_MAX = 38;
export const AMOUNT_MAX = 10n ** 38n - 1n;

const UNSIGNED = '(0|[1-9][0-9]*)(?:\\.([0-9]+))?';
/** Decimal strings; those with more than 38 digits are refused apart from it. */
export const DECIMAL_PATTERN = `^(-?)${UNSIGNED}$`;
/** Those without a sign. */
export const UNSIGNED_PATTERN = `^${UNSIGNED}$`;
const DECIMAL = new RegExp(DECIMAL_PATTERN);

/**
 * The one normal form of a decimal string: no trailing zeros in the fraction ("10.50" → "10.5", "10.00" → "10").
 * Null when the text is not a plain decimal (an exponent, a plus sign, leading zeros, blanks) or has more than 38 digits.
 */
export function normalizeDecimal(text: string): string | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole, fraction = ''] = match;
  if ((whole as string).length + fraction.length > AMOUNT_DIGITS_MAX) return null;
  const digits = fraction.replace(/0+$/, '');
  const value = digits === '' ? (whole as string) : `${whole}.${digits}`;
  return sign === '-' && value !== '0' ? `-${value}` : value;
}

/** Minor units of a decimal string, or null when it has more decimals than the scale (never rounded) or is no decimal. */
export function parseMinor(text: string, scale: number): bigint | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole, fraction = ''] = match;
  const digits = fraction.replace(/0+$/, '');
  if (digits.length > scale) return null;
  const value = BigInt(whole + digits.padEnd(scale, '0'));
  if (value > AMOUNT_MAX) return null;
  return sign === '-' ? -value : value;
}

/** Minor units as a decimal string with exactly `scale` decimals: formatMinor(1230n, 2) = "12.30". */
export function formatMinor(minor: bigint, scale: number): string {
  if (scale === 0) return minor.toString();
  const negative = minor < 0n;
  const digits = (negative ? -minor : minor).toString().padStart(scale + 1, '0');
  const at = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, at)}.${digits.slice(at)}`;
}
