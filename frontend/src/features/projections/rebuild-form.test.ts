import { describe, expect, it } from '@jest/globals';
import { mistakes, nothingTyped, requestOf } from './rebuild-form.ts';

describe('what a rebuild is asked for with', () => {
  it('is as little as was typed', () => {
    expect(requestOf(nothingTyped)).toEqual({ projection: 'all', body: {} });
    expect(requestOf({ ...nothingTyped, projection: ' account_summary ', ledger: ' books ', account: 'alice', maxRate: 500 })).toEqual({
      projection: 'account_summary',
      body: { ledger: 'books', account: 'alice', maxRatePerSecond: 500 },
    });
    expect(requestOf({ ...nothingTyped, proveOnly: true }).body).toEqual({ proveOnly: true });
  });

  it('needs a projection, a ledger with an account, and one without the grant for all', () => {
    expect(mistakes({ ...nothingTyped, ledger: 'books' }, true)).toEqual({});
    expect(Object.keys(mistakes({ ...nothingTyped, projection: ' ' }, true))).toEqual(['projection']);
    expect(Object.keys(mistakes({ ...nothingTyped, account: 'alice' }, true))).toEqual(['ledger']);
    expect(Object.keys(mistakes(nothingTyped, false))).toEqual(['ledger']);
    expect(mistakes({ ...nothingTyped, ledger: 'books' }, false)).toEqual({});
  });

  it('of everything needs that somebody means it, and is sent without that', () => {
    expect(Object.keys(mistakes(nothingTyped, true))).toEqual(['isWholeMeant']);
    expect(Object.keys(mistakes({ ...nothingTyped, projection: ' all ', proveOnly: true }, true))).toEqual(['isWholeMeant']);
    const meant = { ...nothingTyped, isWholeMeant: true };
    expect(mistakes(meant, true)).toEqual({});
    expect(requestOf(meant)).toEqual({ projection: 'all', body: {} });
    expect(mistakes({ ...nothingTyped, projection: 'account_summary' }, true)).toEqual({});
  });
});
