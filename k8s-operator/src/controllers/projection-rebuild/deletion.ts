import { type GatewayRebuild, isOpen } from '../../gateway/rebuild.ts';
import { rowsAtEnd } from './ends.ts';
import { isAtEnd } from './overlap.ts';
import type { Decision, Situation } from './situation.ts';
import { away, cancelling, cancelText, hasFinalizer, idOf, not, sinceRunningChanged, unfinished } from './states.ts';
import { decision, timeText, unchanged } from './status.ts';

/**
 * Somebody deleted the object: a rebuild that goes on is cancelled, and its end is waited for, but not for ever. Once it is being cancelled a builder ends it, should its own
 * worker not; before that nobody would, and it would keep its rows: the object is kept for longer then.
 */
export function deleted(situation: Situation): Decision {
  const { object, rows, jobs, timing, now } = situation;
  if (!hasFinalizer(situation)) return unchanged(situation);
  if (isAtEnd(object.status?.phase) && rows.known) return unchanged(situation, { finalizer: 'remove' });
  const own = rows.known ? rows.own : null;
  if (rows.known && own === null && jobs.every(({ end }) => end !== null)) return unchanged(situation, { finalizer: 'remove' });
  if (own !== null && !isOpen(own)) return rowsAtEndOfDeleted(situation, own);
  const since = Date.parse(object.metadata.deletionTimestamp ?? '');
  const isLate = now - since >= timing.cancelMaxMs;
  const until = since + Math.max(timing.cancelMaxMs, timing.keepMaxMs);
  if ((isLate && own?.state === 'cancelling') || now >= until) return letGo(situation, own);
  const soonMs = Math.min(timing.cancelPollMs, until - now);
  const phase = object.status?.phase ?? 'Running';
  // The rebuild waits without its pod; before a pod has asked for it nobody shall.
  const deleteJobs = isLate || (rows.known && own === null) ? unfinished(situation) : [];
  if (!rows.known) {
    const message = `${rows.message.replace(/\.$/, '')}. The object was deleted: it is kept until its rebuild can be cancelled, at most until ${timeText(until)}.`;
    const next = away(situation, { reason: rows.reason, message });
    return decision(situation, {
      phase,
      ...next,
      deleteJobs,
      requeueAfterMs: isLate ? Math.min(next.requeueAfterMs, until - now) : soonMs,
    });
  }
  return decision(situation, {
    phase,
    running: cancelling(situation, not('Cancelling', 'The object was deleted: its rebuild is being cancelled.')),
    cancel: own !== null && own.state !== 'cancelling' ? own.id : null,
    deleteJobs,
    requeueAfterMs: isLate ? Math.min(sinceRunningChanged(situation, 'Cancelling', 'CancelRefused'), until - now) : soonMs,
  });
}

function letGo(situation: Situation, own: GatewayRebuild | null): Decision {
  const id = idOf(situation);
  const note =
    own?.state === 'cancelling'
      ? `Rebuild ${id} is being cancelled, and its end is not known: the object goes all the same.`
      : `Rebuild ${id} could not be cancelled, and the object goes all the same. ${cancelText(id)}`;
  return unchanged(situation, { finalizer: 'remove', events: [{ type: 'Warning', reason: 'CancelTimedOut', note }] });
}

function rowsAtEndOfDeleted(situation: Situation, own: GatewayRebuild): Decision {
  const spec = { ...situation.object.spec, retries: 0 };
  return { ...rowsAtEnd({ ...situation, object: { ...situation.object, spec } }, own), finalizer: 'remove', requeueAfterMs: null };
}
