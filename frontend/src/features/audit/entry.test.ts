import { describe, expect, it } from '@jest/globals';
import { type Entry, placeOf, toneOf } from './entry.ts';

const entry = (over: Partial<Entry>): Entry => ({
  id: 'books/7',
  source: 'ledger',
  recordedAt: '2026-11-22T00:00:00.000000Z',
  actor: 'ann',
  action: 'FundsDeposited',
  ledger: 'books',
  target: '7',
  position: '7',
  parameters: {},
  requestId: 'r',
  outcome: { outcome: 'done', result: null, recordedAt: '2026-11-22T00:00:00.000000Z' },
  ...over,
});
const always = () => true;
const gateway = (over: Partial<Entry>): Entry => entry({ source: 'gateway', ledger: 'books', ...over });

describe('an entry of the audit', () => {
  it.each<[what: string, entry: Entry, place: string | null]>([
    ['a transaction', entry({}), '/ledgers/books/transactions/7'],
    ['the one of a batch', entry({ target: '7-0' }), '/ledgers/books/transactions/7-0'],
    ['an account', entry({ action: 'AccountOpened', target: 'alice' }), '/ledgers/books/accounts/alice'],
    ['an account called as its record', entry({ action: 'AccountUpdated', target: '7' }), '/ledgers/books/accounts/7'],
    ['an account of a record that is new', entry({ action: 'LimitsMoved', target: 'alice' }), '/ledgers/books/accounts/alice'],
    ['nothing', entry({ target: null }), null],
    ['a dead letter', gateway({ action: 'dlq.discard', target: '3' }), '/dead-letters/3'],
    ['a rebuild that was cancelled', gateway({ action: 'rebuild.cancel', target: 'id' }), '/projections/rebuilds/id'],
    [
      'a rebuild that was asked for',
      gateway({ action: 'rebuild.request', target: 'all', outcome: { outcome: 'accepted', result: { id: 'made' }, recordedAt: '' } }),
      '/projections/rebuilds/made',
    ],
    ['one that was not begun', gateway({ action: 'rebuild.request', target: 'all', outcome: null }), null],
    ['a read', gateway({ action: 'getOutbox', target: null }), null],
  ])('leads to %s', (_what, one, place) => expect(placeOf(one, always)).toBe(place));

  it('leads nowhere that one may not go', () => {
    expect(placeOf(entry({}), (_operation, ledger) => ledger !== 'books')).toBeNull();
    expect(placeOf(gateway({ action: 'dlq.retry', target: '3' }), () => false)).toBeNull();
  });

  it('says how it ended by its tone, too', () => {
    const tones = ['done', 'accepted', 'forbidden'].map((outcome) => toneOf(entry({ outcome: { outcome, result: null, recordedAt: '' } })));
    expect([...tones, toneOf(entry({ outcome: null }))]).toEqual(['well', 'busy', 'bad', 'warn']);
  });
});
