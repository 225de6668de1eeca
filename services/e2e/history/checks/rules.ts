import { describeRecord, describeWrite } from '../describe.ts';
import { type Attempt, firstAnswer, type Write, type WriteOutcome } from '../history.ts';
import { contains } from '../render.ts';
import { accountsOf, refusalAt } from '../rules.ts';
import type { Evidence } from '../evidence.ts';
import type { Check } from './violation.ts';

type Refused = Extract<WriteOutcome, { kind: 'refused' }>;

/** Whether at some position that the refusal can have been decided on, the rules refuse the command for the very reason that was answered. */
function isJustified({ book, order }: Evidence, write: Write, { endedMs }: Attempt, { code, answer }: Refused): boolean {
  const invokedMs = Math.min(...write.attempts.map((attempt) => attempt.invokedMs));
  const [lowest, highest] = [order.lowestAt(invokedMs), order.highestAt(endedMs)];
  const told: unknown = JSON.parse(answer);
  return [lowest, ...book.changes(accountsOf(write.command), lowest + 1n, highest)].some((position) => {
    const expected = refusalAt(write.command, book, position);
    return expected?.code === code && contains(told, expected.parameters);
  });
}

/**
 * What was accepted was allowed on the state right before its record, and a refusal tells the truth: there was a moment between the question and the answer at
 * which it was right.
 */
export const rules: Check<'accepted' | 'refused'> = {
  name: 'rules',
  guarantee: 'G1, G4',
  faults: ['accepted', 'refused'],
  run(evidence, report) {
    let refusals = 0;
    for (const { write, record } of evidence.effects)
      if (refusalAt(write.command, evidence.book, record.position - 1n) !== null)
        report('accepted', 'A write was accepted against the rules', [...describeWrite(write), ...describeRecord(record)]);
    for (const write of evidence.writes) {
      const first = firstAnswer(write);
      if (first === null || first.outcome.kind !== 'refused' || write.reuses !== null) continue;
      refusals += 1;
      if (!isJustified(evidence, write, first, first.outcome))
        report('refused', 'A refusal was right at no moment before it was answered', describeWrite(write));
    }
    return evidence.effects.length + refusals;
  },
};
