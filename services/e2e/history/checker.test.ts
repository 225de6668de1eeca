import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHECKS, checkHistory } from './checker.ts';
import type { Write } from './history.ts';
import { LEDGER } from './legal.fixture.ts';
import { answeredOk, type Case, legal, recordOf, SPOILERS } from './spoilers.fixture.ts';

const RUNS = 60;

function violated({ history, records }: Case): string[] {
  const { checks } = checkHistory(history, new Map([[LEDGER, records]]));
  return checks.filter(({ violations }) => violations > 0).map(({ name }) => name);
}

describe('the checker', () => {
  it('accepts what a ledger may do, however requests overlap', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const town = legal(seed);
        expect(town.writes.length).toBeGreaterThan(20);
        expect(violated(town)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it.each(Object.entries(SPOILERS))('sees that %s', (_, { check, spoil }) => {
    let spoilt = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const town = legal(seed);
        if (!spoil(town)) return;
        spoilt += 1;
        expect(violated(town)).toContain(check);
      }),
      { numRuns: 10 },
    );
    expect(spoilt).toBeGreaterThan(0);
  });

  it('has a way to spoil a history for every check', () => {
    expect(CHECKS.map(({ name }) => name).filter((name) => !Object.values(SPOILERS).some(({ check }) => check === name))).toEqual([]);
  });

  it('names the operations that show a violation', () => {
    const town = legal(1);
    const write = town.writes.find(answeredOk) as Write;
    town.records.splice(town.records.indexOf(recordOf(town, write)), 1);
    const { violations } = checkHistory(town.history, new Map([[LEDGER, town.records]]));
    expect(violations.find(({ check }) => check === 'lost')?.events.join('\n')).toContain(`write ${write.id}, key ${write.key}`);
  });
});
