import { describe, expect, it } from '@jest/globals';
import { forged, TestLedger } from '../../testing/test-ledger.ts';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { project, type LedgerChange } from './project.ts';

const ledger = new TestLedger('books', 7);
const first = ledger.records[0] as LedgerRecord;

const cases: [string, LedgerRecord, LedgerChange][] = [
  [
    'the opening of a ledger',
    first,
    {
      opened: { id: 'books', uuid: ledger.uuid, openedAt: first.recordedAt },
      currencies: [
        { code: 'USD', scale: 2, position: 1n },
        { code: 'JPY', scale: 0, position: 1n },
      ],
    },
  ],
  [
    'a currency that joins later',
    forged(first, { position: 9n, type: 'CurrencyAdded', events: [{ type: 'CurrencyAdded', data: { code: 'EUR', scale: 2 } }] }),
    { opened: null, currencies: [{ code: 'EUR', scale: 2, position: 9n }] },
  ],
  ['anything else', ledger.open('a'), { opened: null, currencies: [] }],
];

const poison: [string, LedgerRecord, string][] = [
  ['opened by another record than its first', forged(first, { position: 2n }), 'by its first record'],
  ['opened under another id', forged(first, { ledger: 'others' }), 'under another id'],
  ['opened under another uuid', forged(first, { ledgerUuid: '00000000-0000-4000-8000-000000000000' }), 'under another id'],
];

describe('ledgers and currencies', () => {
  it.each(cases)('%s', (_name, record, expected) => expect(project(record)).toEqual(expected));
  it.each(poison)('poison: a ledger %s', (_name, record, reason) => expect(() => project(record)).toThrow(reason));
});
