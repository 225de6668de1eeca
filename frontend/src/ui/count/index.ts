/** Digits in groups of three. As Intl.NumberFormat would, whose first one takes longer than all the rest of a page's amounts. */
export const inGroups = (digits: string): string => digits.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** A number of things with its digits in groups, exact however long it is. What is no whole number is given back. */
export function formatCount(value: string | number | bigint): string {
  const [, sign, digits] = /^(-?)(\d+)$/.exec(String(value)) ?? [];
  return sign === undefined || digits === undefined ? String(value) : `${sign}${inGroups(digits)}`;
}
