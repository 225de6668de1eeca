/**
 * How texts are cut into what is searched, and questions alike. Done here and not by the database, because its default parser takes ids apart as if they were host names, and because folding and
 * trigrams there know the letters of the database's locale only: with locale C, which a fresh cluster often has, none beyond ASCII.
 */

/** Longer runs of letters and digits are several words; a question is cut the same way. */
const WORD_CHARACTERS_MAX = 64;
const WORD = new RegExp(`[\\p{L}\\p{N}]{1,${WORD_CHARACTERS_MAX}}`, 'gu');
/** Digits of base 36 of a code point: 36^4 > 0x10ffff. */
const CODE_DIGITS = 4;

/**
 * Without case, accents and compatibility forms. A text that contains another without regard to case contains it folded too: every character is folded by itself (but the final sigma,
 * which is made like the others).
 */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll('ς', 'σ');
}

/** The words of a text, folded, in its order. */
export function words(text: string): string[] {
  return fold(text).match(WORD) ?? [];
}

/**
 * The folded text in ASCII, for trigrams: every other character as letters and digits of its own, so that any text can be found by a part of it in a database of any locale. What contains another contains
 * it encoded; what seems to may not (the query compares again).
 */
export function encoded(text: string): string {
  // eslint-disable-next-line no-control-regex -- all of ASCII
  return fold(text).replace(
    /[^\0-\x7f]/gu,
    (character) => `z${(character.codePointAt(0) as number).toString(36).padStart(CODE_DIGITS, '0')}`,
  );
}
