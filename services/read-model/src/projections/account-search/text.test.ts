import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encoded, fold, words } from './text.ts';

describe('the texts of searches', () => {
  it.each([
    ['Änne GRÖẞER', 'anne großer'],
    ['ﬁn①', 'fin1'],
    ['ΟΔΟΣ οδος', 'οδοσ οδοσ'],
    ['İstanbul', 'istanbul'],
    ['張偉', '張偉'],
  ])('%s is folded to %s', (text, folded) => expect(fold(text)).toBe(folded));

  it('words are runs of letters and digits of any script', () => {
    expect(words('user:0042 alice.smith@example.com')).toEqual(['user', '0042', 'alice', 'smith', 'example', 'com']);
    expect(words('O’Neill & Söhne, 張偉')).toEqual(['o', 'neill', 'sohne', '張偉']);
    expect(words(' -:. ')).toEqual([]);
    expect(words('x'.repeat(70))).toEqual(['x'.repeat(64), 'x'.repeat(6)]);
  });

  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  it('a text that contains another without regard to case contains it folded and encoded', () => {
    fc.assert(
      fc.property(text, text, text, (before, part, after) => {
        expect(encoded(`${before}${part}${after}`)).toContain(encoded(part));
        expect(fold(part.toUpperCase())).toContain(fold(part.toUpperCase()));
        expect(fold(fold(part))).toBe(fold(part));
      }),
    );
  });

  it('is encoded in ASCII, differently for different letters', () => {
    fc.assert(fc.property(text, (one) => expect(encoded(one)).toMatch(/^[\0-\x7f]*$/)));
    expect(encoded('Жук')).not.toBe(encoded('Бук'));
  });
});
