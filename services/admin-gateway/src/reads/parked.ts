import type { CheckpointPlace, Seen } from '@ledgerflow/read-model';
import { Problem } from '../http/problem.ts';
import type { Place } from './consistency.ts';

/**
 * What was seen of a ledger that the read side goes on with. Throws projection_parked for one at which it has stopped: its present grows older by the minute, and its past may be what
 * was found not to be the log.
 */
export function going<S extends { checkpoint: CheckpointPlace } | null>(seen: S): S {
  if (seen !== null && seen.checkpoint.stoppedReason !== null)
    throw new Problem('projection_parked', { detail: 'The read side has stopped at this ledger and waits for repair' });
  return seen;
}

/** Whether an answer that stands for a position (default: that of its checkpoint) lacks a parked record. */
export function isParked({ checkpoint }: { checkpoint: CheckpointPlace }, position: bigint = checkpoint.position): boolean {
  return checkpoint.parkedSince !== null && checkpoint.parkedSince <= position;
}

/** An answer that lacks nothing. Throws projection_parked for another. */
export function whole<S extends { checkpoint: CheckpointPlace } | null>(seen: S, position?: bigint): S {
  if (seen !== null && isParked(seen, position))
    throw new Problem('projection_parked', { detail: `The record at position ${seen.checkpoint.parkedSince} waits for repair` });
  return seen;
}

const NOTHING: Readonly<Record<string, string>> = {};

/** What an answer says in its headers when a projection that it was made from is held, or catches up, before the position that the ledger is applied to. */
export function heldAt({ position, appliedPosition }: CheckpointPlace): Readonly<Record<string, string>> {
  return position < appliedPosition ? { 'ledger-held-at': position.toString() } : NOTHING;
}

/** Whether the ledger is applied up to a place, whatever the projections that the answer was made from have of it. */
export function isApplied(seen: Seen<unknown> | null, { epoch, position }: Place): boolean {
  return seen !== null && seen.checkpoint.epoch === epoch && seen.checkpoint.appliedPosition >= position;
}

/** What is in the log and not in an answer, because a projection holds before it. */
export function held({ position }: Pick<CheckpointPlace, 'position'>): Problem {
  return new Problem('projection_parked', {
    detail: `The read side holds at position ${position}: the record that follows is parked until it is repaired`,
  });
}

/** Why an answer could not be waited for. */
export function tooEarly(seen: Seen<unknown> | null, place: Place): Problem {
  return seen !== null && isApplied(seen, place) ? held(seen.checkpoint) : new Problem('not_yet_consistent');
}
