import type { LiveProjection, Projection } from '@ledgerflow/read-model/projections';
import { parksAccounts } from '../apply/plan.ts';

/** A parked record that was refused, not one that only waits behind it. */
export interface RefusedLetter {
  position: bigint;
  projections: readonly string[];
  error: string;
}

export interface CatchUpView {
  /** The checkpoint's position. */
  position: bigint;
  live: ReadonlyMap<string, LiveProjection>;
  refused: readonly RefusedLetter[];
}

/** What is to be done next: these projections, which are at the same position, go on from there. */
export interface Step {
  from: bigint;
  /** Not beyond here. */
  to: bigint;
  projections: readonly Projection[];
  /** Whether the next batch brings them to where the checkpoint is, so that they go with it again: only then is it worth holding the ledger for. */
  joins: boolean;
}

/** A refused record that a projection can not get past: its own refusals, and for projections of the ledger every record whose accounts are parked. */
function blocks(letter: RefusedLetter, projection: Projection, live: LiveProjection, projections: readonly Projection[]): boolean {
  if (letter.position <= live.position || letter.position <= live.wholeTo) return false;
  return letter.projections.includes(projection.name) || (projection.scope === 'ledger' && parksAccounts(letter, projections));
}

/**
 * Which of a ledger's projections can go on apart, and how far. Those that are furthest behind first, all of them that stand there together, and no further than to where the next
 * ones stand: so that they meet. Null when none can. Pure.
 */
export function chooseStep(
  { position, live, refused }: CatchUpView,
  projections: readonly Projection[],
  batchCountMax: number,
): Step | null {
  const apart = projections.flatMap((projection) => {
    const row = live.get(projection.name);
    if (row === undefined || (row.heldReason === null && row.position >= position)) return [];
    const first = refused.find((letter) => blocks(letter, projection, row, projections));
    const target = first === undefined ? position : first.position - 1n;
    // One that holds before a refused record waits; one that holds at the checkpoint for nothing joins again.
    return row.position < target || (first === undefined && row.position === position) ? [{ projection, from: row.position, target }] : [];
  });
  const [first, ...others] = apart;
  if (first === undefined) return null;
  const from = others.reduce((least, one) => (one.from < least ? one.from : least), first.from);
  const together = apart.filter((one) => one.from === from);
  const ends = [...together.map(({ target }) => target), ...apart.flatMap((one) => (one.from > from ? [one.from] : []))];
  const to = ends.reduce((least, end) => (end < least ? end : least), position);
  return {
    from,
    to,
    projections: together.map(({ projection }) => projection),
    joins: to === position && position - from <= BigInt(batchCountMax),
  };
}
