import { describe, expect, it } from '@jest/globals';
import { rowsOf } from './balance.ts';

const of = (debits: string, credits: string) =>
  rowsOf({
    ledger: 'a',
    balanced: true,
    currencies: [{ currency: 'USD', debits, credits }],
    asOf: '2026-11-22T02:05:21.910000Z',
    asOfPosition: '1',
  })[0];

describe('a trial balance', () => {
  it('is balanced when nothing is left', () => expect(of('80.00', '80.00')).toMatchObject({ difference: '0.00', isBalanced: true }));

  it('sees a cent that a number has no room for', () =>
    expect(of('123456789012345678901234567890.01', '123456789012345678901234567890.00')).toMatchObject({
      difference: '-0.01',
      isBalanced: false,
    }));
});
