import { describe, expect, it } from '@jest/globals';
import { TestLedger } from '../../testing/test-ledger.ts';
import { dayOf, merge, project, type DayChange } from './project.ts';

const ledger = new TestLedger('books', 7);
const opened = ledger.open('a');
ledger.open('b');
const batch = ledger.post('BatchPosted', [
  {
    postings: [
      { from: 'a', to: 'b', amount: 5n },
      { from: 'b', to: 'a', amount: 2n },
    ],
  },
]);
const next = ledger.transfer('a', 'b', 1n);

describe('daily balances', () => {
  it('a record says how each of its accounts is after it, and what came in and went out', () => {
    const day = dayOf(batch.recordedAt);
    expect(project(batch)).toMatchObject([
      { account: 'a', day, firstVersion: 2n, version: 3n, position: 4n, posted: -3n, entries: 2, credits: 2n, debits: 5n },
      { account: 'b', day, firstVersion: 2n, version: 3n, position: 4n, posted: 3n, entries: 2, credits: 5n, debits: 2n },
    ]);
    expect(project(opened)).toMatchObject([{ account: 'a', version: 1n, posted: 0n, entries: 0, credits: 0n, debits: 0n }]);
  });

  it('later changes of a day add up; a hole in the versions is refused', () => {
    const [first] = project(batch) as [DayChange];
    const [second] = project(next) as [DayChange];
    expect(merge(first, second)).toMatchObject({
      firstVersion: 2n,
      version: 4n,
      position: 5n,
      posted: -4n,
      entries: 3,
      credits: 2n,
      debits: 6n,
    });
    expect(() => merge(second, first)).toThrow('version 2 of a follows version 4');
  });

  it('days begin at midnight UTC, before 1970 too', () => {
    expect(dayOf(0n)).toBe(0);
    expect(dayOf(86_399_999_999n)).toBe(0);
    expect(dayOf(86_400_000_000n)).toBe(1);
    expect(dayOf(-1n)).toBe(-1);
  });
});
