import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatAmount } from '../money/index.ts';
import { AMOUNT_DIGITS_MAX, type AmountRule, inScale, readAmount } from './read.ts';

const scale = fc.integer({ min: 0, max: 18 });
/** An amount as the API writes it: exactly the decimals of its scale. */
const written = scale.chain((digits) =>
  fc.bigInt({ min: -(10n ** 38n - 1n), max: 10n ** 38n - 1n }).map((minor) => {
    const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
    const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`;
    return { amount: `${minor < 0n ? '-' : ''}${text.slice(0, text.length - digits)}${fraction}`, scale: digits };
  }),
);
const ANY = { isSigned: true, isZeroAllowed: true };
const soup = fc.string({ unit: fc.constantFrom(...'0123456789.,-+eE \u00A0\u202F’x٣'.split('')), maxLength: 50 });

describe('readAmount', () => {
  it('gives back every amount that the API writes, as it is and as it is shown', () => {
    fc.assert(
      fc.property(written, ({ amount, scale: digits }) => {
        const rule = { scale: digits, ...ANY };
        expect(readAmount(amount, rule)).toEqual({ amount });
        expect(readAmount(formatAmount(amount), rule)).toEqual({ amount });
        expect(inScale(amount, digits)).toBe(amount);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never has more decimals than the scale, nor more than 38 digits, nor anything but a plain decimal, whatever was typed', () => {
    fc.assert(
      fc.property(soup, scale, (text, digits) => {
        const read = readAmount(text, { scale: digits, ...ANY });
        if ('fault' in read) return;
        expect(read.amount).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/);
        const [whole = '', fraction = ''] = read.amount.replace('-', '').split('.');
        expect(fraction.length).toBeLessThanOrEqual(digits);
        expect((whole === '0' ? 0 : whole.length) + digits).toBeLessThanOrEqual(AMOUNT_DIGITS_MAX);
      }),
      { numRuns: 5_000 },
    );
  });

  it('has the digits that were typed, in their order', () => {
    fc.assert(
      fc.property(soup, scale, (text, digits) => {
        const read = readAmount(text, { scale: digits, ...ANY });
        if ('fault' in read) return;
        const typed = text.replaceAll(/\D/g, '').replace(/^0+/, '');
        expect(read.amount.replaceAll(/\D/g, '').replace(/^0+/, '')).toBe(typed);
      }),
      { numRuns: 5_000 },
    );
  });

  it('reads the same again what it has read', () => {
    fc.assert(
      fc.property(soup, scale, (text, digits) => {
        const read = readAmount(text, { scale: digits, ...ANY });
        if ('amount' in read) expect(readAmount(read.amount, { scale: digits, ...ANY })).toEqual(read);
      }),
    );
  });

  it('refuses a decimal too many, whatever the amount', () => {
    fc.assert(
      fc.property(written, fc.integer({ min: 0, max: 9 }), ({ amount, scale: digits }, digit) => {
        const longer = `${amount}${digits === 0 ? '.' : ''}${digit}`;
        expect(readAmount(longer, { scale: digits, ...ANY })).toEqual({ fault: 'decimals' });
      }),
    );
  });

  const usd: AmountRule = { scale: 2 };
  it.each<[string, string]>([
    ['1,234.56', '1234.56'],
    ['1.234,56', '1234.56'],
    ['1 234,56', '1234.56'],
    ['1\u00A0234,56', '1234.56'],
    ['1\u202F234\u202F567.8', '1234567.8'],
    ["1'234.50", '1234.50'],
    ['1’234.50', '1234.50'],
    ['12,34,567.00', '1234567.00'],
    ['1,234,567', '1234567'],
    ['1.234.567', '1234567'],
    ['12,5', '12.5'],
    ['1234,56', '1234.56'],
    [' 12.34 ', '12.34'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['007', '7'],
    ['0012.30', '12.30'],
  ])('understands %j as %s', (text, amount) => expect(readAmount(text, usd)).toEqual({ amount }));

  it.each<[string, string]>([
    ['', 'empty'],
    ['  ', 'empty'],
    ['1,234', 'ambiguous'],
    ['999,999', 'ambiguous'],
    ['1.234', 'decimals'],
    ['0,123', 'decimals'],
    ['1e5', 'characters'],
    ['12 USD', 'characters'],
    ['٣', 'characters'],
    ['Infinity', 'characters'],
    ['0x10', 'characters'],
    ['-1', 'sign'],
    ['+1', 'sign'],
    ['−1', 'sign'],
    ['1,23,4.5', 'separators'],
    ['1.2.3', 'separators'],
    ['1,234.567,8', 'separators'],
    ['12 34', 'separators'],
    ['1 234 56', 'separators'],
    ['1 234,567.8', 'separators'],
    ['.', 'separators'],
    [',', 'separators'],
    ['0', 'zero'],
    ['0.00', 'zero'],
    ['9'.repeat(37), 'digits'],
    ['1'.repeat(500), 'digits'],
  ])('refuses %j: %s', (text, fault) => expect(readAmount(text, usd)).toEqual({ fault }));

  it('takes a comma before three digits for a group where there are no decimals', () => {
    expect(readAmount('1,234', { scale: 0 })).toEqual({ amount: '1234' });
    expect(readAmount('0,234', { scale: 0 })).toEqual({ fault: 'decimals' });
    expect(readAmount('1,234', { scale: 3 })).toEqual({ fault: 'ambiguous' });
  });

  it('is written with all decimals of its scale', () => {
    const cases = [
      ['0.5', 2],
      ['5', 2],
      ['-7.1', 3],
      ['5', 0],
      ['9'.repeat(36), 2],
    ] as const;
    expect(cases.map(([amount, scale]) => inScale(amount, scale))).toEqual(['0.50', '5.00', '-7.100', '5', `${'9'.repeat(36)}.00`]);
  });

  it('takes signs and zero where they are wanted', () => {
    expect(readAmount('−1,234.50', { scale: 2, isSigned: true })).toEqual({ amount: '-1234.50' });
    expect(readAmount('+1', { scale: 2, isSigned: true })).toEqual({ amount: '1' });
    expect(readAmount('-0.00', { scale: 2, ...ANY })).toEqual({ amount: '0.00' });
    expect(readAmount('--1', { scale: 2, ...ANY })).toEqual({ fault: 'characters' });
  });

  it('takes 38 digits and no more, those after the point included', () => {
    expect(readAmount('9'.repeat(36) + '.99', usd)).toEqual({ amount: '9'.repeat(36) + '.99' });
    expect(readAmount('9'.repeat(38), { scale: 0 })).toEqual({ amount: '9'.repeat(38) });
    expect(readAmount('9'.repeat(39), { scale: 0 })).toEqual({ fault: 'digits' });
  });
});
