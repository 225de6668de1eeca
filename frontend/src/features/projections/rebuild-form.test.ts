import { describe, expect, it } from '@jest/globals';
import { mistakes, nothingTyped, requestOf } from './rebuild-form.ts';

describe('what a rebuild is asked for with', () => {
  it('is as little as was typed', () => {
    expect(requestOf(nothingTyped)).toEqual({ projection: 'all', body: {} });
    expect(requestOf({ projection: ' account_summary ', ledger: ' books ', account: 'alice', maxRate: 500, proveOnly: false })).toEqual({
      projection: 'account_summary',
      body: { ledger: 'books', account: 'alice', maxRatePerSecond: 500 },
    });
    expect(requestOf({ ...nothingTyped, proveOnly: true }).body).toEqual({ proveOnly: true });
  });

  it('needs a projection, a ledger with an account, and one without the grant for all', () => {
    expect(mistakes(nothingTyped, true)).toEqual({});
    expect(Object.keys(mistakes({ ...nothingTyped, projection: ' ' }, true))).toEqual(['projection']);
    expect(Object.keys(mistakes({ ...nothingTyped, account: 'alice' }, true))).toEqual(['ledger']);
    expect(Object.keys(mistakes(nothingTyped, false))).toEqual(['ledger']);
    expect(mistakes({ ...nothingTyped, ledger: 'books' }, false)).toEqual({});
  });
});
