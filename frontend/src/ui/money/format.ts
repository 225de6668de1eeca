const DECIMAL = /^-?\d+(?:\.(\d+))?$/;
const formats = new Map<number, Intl.NumberFormat>();

function formatOf(digits: number): Intl.NumberFormat {
  let format = formats.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(digits, format);
  }
  return format;
}

/** A decimal string with its digits in groups, all of them: text goes into Intl.NumberFormat as it is and never becomes a number. What is no decimal is given back. */
export function formatAmount(amount: string): string {
  const match = DECIMAL.exec(amount);
  return match === null ? amount : formatOf(match[1]?.length ?? 0).format(amount as Intl.StringNumericLiteral);
}
