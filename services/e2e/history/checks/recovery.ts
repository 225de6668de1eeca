import { describeRead, describeWrite } from '../describe.ts';
import { firstAnswer, type History, isAnswered } from '../history.ts';
import type { Check } from './violation.ts';

/** When all faults are over every write is answered and every balance can be read with a token of the end. */
export const recovery: Check<'fault' | 'never answered' | '500' | 'final read'> = {
  name: 'recovery',
  guarantee: 'G9',
  faults: ['fault', 'never answered', '500', 'final read'],
  run({ writes, reads, faults }, report) {
    for (const { kind, target, how, beganMs, recoveredMs } of faults)
      if (recoveredMs === null)
        report('fault', `Writes were not answered again after the ${how} of ${target} (${kind}) at ${(beganMs / 1000).toFixed(1)} s`, []);
    for (const write of writes)
      if (write.reuses === null && firstAnswer(write) === null)
        report('never answered', 'A write was never answered', describeWrite(write));
    for (const write of writes)
      if (write.attempts.some(({ outcome }) => outcome.kind === 'unknown' && outcome.reason.startsWith('500')))
        report('500', 'A write was answered 500', describeWrite(write));
    const last = reads.filter(({ isFinal }) => isFinal);
    for (const read of last)
      if (read.outcome.kind !== 'ok') report('final read', 'A balance could not be read at the end', describeRead(read));
    return writes.length + last.length + faults.length;
  },
};

/** Fewer prove nothing: a run in which next to nothing was answered is not one without a fault. */
const ANSWERED_MIN = 10;

/** What a run has to have seen at the least, over all its ledgers. */
export function tooLittle({ writes, reads }: History): string[] {
  const okays = writes.filter((write) => write.attempts.some((one) => isAnswered(one) && one.outcome.kind === 'ok')).length;
  const answers = reads.filter(({ outcome }) => outcome.kind === 'ok').length;
  const found: string[] = [];
  if (okays < ANSWERED_MIN) found.push(`Only ${okays} writes were answered 2xx; a run with fewer than ${ANSWERED_MIN} proves nothing`);
  if (answers < ANSWERED_MIN) found.push(`Only ${answers} reads were answered; a run with fewer than ${ANSWERED_MIN} proves nothing`);
  return found;
}
