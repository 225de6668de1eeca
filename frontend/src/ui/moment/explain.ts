import { strings } from '../strings.ts';
import { gapOf, parseInstant, parseLocal, type Zone } from '../time/index.ts';

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

/** What is wrong with the beginning of a span, as in the address, that lies after its end; the end is named by its label. null: nothing. */
export function explainSpan(from: string | null | undefined, to: string | null | undefined, labelOfEnd: string): string | null {
  const [begin, end] = [parseInstant(from ?? ''), parseInstant(to ?? '')];
  return begin !== null && end !== null && begin > end ? text.reversed(labelOfEnd) : null;
}
