import { describe, expect, it } from '@jest/globals';
import { formatMinor, recordToJson } from '@ledgerflow/contracts';
import fc from 'fast-check';
import { GOLDEN_RECORD } from '../../../contracts/src/record.fixture.ts';
import { decimalOf, type RecordJson, recordJson, renderMovements } from './movement.ts';

const TRANSACTIONS = 200;

describe('the movements of a record', () => {
  it('have their own entries, and each event is looked at once', () => {
    let looks = 0;
    const events = Array.from({ length: TRANSACTIONS * 2 }, (_, i): RecordJson['events'][number] => ({
      get type() {
        looks += 1;
        return 'EntryPosted' as const;
      },
      account: `a${i}`,
      currency: 'EUR',
      version: '1',
      transaction: i % TRANSACTIONS,
      amount: '1',
      postedAfter: '1',
      heldAfter: '0',
    }));
    const transactions = Array.from({ length: TRANSACTIONS }, (_, i) => ({ id: `41-${i}`, effectiveAt: '1970-01-01T00:00:00.000000Z' }));
    const movements = renderMovements({ ...recordJson(recordToJson(GOLDEN_RECORD)), transactions, events });
    expect(movements.map(({ transactionId, entries }) => [transactionId, ...entries.map(({ account }) => account)])).toEqual(
      transactions.map(({ id }, i) => [id, `a${i}`, `a${i + TRANSACTIONS}`]),
    );
    expect(looks).toBe(events.length);
  });

  it('write amounts as the contracts do', () => {
    const amounts = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n });
    fc.assert(
      fc.property(amounts, fc.nat(18), (amount, scale) => {
        expect(decimalOf(amount.toString(), scale)).toBe(formatMinor(amount, scale));
      }),
    );
  });
});
