import { describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { forged, TestLedger } from '../../testing/test-ledger.ts';
import { merge, project, type AccountChange } from './project.ts';

const ledger = new TestLedger('books', 7);
const opened = ledger.open('a', { maxBalance: 100n, ownerId: 'ann', details: { name: 'A' } });
ledger.open('b', { currency: 'USD' });
const many = ledger.post('TransactionPosted', [
  {
    postings: [
      { from: 'a', to: 'b', amount: 5n },
      { from: 'b', to: 'a', amount: 2n },
    ],
  },
]);
const renamed = ledger.setTerms('a', 'MetadataChanged', {}, { metadata: { tier: 2 } });
const closed = ledger.setTerms('b', 'AccountClosed', { status: 'closed' }, { reason: 'test' });

const cases: [string, LedgerRecord, Partial<AccountChange>[]][] = [
  ['the opening of a ledger changes no account', ledger.records[0] as LedgerRecord, []],
  [
    'an opening gives what never changes, terms and details',
    opened,
    [
      {
        account: 'a',
        accountNumber: 1,
        opening: { currency: 'USD', scale: 2, ownerId: 'ann', openedAt: opened.recordedAt },
        firstVersion: 1n,
        version: 1n,
        posted: 0n,
        terms: { status: 'open', freezeScope: null, minBalance: null, maxBalance: 100n, ownerId: 'ann' },
        details: { name: 'A' },
      },
    ],
  ],
  [
    'several entries of an account become one change with the last balance',
    many,
    [
      {
        account: 'a',
        opening: null,
        firstVersion: 2n,
        version: 3n,
        posted: -3n,
        held: 0n,
        updatedAt: many.recordedAt,
        terms: null,
        details: null,
      },
      {
        account: 'b',
        opening: null,
        firstVersion: 2n,
        version: 3n,
        posted: 3n,
        held: 0n,
        updatedAt: many.recordedAt,
        terms: null,
        details: null,
      },
    ],
  ],
  ['new details alone', renamed, [{ account: 'a', version: 4n, posted: -3n, details: { metadata: { tier: 2 } } }]],
  [
    'a closing; its reason is no detail of the account',
    closed,
    [{ account: 'b', version: 4n, terms: { ...closedTerms() }, details: null }],
  ],
];

function closedTerms() {
  return { status: 'closed', freezeScope: null, minBalance: null, maxBalance: null, ownerId: null } as const;
}

describe('account summary', () => {
  it.each(cases)('%s', (_name, record, expected) => {
    const changes = project(record);
    expect(changes).toHaveLength(expected.length);
    expect(changes).toMatchObject(expected);
  });

  it('a later change keeps the opening, the terms and the details that it does not give itself', () => {
    const [first] = project(opened) as [AccountChange];
    const [second] = project(many) as [AccountChange];
    const [third] = project(renamed) as [AccountChange];
    expect(merge(merge(first, second), third)).toMatchObject({
      opening: first.opening,
      firstVersion: 1n,
      version: 4n,
      posted: -3n,
      updatedAt: renamed.recordedAt,
      details: { name: 'A', metadata: { tier: 2 } },
    });
  });

  it('poison: versions with a hole, a currency without decimals', () => {
    expect(() => merge(project(opened)[0] as AccountChange, project(renamed)[0] as AccountChange)).toThrow(
      'version 4 of a follows version 1',
    );
    expect(() => project(forged(many, { events: many.events.slice(0, 1).concat(many.events.slice(0, 1)) }))).toThrow('follows version 2');
    expect(() => project(forged(many, { scales: {} }))).toThrow('decimals of USD');
  });
});
