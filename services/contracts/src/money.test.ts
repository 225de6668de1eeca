import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isoScale } from './currencies.ts';
import { AMOUNT_MAX, formatMinor, normalizeDecimal, parseMinor } from './money.ts';

const minor = fc.bigInt({ min: -AMOUNT_MAX, max: AMOUNT_MAX });
const scale = fc.integer({ min: 0, max: 18 });

describe('money', () => {
  it.each<[string, number, bigint | null]>([
    ['12.34', 2, 1234n],
    ['12.340', 2, 1234n],
    ['12', 2, 1200n],
    ['-0.5', 2, -50n],
    ['0', 0, 0n],
    ['0.001', 2, null],
    ['1e5', 2, null],
    ['+1', 2, null],
    ['01', 2, null],
    ['.5', 2, null],
    ['1.', 2, null],
    [' 1', 2, null],
    ['', 2, null],
    ['١', 0, null],
    ['9'.repeat(38), 0, AMOUNT_MAX],
    ['9'.repeat(38), 2, null],
    ['1'.repeat(39), 0, null],
  ])('parses %j with scale %i as %s', (text, digits, expected) => expect(parseMinor(text, digits)).toBe(expected));

  it('reads back what it wrote, with exactly the decimals of the scale', () => {
    fc.assert(
      fc.property(minor, scale, (amount, digits) => {
        const text = formatMinor(amount, digits);
        expect(parseMinor(text, digits)).toBe(amount);
        expect(text).toMatch(digits === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${digits}}$`));
      }),
      { verbose: 1 },
    );
  });

  it('has one normal form a value', () => {
    fc.assert(
      fc.property(minor, scale, fc.integer({ min: 0, max: 5 }), (amount, digits, zeros) => {
        const text = formatMinor(amount, digits);
        const padded = digits === 0 ? text : text + '0'.repeat(zeros);
        const normal = normalizeDecimal(padded);
        // Zeros at the end can push a text over 38 digits; then it is refused, never cut.
        if (padded.replace(/[-.]/g, '').length > 38) expect(normal).toBeNull();
        else {
          expect(parseMinor(normal as string, digits)).toBe(amount);
          expect(normalizeDecimal(normal as string)).toBe(normal);
          expect(normal).not.toMatch(/\.\d*0$/);
        }
      }),
      { verbose: 1 },
    );
    expect(normalizeDecimal('-0.00')).toBe('0');
  });

  it.each([
    ['USD', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['UYW', 4],
    ['usd', undefined],
    ['POINTS', undefined],
  ])('knows that %s has %s decimals', (code, digits) => expect(isoScale(code)).toBe(digits));
});
