import { describe, expect, it } from '@jest/globals';
import type { EntryPostedEvent, LedgerRecord } from '@ledgerflow/contracts';
import { GOLDEN_RECORD } from '../../../contracts/src/record.fixture.ts';
import { renderMovements } from './movement.ts';

const TRANSACTIONS = 200;

describe('the movements of a record', () => {
  it('have their own entries, and each event is looked at once', () => {
    let looks = 0;
    const events = Array.from({ length: TRANSACTIONS * 2 }, (_, i): EntryPostedEvent => ({
      get type() {
        looks += 1;
        return 'EntryPosted' as const;
      },
      account: `a${i}`,
      accountNumber: i,
      currency: 'EUR',
      version: 1n,
      transaction: i % TRANSACTIONS,
      amount: 1n,
      postedAfter: 1n,
      heldAfter: 0n,
    }));
    const transactions = Array.from({ length: TRANSACTIONS }, (_, i) => ({ id: `41-${i}`, effectiveAt: 0n, externalId: null }));
    const record: LedgerRecord = { ...GOLDEN_RECORD, transactions, events };
    const movements = renderMovements(record) as { transactionId: string; entries: { account: string }[] }[];
    expect(movements.map(({ transactionId, entries }) => [transactionId, ...entries.map(({ account }) => account)])).toEqual(
      transactions.map(({ id }, i) => [id, `a${i}`, `a${i + TRANSACTIONS}`]),
    );
    expect(looks).toBe(events.length);
  });
});
