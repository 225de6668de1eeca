import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changesOf, isBeyond } from './changes.ts';
import { MOVEMENT } from './intent.fixture.ts';

const minor = fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n });
const decimal = (value: bigint): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(3, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
const entry = (account: string, amount: bigint, after: bigint) => ({
  account,
  amount: decimal(amount),
  balanceAfter: decimal(after),
  heldAfter: '0.00',
  version: '1',
});

describe('changesOf', () => {
  it('gives balances before and after', () => {
    expect(changesOf(MOVEMENT)).toEqual([
      { account: 'alice', moved: '-12.34', before: '80.00', after: '67.66' },
      { account: 'bob', moved: '12.34', before: '0.00', after: '12.34' },
    ]);
  });

  it('is exact for any amounts, an account that is in several legs included', () => {
    fc.assert(
      fc.property(minor, minor, minor, (start, first, second) => {
        const entries = [entry('a', first, start + first), entry('a', second, start + first + second)];
        expect(changesOf({ ...MOVEMENT, entries })).toEqual([
          {
            account: 'a',
            moved: decimal(first + second),
            before: decimal(start),
            after: decimal(start + first + second),
          },
        ]);
      }),
    );
  });
});

describe('isBeyond', () => {
  it('compares with what is available above the minimum, to the last digit', () => {
    const account = { available: '90071992547409930.01', minBalance: '0.00' };
    expect(isBeyond('90071992547409930.01', account)).toBe(false);
    expect(isBeyond('90071992547409930.02', account)).toBe(true);
    expect(isBeyond('60', { available: '10.00', minBalance: '-50.00' })).toBe(false);
    expect(isBeyond('60.01', { available: '10.00', minBalance: '-50.00' })).toBe(true);
    expect(isBeyond('1', { available: '-5.00', minBalance: null })).toBe(false);
  });
});
