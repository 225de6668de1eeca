import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { totalsOf } from './totals.ts';

it('has a sum and a count of each currency', () => {
  const rows = [
    { amount: '1.00', currency: 'USD' },
    { amount: '7', currency: 'JPY' },
    { amount: '90071992547409930.01', currency: 'USD' },
  ];
  expect(totalsOf(rows)).toEqual([
    { currency: 'USD', amount: '90071992547409931.01', rows: 2 },
    { currency: 'JPY', amount: '7', rows: 1 },
  ]);
  expect(totalsOf([])).toEqual([]);
});

it('is exact, whatever the rows', () => {
  const cents = (value: bigint): string => `${value / 100n}.${String(value % 100n).padStart(2, '0')}`;
  const row = fc.record({ minor: fc.bigInt({ min: 1n, max: 10n ** 37n }), currency: fc.constantFrom('USD', 'EUR') });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 50 }), (rows) => {
      const totals = totalsOf(rows.map(({ minor, currency }) => ({ amount: cents(minor), currency })));
      for (const { currency, amount, rows: count } of totals) {
        const own = rows.filter((one) => one.currency === currency);
        expect([amount, count]).toEqual([cents(own.reduce((sum, { minor }) => sum + minor, 0n)), own.length]);
      }
      expect(totals.reduce((sum, { rows: count }) => sum + count, 0)).toBe(rows.length);
    }),
  );
});
