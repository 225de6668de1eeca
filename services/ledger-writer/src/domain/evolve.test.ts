import { describe, expect, it } from '@jest/globals';
import type { AccountEvent } from '@ledgerflow/contracts';
import { BrokenPromiseError } from './decision.ts';
import { evolve } from './evolve.ts';
import { termsOf } from './state.ts';

const BASE = { account: 'a', accountNumber: 1, currency: 'USD', heldAfter: 0n };
const OPENED: AccountEvent = {
  ...BASE,
  type: 'AccountOpened',
  version: 1n,
  postedAfter: 0n,
  data: { status: 'open', freezeScope: null, minBalance: 0n, maxBalance: 9n, ownerId: 'o' },
};
const entry = (version: bigint, amount: bigint, postedAfter: bigint): AccountEvent => ({
  ...BASE,
  type: 'EntryPosted',
  version,
  amount,
  postedAfter,
  transaction: 0,
});

describe('evolve', () => {
  const account = evolve(undefined, OPENED);

  it('opens, posts and takes over new terms, without changing what it was given', () => {
    const before = { ...account };
    expect(account).toEqual({ account: 'a', number: 1, currency: 'USD', version: 1n, posted: 0n, held: 0n, ...termsOf(account) });
    const posted = evolve(account, entry(2n, 5n, 5n));
    expect(posted).toEqual({ ...account, version: 2n, posted: 5n });
    const terms = { status: 'frozen' as const, freezeScope: 'debits' as const, minBalance: null, maxBalance: null, ownerId: null };
    expect(evolve(posted, { ...BASE, type: 'AccountFrozen', version: 3n, postedAfter: 5n, data: terms })).toEqual({
      ...posted,
      version: 3n,
      ...terms,
    });
    expect(account).toEqual(before);
  });

  it.each<[string, () => unknown]>([
    ['a version that was skipped', () => evolve(account, entry(3n, 5n, 5n))],
    ['a version that was there', () => evolve(account, entry(1n, 5n, 5n))],
    ['a balance that does not follow', () => evolve(account, entry(2n, 5n, 6n))],
    ['an entry before the opening', () => evolve(undefined, entry(1n, 5n, 5n))],
    ['a second opening', () => evolve(account, { ...OPENED, version: 2n })],
    ['a change before the opening', () => evolve(undefined, { ...OPENED, type: 'LimitsChanged' })],
  ])('does not take %s', (_, broken) => expect(broken).toThrow(BrokenPromiseError));
});
