import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isZero, minus, plus } from './amounts.ts';

const minor = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n });
const text = (value: bigint): string => {
  const digits = String(value < 0n ? -value : value).padStart(3, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

it('adds and takes away exactly, at any size', () => {
  fc.assert(
    fc.property(minor, minor, (a, b) => {
      expect(plus(text(a), text(b))).toBe(text(a + b));
      expect(minus(text(a), text(b))).toBe(text(a - b));
      expect(isZero(minus(text(a), text(a)))).toBe(true);
    }),
  );
});
