import { type Instant, parseInstant } from '../../../ui/time/index.ts';

/**
 * recorded: what the ledger knew at a time (`at`). effective: what was in effect at a time, backdated entries included, as is known now (`effectiveAt`). both: what was
 * known at the one about the other.
 */
export type Axis = 'recorded' | 'effective' | 'both';
/** As in the address and in the API; neither: now. */
export interface Moment {
  at?: string;
  effectiveAt?: string;
}
export type MomentChange = { at?: string | null; effectiveAt?: string | null };

/** A moment has its axis in it; without one it is the one that was chosen. */
export function axisOf({ at, effectiveAt }: Moment, chosen: Axis): Axis {
  if (at !== undefined && effectiveAt !== undefined) return 'both';
  if (at !== undefined) return 'recorded';
  return effectiveAt === undefined ? chosen : 'effective';
}

export const isSameMoment = (one: Moment, other: Moment): boolean => one.at === other.at && one.effectiveAt === other.effectiveAt;
export const isSameAxis = (one: Moment, other: Moment): boolean =>
  (one.at === undefined) === (other.at === undefined) && (one.effectiveAt === undefined) === (other.effectiveAt === undefined);

/** The same time on another axis. */
export function onAxis({ at, effectiveAt }: Moment, axis: Axis): MomentChange {
  const [recorded, effective] = [at ?? effectiveAt ?? null, effectiveAt ?? at ?? null];
  return { at: axis === 'effective' ? null : recorded, effectiveAt: axis === 'recorded' ? null : effective };
}

/** What picking a time on the chart means: its horizontal axis is effective time unless the axis is `recorded`. */
export function picked({ at }: Moment, axis: Axis, time: Instant): MomentChange {
  if (axis === 'recorded') return { at: time, effectiveAt: null };
  return { at: axis === 'both' ? (at ?? time) : null, effectiveAt: time };
}

/** The time that the chart marks; null: none, or one that only the API can read. */
export function markedOf({ at, effectiveAt }: Moment, axis: Axis): Instant | null {
  const text = axis === 'recorded' ? at : effectiveAt;
  return text === undefined ? null : parseInstant(text);
}
