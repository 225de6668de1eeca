import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differenceOf, signOf, sumOf } from './sum.ts';

const SCALE = 4;
const shown = (minor: bigint): string => {
  const digits = String(minor < 0n ? -minor : minor).padStart(SCALE + 1, '0');
  return `${minor < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`;
};
const minor = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n });

describe('sums of money', () => {
  it('are exact up to the largest balance', () => {
    fc.assert(
      fc.property(fc.array(minor, { minLength: 1, maxLength: 50 }), (amounts) => {
        const sum = amounts.reduce((all, one) => all + one, 0n);
        expect(sumOf(amounts.map(shown))).toBe(shown(sum));
      }),
    );
  });

  it('have differences and signs that are exact', () => {
    fc.assert(
      fc.property(minor, minor, (a, b) => {
        const difference = differenceOf(shown(a), shown(b));
        expect(difference).toBe(shown(a - b));
        expect(signOf(difference)).toBe(a > b ? 1 : a < b ? -1 : 0);
      }),
    );
  });

  it('keep the digits of the currency', () => {
    expect(sumOf([])).toBe('0');
    expect(sumOf(['1.10', '2.90'])).toBe('4.00');
    expect(sumOf(['5', '7'])).toBe('12');
    expect(sumOf(['1', '0.5', '-2.25'])).toBe('-0.75');
    expect(sumOf(['0.00', '-0.00'])).toBe('0.00');
    expect(differenceOf('0.005', '0.01')).toBe('-0.005');
    expect(signOf('-0.00')).toBe(0);
  });

  it.each(['', 'what', '1,5', '1 000'])('are refused of %j', (text) => {
    expect(() => sumOf([text])).toThrow('DecimalError');
    expect(() => signOf(text)).toThrow('DecimalError');
  });
});
