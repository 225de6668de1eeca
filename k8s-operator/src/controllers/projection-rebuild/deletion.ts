import { type GatewayRebuild, isOpen } from '../../gateway/rebuild.ts';
import { rowsAtEnd } from './ends.ts';
import { hasBegun, isAtEnd } from './overlap.ts';
import type { Decision, Situation } from './situation.ts';
import { away, hasFinalizer, idOf, not, unfinished } from './states.ts';
import { decision, unchanged } from './status.ts';

/** Somebody deleted the object: a rebuild that goes on is cancelled, and its end is waited for, but not for ever. */
export function deleted(situation: Situation): Decision {
  const { object, rows, jobs, timing, now } = situation;
  if (!hasFinalizer(situation)) return unchanged(situation);
  if (isAtEnd(object.status?.phase) || !hasBegun(object)) return unchanged(situation, { finalizer: 'remove' });
  if (rows.known && rows.own !== null && !isOpen(rows.own)) return rowsAtEndOfDeleted(situation, rows.own);
  const sinceMs = now - Date.parse(object.metadata.deletionTimestamp ?? '');
  if (sinceMs >= timing.cancelMaxMs) {
    const note = `The rebuild ${idOf(situation)} was to be cancelled, and its end is not known after ${Math.round(sinceMs / 1_000)} s: the object goes all the same.`;
    return unchanged(situation, { finalizer: 'remove', events: [{ type: 'Warning', reason: 'CancelTimedOut', note }] });
  }
  const soonMs = Math.min(timing.cancelPollMs, timing.cancelMaxMs - sinceMs);
  const phase = object.status?.phase ?? 'Running';
  if (!rows.known) return decision(situation, { phase, ...away(situation, rows), requeueAfterMs: soonMs });
  if (rows.own === null && jobs.every(({ end }) => end !== null)) return unchanged(situation, { finalizer: 'remove' });
  return decision(situation, {
    phase,
    running: not('Cancelling', 'The object was deleted: its rebuild is being cancelled.'),
    cancel: rows.own !== null && rows.own.state !== 'cancelling' ? rows.own.id : null,
    // Nobody has asked for the rebuild yet, and nobody shall.
    deleteJobs: rows.own === null ? unfinished(situation) : [],
    requeueAfterMs: soonMs,
  });
}

function rowsAtEndOfDeleted(situation: Situation, own: GatewayRebuild): Decision {
  const spec = { ...situation.object.spec, retries: 0 };
  return { ...rowsAtEnd({ ...situation, object: { ...situation.object, spec } }, own), finalizer: 'remove', requeueAfterMs: null };
}
