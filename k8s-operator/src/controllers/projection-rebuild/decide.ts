import { conditionOf } from '../../api/v1alpha1/index.ts';
import { type GatewayRebuild, isOpen } from '../../gateway/rebuild.ts';
import { withoutForgedEnd } from './forged-end.ts';
import { deleted } from './deletion.ts';
import { atEnd, cancelled, ending, failed, jobAtEnd, rejected, rowsAtEnd } from './ends.ts';
import { BACKOFF_LIMIT, jobNameOf, type JobView, rebuildIdOf } from './job.ts';
import { hasBegun, isAtEnd } from './overlap.ts';
import type { Decision, Situation } from './situation.ts';
import {
  attemptOf,
  away,
  hasFinalizer,
  jobOf,
  nameTaken,
  not,
  REQUEUE_MAX_MS,
  sinceRunningChanged,
  stillOr,
  waitsForOther,
  yes,
} from './states.ts';
import { decision, type Next, timeText } from './status.ts';

/** An object that waits for another one is woken by it; this is in case it was not. */
const WAKE_MS = 60_000;
/** A rebuild writes how far it is many times a minute. */
const STILL_MS = 5 * 60_000;
/** The Job controller makes a pod within moments, if it can. */
const POD_AFTER_MS = 30_000;

/** From what is there to what shall be. Pure: the same situation has the same decision. */
export function decide(found: Situation): Decision {
  const object = withoutForgedEnd(found.object, found.rows);
  const situation = { ...found, object };
  if (object.metadata.deletionTimestamp !== undefined) return deleted(situation);
  if (isAtEnd(object.status?.phase)) return atEnd(situation);
  return hasBegun(object) ? begun(situation) : notBegun(situation);
}

function notBegun(situation: Situation): Decision {
  const { object, blocker, rows, jobs, timing, isNameTaken, now } = situation;
  const stays = object.status?.phase ?? 'Pending';
  const start = {
    attempt: attemptOf(situation),
    rebuildId: rebuildIdOf(object.metadata.uid ?? '', attemptOf(situation)),
    startedAt: object.status?.startedAt ?? timeText(now),
    activeSince: timeText(now),
  };
  // Asked for already: the status that said so was lost.
  if (rows.known && rows.own !== null) return begun({ ...situation, object: { ...object, status: { ...object.status, ...start } } });
  const leftOver = jobs.filter(({ attempt, isDeleting }) => attempt === attemptOf(situation) && !isDeleting);
  if (object.spec.suspend)
    return decision(situation, {
      phase: 'Suspended',
      running: not('Suspended', 'spec.suspend is true: nothing was begun.'),
      fields: { waitsFor: undefined },
      deleteJobs: leftOver,
    });
  if (blocker !== null) {
    const name = `${blocker.metadata.namespace}/${blocker.metadata.name}`;
    return decision(situation, {
      phase: 'Waiting',
      running: not('OlderRebuild', `Waits for the end of ProjectionRebuild ${name}, which touches the same rows and was first.`),
      fields: { waitsFor: { rebuild: blocker.metadata.uid ?? '', name } },
      deleteJobs: leftOver,
      requeueAfterMs: WAKE_MS,
    });
  }
  if (!rows.known) return decision(situation, { phase: stays, ...away(situation, rows) });
  if (!rows.isProjectionKnown) return failed(situation, 'UnknownProjection', `There is no projection ${object.spec.projection}.`);
  if (rows.other !== null) return waitsForOther(situation, { id: rows.other.id, isAbandoned: rows.isOtherAbandoned }, leftOver);
  if (leftOver.length > 0 || jobs.some(({ attempt, isDeleting }) => isDeleting && attempt === start.attempt))
    return decision(situation, {
      phase: stays,
      running: not('JobDeleting', 'Waits until the Job of before is gone.'),
      deleteJobs: leftOver,
      requeueAfterMs: timing.pollMs,
    });
  if (isNameTaken) return decision(situation, { phase: stays, ...nameTaken(situation) });
  return decision(situation, {
    phase: 'Running',
    running: yes('Started', `Job ${jobNameOf(object.metadata.name, start.attempt)} is started.`),
    fields: { ...start, waitsFor: undefined },
    finalizer: hasFinalizer(situation) ? null : 'add',
    makeJob: start.attempt,
    requeueAfterMs: timing.pollMs,
  });
}

function begun(situation: Situation): Decision {
  const { object, rows, timing, now } = situation;
  const { spec, status = {} } = object;
  if (rows.known && rows.own !== null && !isOpen(rows.own)) return rowsAtEnd(situation, rows.own);
  if (status.ending !== undefined) return ending(situation, status.ending);
  if (spec.suspend) return suspended(situation);
  if (spec.deadlineSeconds !== undefined && status.activeSince !== undefined) {
    const over = now - Date.parse(status.activeSince) - spec.deadlineSeconds * 1_000;
    if (over >= 0) return cancelled(situation, 'DeadlineExceeded', `It took longer than ${spec.deadlineSeconds} s.`);
  }
  if (!rows.known) return decision(situation, { phase: 'Running', ...away(situation, rows) });
  if (status.retryAt !== undefined && now < Date.parse(status.retryAt))
    return decision(situation, {
      phase: 'Running',
      running: not('RetryPending', conditionOf(status.conditions, 'Running')?.message ?? ''),
      fields: { activeSince: status.activeSince ?? timeText(now) },
      requeueAfterMs: Math.min(Date.parse(status.retryAt) - now, REQUEUE_MAX_MS),
    });
  const job = jobOf(situation);
  if (job === undefined) return withoutJob(situation);
  if (job.isDeleting)
    return decision(situation, {
      phase: 'Running',
      running: not('JobDeleting', `Job ${job.name} is being deleted; then another is made.`),
      requeueAfterMs: timing.pollMs,
    });
  if (job.end !== null) return jobAtEnd(situation, job, job.end);
  return decision(situation, {
    phase: 'Running',
    running: job.isSuspended ? yes('Resumed', `Job ${job.name} is resumed.`) : atWork(situation, rows.own, job),
    fields: {
      job: { name: job.name, uid: job.uid },
      waitsFor: undefined,
      activeSince: job.isSuspended ? timeText(now) : (status.activeSince ?? timeText(now)),
    },
    finalizer: hasFinalizer(situation) ? null : 'add',
    suspendJob: job.isSuspended ? { job, suspend: false } : null,
    requeueAfterMs: timing.pollMs,
  });
}

/** Its Job runs. That of a pod on a node that was lost does so for ever: Kubernetes makes no other pod before that one is known to have ended. */
function atWork({ object, now }: Situation, own: GatewayRebuild | null, job: JobView): Next['running'] {
  const { name, failed } = job;
  const begunAt = Date.parse(object.status?.activeSince ?? '') || now;
  const movedAt = own === null ? begunAt : Math.max(begunAt, Date.parse(own.updatedAt ?? '') || now);
  const failures = failed === 0 ? '' : ` ${failed === 1 ? '1 pod of it has' : `${failed} pods of it have`} failed.`;
  if (own === null && failed > 0)
    return not(
      'PodsFailing',
      `Job ${name} is there, and the rebuild has not begun:${failures} The Job makes another, up to ${BACKOFF_LIMIT + 1} with longer and longer waits; their logs and kubectl describe job ${name} say why.`,
    );
  const podSince = Math.max(begunAt, job.madeAt ?? now);
  if (own === null && job.active === 0 && now - podSince >= POD_AFTER_MS)
    return not('PodNotMade', `Job ${name} is there, and no pod of it could be made yet: kubectl describe job ${name} says why.`);
  if (now - movedAt >= STILL_MS)
    return not(
      'NoProgress',
      `Job ${name} runs, and nothing of the rebuild was written since ${timeText(movedAt)}: look at its pod and the node of it.${failures}`,
    );
  if (own !== null) return yes('Rebuilding', `Job ${name} rebuilds.${failures}`);
  const pod =
    job.ready > 0 ? 'its pod runs, and the rebuild has not begun' : job.active > 0 ? 'its pod is not ready yet' : 'it has no pod yet';
  return yes('Rebuilding', `Job ${name} is there; ${pod}.`);
}

/** It was begun, and its Job is not there: not made yet, deleted by somebody, or refused a moment ago. */
function withoutJob(situation: Situation): Decision {
  const { object, isNameTaken, refusal, timing, now } = situation;
  const { status = {} } = object;
  const attempt = attemptOf(situation);
  const name = jobNameOf(object.metadata.name, attempt);
  if (refusal !== null) {
    // What may not be changed differs: it is another's Job, which is going or which the caches do not know.
    if (refusal.message.includes('field is immutable')) return decision(situation, { phase: 'Running', ...nameTaken(situation) });
    if (refusal.status === 422) return rejected(situation, 'JobRefused', `The API server refused Job ${name}: ${refusal.message}`);
    return decision(situation, {
      phase: 'Running',
      running: not('JobNotMade', `Job ${name} can not be made now: ${refusal.message}`),
      requeueAfterMs: sinceRunningChanged(situation, 'JobNotMade'),
    });
  }
  if (isNameTaken) return decision(situation, { phase: 'Running', ...nameTaken(situation) });
  const wasThere = status.job !== undefined;
  return decision(situation, {
    phase: 'Running',
    // Tried again: what is said stays until the API server has taken it.
    running: stillOr(situation, ['JobNotMade', 'JobNameTaken'], yes('Started', `Job ${name} is started.`)),
    fields: { job: undefined, retryAt: undefined, waitsFor: undefined, activeSince: status.activeSince ?? timeText(now) },
    finalizer: hasFinalizer(situation) ? null : 'add',
    makeJob: attempt,
    requeueAfterMs: timing.pollMs,
    events: wasThere ? [{ type: 'Warning', reason: 'JobGone', note: `Job ${name} was deleted by somebody: it is made again.` }] : [],
  });
}

function suspended(situation: Situation): Decision {
  const job = jobOf(situation);
  const isAtWork = job !== undefined && job.end === null && !job.isDeleting && !job.isSuspended;
  return decision(situation, {
    phase: 'Suspended',
    running: not('Suspended', 'spec.suspend is true: the rebuild stays where it is.'),
    fields: { activeSince: undefined, ...(job === undefined ? {} : { job: { name: job.name, uid: job.uid } }) },
    suspendJob: isAtWork ? { job, suspend: true } : null,
    requeueAfterMs: isAtWork ? situation.timing.pollMs : situation.timing.suspendedMs,
  });
}
