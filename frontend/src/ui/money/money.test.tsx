/** @jest-environment jsdom */
import { describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/react';
import fc from 'fast-check';
import { draw } from '../../testing/render.tsx';
import { formatAmount, Money, type MoneyProps } from './index.ts';

/** Digits, a scale, and the amount that they are: what the API answers for a currency of that scale. */
const amounts = fc
  .record({ minor: fc.bigInt({ min: -(10n ** 38n - 1n), max: 10n ** 38n - 1n }), scale: fc.integer({ min: 0, max: 18 }) })
  .map(({ minor, scale }) => {
    const digits = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, '0');
    const whole = digits.slice(0, digits.length - scale);
    return `${minor < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
  });

describe('formatAmount', () => {
  it('keeps every digit, the point and the sign', () => {
    fc.assert(fc.property(amounts, (amount) => expect(formatAmount(amount).replaceAll(',', '')).toBe(amount)));
  });

  it('puts the digits in front of the point in groups of three, and nothing else', () => {
    fc.assert(fc.property(amounts, (amount) => expect(formatAmount(amount)).toMatch(/^-?\d{1,3}(,\d{3})*(\.\d+)?$/)));
  });

  it('writes an amount as Intl does', () => {
    const asIntl = (amount: string): string =>
      new Intl.NumberFormat('en', { minimumFractionDigits: amount.split('.')[1]?.length ?? 0 }).format(amount as Intl.StringNumericLiteral);
    fc.assert(fc.property(amounts, (amount) => expect(formatAmount(amount)).toBe(asIntl(amount))));
  });

  it.each([
    ['0', '0'],
    ['0.00', '0.00'],
    ['-0.50', '-0.50'],
    ['1234567.80', '1,234,567.80'],
    [`${'9'.repeat(36)}.99`, `${Array.from({ length: 12 }, () => '999').join(',')}.99`],
    ['what it is', 'what it is'],
    ['1e3', '1e3'],
    ['', ''],
  ])('writes %j as %j', (amount, text) => expect(formatAmount(amount)).toBe(text));
});

describe('Money', () => {
  const text = (props: MoneyProps): string => {
    const { container, unmount } = draw(<Money {...props} />);
    const shown = container.querySelector('.amount')?.textContent ?? '';
    unmount();
    return shown;
  };

  it('has a plus before what came in, none before zero, and the currency behind', () => {
    expect(text({ amount: '12.30', signed: true, currency: 'USD' })).toBe('+12.30 USD');
    expect(text({ amount: '0.00', signed: true })).toBe('0.00');
    expect(text({ amount: '-12.30', signed: true })).toBe('-12.30');
    expect(text({ amount: '12.30' })).toBe('12.30');
  });

  it('tells signs by more than colour', () => {
    draw(<Money amount="-1.00" signed />);
    expect(screen.getByText('-1.00')).toBeTruthy();
  });
});
