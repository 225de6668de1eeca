import { describe, expect, it } from '@jest/globals';
import { RECORD_TYPE_CODES, type LedgerRecord } from '@ledgerflow/contracts';
import { forged, TestLedger } from '../../testing/test-ledger.ts';
import { project, type TransactionChange } from './project.ts';

const ledger = new TestLedger('books', 7);
const opened = ledger.open('a', { details: { name: 'A', metadata: { of: 'the account' } } });
ledger.open('b');
ledger.open('x', { currency: 'JPY' });
ledger.open('y', { currency: 'JPY' });
const transfer = ledger.transfer('a', 'b', 3n, {
  effectiveAfterMicros: -1n,
  externalId: 'x-1',
  details: { reference: 'r', description: 'd', metadata: { k: 1 } },
});
const batch = ledger.post('BatchPosted', [
  {
    postings: [
      { from: 'a', to: 'b', amount: 1n },
      { from: 'x', to: 'y', amount: 50n },
      { from: 'b', to: 'a', amount: 1n },
    ],
  },
  { postings: [{ from: 'b', to: 'a', amount: 2n }], details: { reference: 'second' } },
]);

const cases: [string, LedgerRecord, Partial<TransactionChange>[]][] = [
  ['an opening without money is no transaction', opened, []],
  [
    'a transfer',
    transfer,
    [
      {
        position: 6n,
        index: 0,
        type: RECORD_TYPE_CODES.FundsTransferred,
        recordedAt: transfer.recordedAt,
        effectiveAt: transfer.recordedAt - 1n,
        externalId: 'x-1',
        reference: 'r',
        description: 'd',
        metadata: { k: 1 },
        actor: 'tester',
        correlationId: transfer.correlationId,
        currency: 'USD',
        amount: 3n,
        otherAmounts: null,
        entries: [
          ['a', 1, 'USD', 2, '2', '-3', '-3', '0'],
          ['b', 2, 'USD', 2, '2', '3', '3', '0'],
        ],
      },
    ],
  ],
  [
    'a batch: each transaction has its own entries, currencies and details',
    batch,
    [
      { index: 0, reference: null, currency: 'USD', amount: 2n, otherAmounts: { JPY: '50' } },
      {
        index: 1,
        reference: 'second',
        currency: 'USD',
        amount: 2n,
        otherAmounts: null,
        entries: [expect.anything(), expect.anything()] as never,
      },
    ],
  ],
  [
    'erased details are null',
    forged(transfer, { details: transfer.details.map((details) => ({ ...details, salt: null, body: null })) }),
    [{ reference: null, description: null, metadata: null }],
  ],
];

describe('transactions', () => {
  it.each(cases)('%s', (_name, record, expected) => {
    const changes = project(record);
    expect(changes).toHaveLength(expected.length);
    expect(changes).toMatchObject(expected);
  });

  it('entries stay in the order of the record', () => {
    expect(project(batch)[0]?.entries.map(([account, , , , , amount]) => [account, amount])).toEqual([
      ['a', '-1'],
      ['b', '1'],
      ['x', '-50'],
      ['y', '50'],
      ['b', '-1'],
      ['a', '1'],
    ]);
  });

  it('poison: a transaction without entries, a currency without decimals', () => {
    expect(() => project(forged(batch, { events: batch.events.slice(0, 6) }))).toThrow('has no entries');
    expect(() => project(forged(transfer, { scales: {} }))).toThrow('decimals of USD');
  });
});
