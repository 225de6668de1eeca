import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHECKS, checkHistory } from './checker.ts';
import type { Write } from './history.ts';
import { LEDGER } from './legal.fixture.ts';
import { SPOILERS } from './spoilers.fixture.ts';
import { answeredOk, type Case, legal, recordOf } from './spoiling.fixture.ts';

const RUNS = 60;
const SPOILT_RUNS = 5;

function violated({ history, records }: Case): string[] {
  const { violations } = checkHistory(history, new Map([[LEDGER, records]]));
  return [...new Set(violations.map(({ check, fault }) => `${check}: ${fault}`))];
}

describe('the checker', () => {
  it('accepts what a ledger may do, however requests overlap', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const town = legal(seed);
        expect(town.writes.length).toBeGreaterThan(20);
        const { violations } = checkHistory(town.history, new Map([[LEDGER, town.records]]));
        expect(violations).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it.each(SPOILERS.map(({ what, ...one }) => [what, one] as const))('sees that %s', (_, { fault, spoil }) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const town = legal(seed);
        // Not every history has what is to be spoilt; those that have not are not counted.
        fc.pre(spoil(town));
        expect(violated(town)).toContain(fault);
      }),
      { numRuns: SPOILT_RUNS },
    );
  });

  it('has a way to spoil a history for all that any check may report', () => {
    const all = CHECKS.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`));
    const aimedAt = new Set(SPOILERS.map(({ fault }) => fault));
    expect([...all, 'coverage: too little'].filter((fault) => !aimedAt.has(fault))).toEqual([]);
  });

  it('names the operations that show a violation', () => {
    const town = legal(1);
    const write = town.writes.find(answeredOk) as Write;
    town.records.splice(town.records.indexOf(recordOf(town, write)), 1);
    const { violations } = checkHistory(town.history, new Map([[LEDGER, town.records]]));
    expect(violations.find(({ check }) => check === 'lost')?.events.join('\n')).toContain(`write ${write.id}, key ${write.key}`);
  });
});
