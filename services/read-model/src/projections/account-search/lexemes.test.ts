import { describe, expect, it } from '@jest/globals';
import { LEVEL_MAX, levelOf, lexemesOf, namingOf, vocabularyOf, type SearchTexts } from './lexemes.ts';

const texts: SearchTexts = { id: 'user:7', currency: 'USD', status: 'open', ownerId: "o'7", name: 'Ann Ärmel', metadata: 'gold ann' };

describe('the lexemes of an account', () => {
  it('are its words with weights and what filters ask for, all with the level before them', () => {
    const lexemes = lexemesOf(119n, texts).split(' ');
    expect(lexemes.slice(0, 8)).toEqual([
      `'119.user':1A`,
      `'119.7':2A`,
      `'119.ann':3B`,
      `'119.armel':4B`,
      `'119.o':5C`,
      `'119.7':6C`,
      `'119.gold':7D`,
      `'119.ann':8D`,
    ]);
    expect(lexemes.slice(8).every((lexeme) => /^'119\.=[cs][A-Za-z0-9]+'$/.test(lexeme))).toBe(true);
    expect(lexemes).toHaveLength(10);
  });

  it('naming is id and name; a word that may be misspelled has letters only', () => {
    expect(namingOf(texts)).toBe('user:7\nann armel');
    expect([...vocabularyOf({ ...texts, metadata: 'tier2 gold' })]).toEqual(['user', 'armel', 'gold']);
  });

  it('levels halve: each has half of the accounts of the one above, whatever the numbers', () => {
    for (const [first, step] of [
      [1, 1],
      [500_000, 1],
      [3, 8],
    ] as const) {
      const counts = Array<number>(LEVEL_MAX + 1).fill(0);
      for (let i = 0; i < 65_536; i++) counts[Number(levelOf(3, first + i * step)) - 48]! += 1;
      for (let level = 6; level <= LEVEL_MAX; level++) {
        const expected = 65_536 / 2 ** (LEVEL_MAX + 1 - level);
        expect(Math.abs(counts[level]! - expected)).toBeLessThan(expected * 0.1);
      }
    }
  });
});
