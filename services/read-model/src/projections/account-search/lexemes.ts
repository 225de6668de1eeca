import { encoded, words } from './text.ts';

/** Levels are 0 to this one, which has half of the accounts; see sql/005. A generation's lexemes begin with generation × LEVELS + level. */
export const LEVEL_MAX = 12;
const LEVELS = 16;
/** 2^32 by the golden ratio: consecutive numbers are spread evenly over the levels. */
const SPREAD = 0x9e3779b1;
/** Shorter words have too few trigrams to tell what was meant. */
const SPELLED_CHARACTERS_MIN = 4;

/** The texts of an account that are searched. */
export interface SearchTexts {
  id: string;
  currency: string;
  status: string;
  ownerId: string | null;
  name: string | null;
  metadata: string | null;
}

/** The level that an account's row stands in, with its generation. */
export function levelOf(generation: number, account: number): bigint {
  const zeros = Math.clz32(Math.imul(account, SPREAD));
  return BigInt(generation) * BigInt(LEVELS) + BigInt(LEVEL_MAX - Math.min(zeros, LEVEL_MAX));
}

export const currencyLexeme = (currency: string): string => `=c${currency}`;
export const statusLexeme = (status: string): string => `=s${status}`;

const weighted = ({ id, name, ownerId, metadata }: SearchTexts): [string | null, string][] => [
  [id, 'A'],
  [name, 'B'],
  [ownerId, 'C'],
  [metadata, 'D'],
];

/** The text of the tsvector of an account: words with their weights, and what filters ask for. */
export function lexemesOf(level: bigint, texts: SearchTexts): string {
  const lexemes: string[] = [];
  let position = 0;
  // Words are letters and digits, so nothing has to be quoted within.
  for (const [text, weight] of weighted(texts))
    for (const word of words(text ?? '')) lexemes.push(`'${level}.${word}':${(position += 1)}${weight}`);
  const marks = [currencyLexeme(texts.currency), statusLexeme(texts.status)];
  return [...lexemes, ...marks.map((mark) => `'${level}.${mark}'`)].join(' ');
}

/** What parts of words are looked for in: id and name. A line break stands in no question. */
export function namingOf({ id, name }: SearchTexts): string {
  return `${encoded(id)}\n${encoded(name ?? '')}`;
}

/** Whether a word may be misspelled: one of letters alone. A number that is nearly right is another number. */
export function isSpelled(word: string): boolean {
  return word.length >= SPELLED_CHARACTERS_MIN && !/\p{N}/u.test(word);
}

/** The words of an account that others may have misspelled, each once. */
export function vocabularyOf(texts: SearchTexts): Set<string> {
  return new Set(weighted(texts).flatMap(([text]) => words(text ?? '').filter(isSpelled)));
}
