import { describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { forged, TestLedger } from '../../testing/test-ledger.ts';
import { project, type TrialBalanceChange } from './project.ts';

const ledger = new TestLedger('books', 7);
for (const id of ['a', 'b']) ledger.open(id);
for (const id of ['x', 'y']) ledger.open(id, { currency: 'JPY' });

const usd = (debits: bigint, credits: bigint): TrialBalanceChange['moved'][number] => ({ currency: 'USD', debits, credits });

// In order: each record begins where the one before ended.
const cases: [string, LedgerRecord, TrialBalanceChange][] = [
  ['the opening of a ledger adds its currencies', ledger.records[0] as LedgerRecord, { added: ['USD', 'JPY'], moved: [] }],
  ['from nothing: one owes what the other owns', ledger.transfer('a', 'b', 10n), { added: [], moved: [usd(10n, 10n)] }],
  ['back in part', ledger.transfer('b', 'a', 4n), { added: [], moved: [usd(-4n, -4n)] }],
  ['across zero, both at once: sides change, the sums do not', ledger.transfer('b', 'a', 12n), { added: [], moved: [usd(0n, 0n)] }],
  [
    'two currencies in a record are summed apart',
    ledger.post('BatchPosted', [{ postings: [{ from: 'b', to: 'a', amount: 1n }] }, { postings: [{ from: 'x', to: 'y', amount: 7n }] }]),
    { added: [], moved: [usd(1n, 1n), { currency: 'JPY', debits: 7n, credits: 7n }] },
  ],
  ['a freeze moves nothing', ledger.setTerms('a', 'AccountFrozen', { status: 'frozen', freezeScope: 'all' }), { added: [], moved: [] }],
];

describe('trial balance', () => {
  it.each(cases)('%s', (_name, of, expected) => expect(project(of)).toEqual(expected));

  it('poison: entries that do not sum to zero', () => {
    const transfer = ledger.transfer('a', 'b', 1n);
    expect(() => project(forged(transfer, { events: transfer.events.slice(1) }))).toThrow('the entries in USD sum to 1, not to zero');
  });
});
