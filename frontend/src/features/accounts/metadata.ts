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

/** json: begins as JSON and is none. number: has one that would be changed on the way. repeated: has a name twice in one object, and would lose a value. */
export type ValueMistake = 'json' | 'number' | 'repeated';

/** What a text means: JSON where it is JSON, itself where not; or why it is not taken. */
export function valueOf(text: string): { value: Json } | { mistake: ValueMistake } {
  const read = readExact(text);
  if (read === null) return /^\s*["[{]/.test(text) ? { mistake: 'json' } : { value: text };
  if (read.isRepeated) return { mistake: 'repeated' };
  return read.isExact ? { value: read.value as Json } : { mistake: 'number' };
}

export const pairsOf = (metadata: Readonly<Record<string, unknown>> | null | undefined): Pair[] =>
  Object.entries(metadata ?? {}).map(([key, value], id) => ({ id, key, text: textOf(value as Json) }));

export type PairMistake = 'empty' | 'twice' | ValueMistake;

/** What is wrong with each row, by its id; rows without key and value are none. */
export function mistakesOf(pairs: readonly Pair[]): Map<number, PairMistake> {
  const mistakes = new Map<number, PairMistake>();
  const seen = new Set<string>();
  for (const { id, key, text } of pairs) {
    if (key === '' && text === '') continue;
    const read = valueOf(text);
    if (key === '') mistakes.set(id, 'empty');
    else if (seen.has(key)) mistakes.set(id, 'twice');
    else if ('mistake' in read) mistakes.set(id, read.mistake);
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
    const read = valueOf(text);
    entries.push([key, 'value' in read ? read.value : null]);
  }
  return Object.fromEntries(entries);
}
