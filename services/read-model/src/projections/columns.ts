/**
 * Columns for `unnest`: array literals built here, because the driver quotes every element of an array, numbers too.
 */
export function numbers(values: readonly (number | bigint | boolean | null)[]): string {
  return `{${values.map((value) => (value === null ? 'null' : value)).join(',')}}`;
}

/** Text may hold anything, so the driver quotes it. */
export function texts(values: readonly (string | null)[]): (string | null)[] {
  return values as (string | null)[];
}

/** JSON as text, null stays null. */
export function jsons(values: readonly unknown[]): (string | null)[] {
  return values.map((value) => (value === null || value === undefined ? null : JSON.stringify(value)));
}
