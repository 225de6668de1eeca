import { readExact } from '../../ui/json/exact.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface Pair {
  /** Of the row on the screen. */
  id: number;
  key: string;
  text: string;
}

/** A text as it is, unless it would be read as JSON: then in quotes. Anything else as JSON. */
export const textOf = (value: Json): string =>
  typeof value === 'string' && readExact(value) === null && !/^\s*["[{]/.test(value) ? value : JSON.stringify(value);

/** What a text means: JSON where it is JSON, itself where not; null for one that begins as JSON and is none, and for numbers that would be changed. */
export function valueOf(text: string): { value: Json } | null {
  const read = readExact(text);
  if (read !== null) return read.isExact ? { value: read.value as Json } : null;
  return /^\s*["[{]/.test(text) ? null : { value: text };
}

export const pairsOf = (metadata: Readonly<Record<string, unknown>> | null | undefined): Pair[] =>
  Object.entries(metadata ?? {}).map(([key, value], id) => ({ id, key, text: textOf(value as Json) }));

export type PairMistake = 'empty' | 'twice' | 'json';

/** What is wrong with each row, by its id; rows without key and value are none. */
export function mistakesOf(pairs: readonly Pair[]): Map<number, PairMistake> {
  const mistakes = new Map<number, PairMistake>();
  const seen = new Set<string>();
  for (const { id, key, text } of pairs) {
    if (key === '' && text === '') continue;
    if (key === '') mistakes.set(id, 'empty');
    else if (seen.has(key)) mistakes.set(id, 'twice');
    else if (valueOf(text) === null) mistakes.set(id, 'json');
    seen.add(key);
  }
  return mistakes;
}

export const isSame = (pairs: readonly Pair[], others: readonly Pair[]): boolean =>
  pairs.length === others.length && pairs.every(({ key, text }, index) => key === others[index]?.key && text === others[index]?.text);

/** The object that rows without mistakes make. */
export function metadataOf(pairs: readonly Pair[]): Record<string, Json> {
  const entries: [string, Json][] = [];
  for (const { key, text } of pairs) {
    if (key === '') continue;
    entries.push([key, valueOf(text)?.value ?? null]);
  }
  return Object.fromEntries(entries);
}
