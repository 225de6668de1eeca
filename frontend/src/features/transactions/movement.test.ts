import { describe, expect, it } from '@jest/globals';
import { type Leg, movedOf, sidesOf } from './movement.ts';

const entry = (account: string, amount: string, currency = 'USD'): Leg => ({ account, amount, currency });
const entries = [
  entry('a', '-90071992547409930.01'),
  entry('b', '90071992547409930.00'),
  entry('c', '0.01'),
  entry('a', '-5', 'POINTS'),
  entry('b', '5', 'POINTS'),
];

describe('what a transaction moved', () => {
  it('is the sum of what came in, by currency, exactly', () =>
    expect(movedOf(entries)).toEqual([
      { currency: 'USD', amount: '90071992547409930.01' },
      { currency: 'POINTS', amount: '5' },
    ]));

  it('is of one account what it gained or lost', () => {
    expect(movedOf(entries, 'a')).toEqual([
      { currency: 'USD', amount: '-90071992547409930.01' },
      { currency: 'POINTS', amount: '-5' },
    ]);
    expect(movedOf(entries, 'nobody')).toEqual([]);
  });

  it('has each account once on a side', () => expect(sidesOf(entries)).toEqual({ from: ['a'], to: ['b', 'c'] }));
});
