import { strings } from '../strings.ts';
import { gapOf, parseLocal, type Zone } from '../time/index.ts';

const text = strings.moment;

const TOO_MANY_DIGITS = /:\d\d\.\d{7}/;

/** Why a text is no moment, and what to write instead. */
export function explainMoment(typed: string, zone: Zone): string {
  const read = parseLocal(typed, zone);
  if (typeof read === 'object' && read !== null) return text.twice(...read.offsets);
  const gap = zone === 'utc' ? null : gapOf(typed);
  if (gap !== null) return text.skipped(gap.before, gap.after);
  return TOO_MANY_DIGITS.test(typed) ? text.digits : text.wrong;
}
