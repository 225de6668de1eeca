/** A number of things with its digits in groups, exact however long it is. What is no whole number is given back. */
export function formatCount(value: string | number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) ? BigInt(text).toLocaleString('en') : text;
}
