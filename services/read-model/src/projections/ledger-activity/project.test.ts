import { describe, expect, it } from '@jest/globals';
import { RECORD_TYPE_CODES } from '@ledgerflow/contracts';
import { TestLedger } from '../../testing/test-ledger.ts';
import { bucketStart, project } from './project.ts';

const ledger = new TestLedger('books', 7);
for (const id of ['a', 'b']) ledger.open(id);
for (const id of ['x', 'y']) ledger.open(id, { currency: 'JPY' });

describe('ledger activity', () => {
  it('counts transactions by the currencies they move, their entries, and what comes in', () => {
    const record = ledger.post('BatchPosted', [
      {
        postings: [
          { from: 'a', to: 'b', amount: 5n },
          { from: 'x', to: 'y', amount: 7n },
        ],
      },
      { postings: [{ from: 'b', to: 'a', amount: 2n }] },
    ]);
    expect(project(record)).toEqual({
      recordedAt: record.recordedAt,
      type: RECORD_TYPE_CODES.BatchPosted,
      moved: [
        { currency: 'USD', transactions: 2, entries: 4, volume: 7n },
        { currency: 'JPY', transactions: 1, entries: 2, volume: 7n },
      ],
    });
    expect(project(ledger.open('c')).moved).toEqual([]);
  });

  it('buckets begin at the full minute, hour and day of UTC, before 1970 too', () => {
    const at = (text: string): bigint => BigInt(Date.parse(text)) * 1_000n;
    const time = at('2026-11-21T17:45:31.250Z') + 3n;
    const begins = ['2026-11-21T17:45:00Z', '2026-11-21T17:00:00Z', '2026-11-21T00:00:00Z'].map(at);
    expect([0, 1, 2].map((bucket) => bucketStart(time, bucket))).toEqual(begins);
    expect(begins.map((begin, bucket) => bucketStart(begin, bucket))).toEqual(begins);
    expect(bucketStart(at('1969-12-31T23:59:59Z'), 2)).toBe(at('1969-12-31T00:00:00Z'));
  });
});
