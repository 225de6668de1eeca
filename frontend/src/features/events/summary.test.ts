import { describe, expect, it } from '@jest/globals';
import { summaryOf } from './summary.ts';

const entry = (index: number, account: string, amount: string) => ({
  index,
  type: 'EntryPosted',
  account,
  amount,
  data: { currency: 'USD', transactionId: '7' },
});

describe('a record in a line', () => {
  it('is who gave to whom, and what', () =>
    expect(summaryOf({ events: [entry(0, 'a', '-1.00'), entry(1, 'b', '1.00')] })).toEqual({
      from: ['a'],
      to: ['b'],
      about: [],
      moved: [{ currency: 'USD', amount: '1.00' }],
    }));

  it('is of a followed account what it lost', () =>
    expect(summaryOf({ events: [entry(0, 'a', '-1.00'), entry(1, 'b', '1.00')] }, 'a').moved).toEqual([
      { currency: 'USD', amount: '-1.00' },
    ]));

  it('is of what moves no money the accounts, currencies and ledgers it is about', () =>
    expect(
      summaryOf({
        events: [
          { index: 0, type: 'LedgerOpened', data: { id: 'shop', uuid: 'u' } },
          { index: 1, type: 'CurrencyAdded', data: { code: 'USD', scale: 2 } },
          { index: 2, type: 'LimitsChanged', account: 'a', data: {} },
          { index: 3, type: 'MetadataChanged', account: 'a', data: {} },
        ],
      }).about,
    ).toEqual(['shop', 'USD', 'a']));
});
