import { describeWrite } from '../describe.ts';
import type { Check } from './violation.ts';

/** What was answered before another was asked for stands before it in the log: for every pair, by comparing each with the highest position answered so far. */
export const order: Check<'later'> = {
  name: 'order',
  guarantee: 'G4',
  faults: ['later'],
  run({ effects, order: real }, report) {
    for (const later of effects) {
      const earlier = real.completedBefore(later.beginMs);
      if (earlier === null || earlier.record.position < later.record.position) continue;
      report(
        'later',
        `A write got position ${later.record.position} although ${earlier.record.position} had been answered before it was asked for`,
        [...describeWrite(earlier.write), ...describeWrite(later.write)],
      );
    }
    return effects.length;
  },
};
