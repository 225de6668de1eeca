import { describe, expect, it } from '@jest/globals';
import { EVENT_TYPE_CODES, type LedgerRecord } from '@ledgerflow/contracts';
import { forged, TestLedger } from '../../testing/test-ledger.ts';
import { project, type EntryChange, type TermsChange } from './project.ts';

const ledger = new TestLedger('books', 7);
const opened = ledger.open('a', { minBalance: -5n, ownerId: 'ann', details: { name: 'A', metadata: { tier: 1 } } });
ledger.open('b');
const transfer = ledger.transfer('a', 'b', 3n, { effectiveAfterMicros: -60_000_000n });
const batch = ledger.post('BatchPosted', [
  { postings: [{ from: 'a', to: 'b', amount: 1n }] },
  { postings: [{ from: 'b', to: 'a', amount: 2n }], effectiveAfterMicros: 1n },
]);
const frozen = ledger.setTerms('b', 'AccountFrozen', { status: 'frozen', freezeScope: 'debits' });

const noTerms = { status: 'open', freezeScope: null, minBalance: null, maxBalance: null, ownerId: null } as const;

const cases: [string, LedgerRecord, { entries: Partial<EntryChange>[]; terms: Partial<TermsChange>[] }][] = [
  ['the opening of a ledger has no accounts', ledger.records[0] as LedgerRecord, { entries: [], terms: [] }],
  [
    'an opening, with its details',
    opened,
    {
      entries: [],
      terms: [
        {
          account: 'a',
          accountNumber: 1,
          position: 2n,
          index: 0,
          version: 1n,
          postedAfter: 0n,
          heldAfter: 0n,
          type: EVENT_TYPE_CODES.AccountOpened,
          recordedAt: opened.recordedAt,
          effectiveAt: opened.recordedAt,
          terms: { ...noTerms, minBalance: -5n, ownerId: 'ann' },
          details: { name: 'A', metadata: { tier: 1 } },
        },
      ],
    },
  ],
  [
    'a transfer is an entry on each side, effective when its transaction is',
    transfer,
    {
      entries: [
        { account: 'a', index: 0, transaction: 0, inBatch: false, version: 2n, amount: -3n, postedAfter: -3n },
        { account: 'b', index: 1, transaction: 0, inBatch: false, version: 2n, amount: 3n, postedAfter: 3n },
      ].map((entry) => ({ ...entry, position: 4n, recordedAt: transfer.recordedAt, effectiveAt: transfer.recordedAt - 60_000_000n })),
      terms: [],
    },
  ],
  [
    'a batch: entries know their transaction and its time',
    batch,
    {
      entries: [
        { account: 'a', index: 0, transaction: 0, inBatch: true, version: 3n, effectiveAt: batch.recordedAt },
        { account: 'b', index: 1, transaction: 0, inBatch: true, version: 3n, effectiveAt: batch.recordedAt },
        { account: 'b', index: 2, transaction: 1, inBatch: true, version: 4n, effectiveAt: batch.recordedAt + 1n },
        { account: 'a', index: 3, transaction: 1, inBatch: true, version: 4n, effectiveAt: batch.recordedAt + 1n },
      ],
      terms: [],
    },
  ],
  [
    'a freeze keeps the balance and has no details',
    frozen,
    {
      entries: [],
      terms: [
        {
          account: 'b',
          version: 5n,
          type: EVENT_TYPE_CODES.AccountFrozen,
          postedAfter: 2n,
          terms: { ...noTerms, status: 'frozen', freezeScope: 'debits' },
          details: null,
        },
      ],
    },
  ],
];

describe('account statement', () => {
  it.each(cases)('%s', (_name, record, expected) => {
    const change = project(record);
    expect(change).toMatchObject(expected);
    expect([change.entries.length, change.terms.length]).toEqual([expected.entries.length, expected.terms.length]);
  });

  it('poison: an entry of no transaction', () => {
    expect(() => project(forged(transfer, { transactions: [] }))).toThrow('event 0 belongs to no transaction');
  });
});
