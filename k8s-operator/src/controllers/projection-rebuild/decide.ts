import { conditionOf, type EndingReason } from '../../api/v1alpha1/index.ts';
import { type GatewayRebuild, isOpen } from '../../gateway/rebuild.ts';
import { EXIT, type JobView, jobNameOf, rebuildIdOf } from './job.ts';
import { hasBegun, isAtEnd } from './overlap.ts';
import { type Decision, FINALIZER, type Situation } from './situation.ts';
import { decision, type Next, timeText, unchanged } from './status.ts';

/** An object that waits for another one is woken by it; this is in case it was not. */
const WAKE_MS = 60_000;
const AWAY_MIN_MS = 5_000;
const AWAY_MAX_MS = 60_000;
const RETRY_MAX_MS = 5 * 60_000;
/** Longer than any timer may be, and often enough to look whether it is time. */
const REQUEUE_MAX_MS = 3_600_000;

const not = (reason: string, message: string) => ({ status: 'False' as const, reason, message });
const yes = (reason: string, message: string) => ({ status: 'True' as const, reason, message });

/** From what is there to what shall be. Pure: the same situation has the same decision. */
export function decide(situation: Situation): Decision {
  const { object } = situation;
  if (object.metadata.deletionTimestamp !== undefined) return deleted(situation);
  if (isAtEnd(object.status?.phase)) return atEnd(situation);
  return hasBegun(object) ? begun(situation) : notBegun(situation);
}

const attemptOf = ({ object }: Situation): number => object.status?.attempt ?? 1;
const idOf = (situation: Situation): string =>
  situation.object.status?.rebuildId ?? rebuildIdOf(situation.object.metadata.uid ?? '', attemptOf(situation));
const jobOf = (situation: Situation): JobView | undefined => situation.jobs.find(({ attempt }) => attempt === attemptOf(situation));
const unfinished = ({ jobs }: Situation): JobView[] => jobs.filter(({ end, isDeleting }) => end === null && !isDeleting);
const hasFinalizer = ({ object }: Situation): boolean => object.metadata.finalizers?.includes(FINALIZER) ?? false;

function notBegun(situation: Situation): Decision {
  const { object, blocker, rows, jobs, timing, isNameTaken, now } = situation;
  const stays = object.status?.phase ?? 'Pending';
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
  if (!rows.isProjectionKnown)
    return failed(situation, 'UnknownProjection', `There is no projection ${object.spec.projection}.`, { isRejected: true });
  const rebuildId = rebuildIdOf(object.metadata.uid ?? '', attemptOf(situation));
  const start = {
    attempt: attemptOf(situation),
    rebuildId,
    startedAt: object.status?.startedAt ?? timeText(now),
    activeSince: timeText(now),
  };
  // Asked for already: the status that said so was lost.
  if (rows.own !== null && leftOver.length === 0)
    return begun({ ...situation, object: { ...object, status: { ...object.status, ...start } } });
  if (rows.other !== null) return waitsForOther(situation, rows.other.id, leftOver);
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
  const isHeard = rows.own !== null;
  return decision(situation, {
    phase: 'Running',
    running: job.isSuspended
      ? yes('Resumed', `Job ${job.name} is resumed.`)
      : yes('Rebuilding', isHeard ? `Job ${job.name} rebuilds.` : `Job ${job.name} is there; its pod has not begun.`),
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

/** It was begun, and its Job is not there: not made yet, deleted by somebody, or refused a moment ago. */
function withoutJob(situation: Situation): Decision {
  const { object, isNameTaken, refusal, timing, now } = situation;
  const { status = {} } = object;
  const attempt = attemptOf(situation);
  const name = jobNameOf(object.metadata.name, attempt);
  if (refusal !== null) {
    // What may not be changed differs: it is another's Job, which is going or which the caches do not know.
    if (refusal.message.includes('field is immutable')) return decision(situation, { phase: 'Running', ...nameTaken(situation) });
    if (refusal.status === 422)
      return failed(situation, 'JobRefused', `The API server refused Job ${name}: ${refusal.message}`, { isRejected: true });
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
    running: yes('Started', `Job ${name} is started.`),
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
  });
}

/** The Job has ended; the rows, so far, have not. */
function jobAtEnd(situation: Situation, job: JobView, end: NonNullable<JobView['end']>): Decision {
  const { timing, now } = situation;
  const said = `Job ${job.name}: ${end.message === '' ? end.reason : end.message}`;
  const isLate = now - end.at >= timing.noSwapMs;
  const job_ = { name: job.name, uid: job.uid };
  if (!end.isComplete && end.exitCode === EXIT.usage)
    return failed(situation, 'InvalidArguments', `The read-model-builder did not understand what it was asked (${said}).`, {
      isRejected: true,
      fields: { job: job_ },
    });
  if (!end.isComplete && end.exitCode === EXIT.inProgress) return waitsForOther(situation, null, [job]);
  const isSaidSoon = end.isComplete || end.exitCode === EXIT.cancelled || end.exitCode === EXIT.refused;
  if (isSaidSoon && !isLate)
    return decision(situation, {
      phase: 'Running',
      running: yes('JobEnded', `Job ${job.name} has ended; the rows do not say so yet.`),
      fields: { job: job_ },
      requeueAfterMs: Math.min(timing.pollMs, end.at + timing.noSwapMs - now),
    });
  if (end.isComplete) return cancelled(situation, 'NoSwap', `Job ${job.name} ended well, but the rebuild's rows know of no end.`);
  if (end.reason === 'DeadlineExceeded') return cancelled(situation, 'DeadlineExceeded', said);
  return cancelled(situation, 'JobFailed', said);
}

/** Begins to have the attempt cancelled, so that its rows are at an end before it is called one. */
function cancelled(situation: Situation, reason: EndingReason, message: string): Decision {
  return ending(situation, { reason, message, since: timeText(situation.now) });
}

function ending(situation: Situation, why: { reason: EndingReason; message: string; since: string }): Decision {
  const { rows, timing, now } = situation;
  const working = unfinished(situation);
  const isGone = !situation.jobs.some(({ end, attempt }) => end === null && attempt === attemptOf(situation));
  if (!rows.known) return decision(situation, { phase: 'Running', ...away(situation, rows), fields: { ending: why }, deleteJobs: working });
  if (rows.own === null && isGone) return concluded(situation, why.reason, why.message);
  if (now - Date.parse(why.since) >= timing.cancelMaxMs)
    return concluded(situation, why.reason, `${why.message} (its cancellation was asked for and not confirmed)`, working);
  return decision(situation, {
    phase: 'Running',
    running: not(why.reason, `${why.message} The rebuild is being cancelled.`),
    fields: { ending: why },
    cancel: rows.own !== null && rows.own.state !== 'cancelling' ? rows.own.id : null,
    deleteJobs: working,
    requeueAfterMs: timing.cancelPollMs,
  });
}

function rowsAtEnd(situation: Situation, own: GatewayRebuild): Decision {
  const { ending: why } = situation.object.status ?? {};
  const said = own.error ?? '';
  switch (own.state) {
    case 'swapped':
      return ended(situation, { phase: 'Swapped', running: not('Swapped', 'The new generations are live.') });
    case 'proven':
      return ended(situation, { phase: 'Proven', running: not('Proven', 'Proven equal to the log, and dropped.') });
    case 'refused':
      return failed(
        situation,
        'ProofRefused',
        `The proof refused it${said === '' ? '' : `: ${said}`}${differenceText(own.difference)}. What is live was left.`,
      );
    case 'cancelled':
      return why === undefined
        ? ended(situation, { phase: 'Cancelled', running: not('Cancelled', 'It was cancelled.') })
        : concluded(situation, why.reason, why.message);
    case 'failed':
      return why?.reason === 'DeadlineExceeded'
        ? concluded(situation, why.reason, why.message)
        : concluded(situation, 'RebuildFailed', said === '' ? 'The rebuild failed.' : said);
    case 'waiting':
    case 'running':
    case 'cancelling':
      throw new Error(`rebuild ${own.id} is ${own.state}, which is no end`);
  }
}

const differenceText = (difference: unknown): string =>
  difference === null || difference === undefined ? '' : `; first difference: ${JSON.stringify(difference)}`;

/** An attempt is over without a result: another one, or the end. */
function concluded(
  situation: Situation,
  reason: EndingReason | 'RebuildFailed',
  message: string,
  deleteJobs = unfinished(situation),
): Decision {
  const { object, timing, now } = situation;
  const attempt = attemptOf(situation);
  const isRetried = (reason === 'JobFailed' || reason === 'RebuildFailed') && attempt <= object.spec.retries;
  if (!isRetried) {
    const tried = attempt === 1 ? message : `Attempt ${attempt}, the last one: ${message}`;
    return failed(situation, reason, tried, { deleteJobs: reason === 'RebuildFailed' ? [] : deleteJobs });
  }
  const delayMs = Math.min(timing.retryMs * 2 ** (attempt - 1), RETRY_MAX_MS);
  const retryAt = timeText(now + delayMs);
  return decision(
    { ...situation, rows: { known: true, own: null, other: null, isProjectionKnown: true } },
    {
      phase: 'Running',
      running: not('RetryPending', `Attempt ${attempt} failed: ${message} The next one begins at ${retryAt}.`),
      fields: {
        attempt: attempt + 1,
        rebuildId: rebuildIdOf(object.metadata.uid ?? '', attempt + 1),
        retryAt,
        ending: undefined,
        job: undefined,
        progress: 0,
        rate: undefined,
        position: undefined,
        digest: undefined,
        parts: undefined,
      },
      deleteJobs,
      requeueAfterMs: delayMs,
    },
  );
}

function failed(situation: Situation, reason: string, message: string, more: Partial<Next> = {}): Decision {
  return ended(situation, { phase: 'Failed', running: not(reason, message), failure: { reason, message }, ...more });
}

/** The end of the object's way. A Job that is suspended would stay so for ever. */
function ended(situation: Situation, next: Next): Decision {
  const { object, rows, jobs, now } = situation;
  const own = rows.known ? rows.own : null;
  const finishedAt = own?.finishedAt ?? null;
  const ttl = object.spec.ttlSecondsAfterFinished;
  const job = jobOf(situation);
  return decision(situation, {
    deleteJobs: jobs.filter(({ isSuspended, isDeleting, end }) => isSuspended && !isDeleting && end === null),
    ...next,
    finalizer: hasFinalizer(situation) ? 'remove' : null,
    requeueAfterMs: ttl === undefined ? null : Math.min(ttl * 1_000, REQUEUE_MAX_MS),
    fields: {
      ...(job === undefined ? {} : { job: { name: job.name, uid: job.uid } }),
      ...next.fields,
      finishedAt: timeText(finishedAt === null ? now : Date.parse(finishedAt)),
      activeSince: undefined,
      retryAt: undefined,
      waitsFor: undefined,
      ending: undefined,
    },
  });
}

function atEnd(situation: Situation): Decision {
  const { object, now } = situation;
  const { status = {}, spec, metadata } = object;
  const rest = {
    status: { ...status, observedGeneration: metadata.generation ?? 0 },
    finalizer: hasFinalizer(situation) ? ('remove' as const) : null,
  };
  if (spec.ttlSecondsAfterFinished === undefined || status.finishedAt === undefined) return unchanged(situation, rest);
  const leftMs = Date.parse(status.finishedAt) + spec.ttlSecondsAfterFinished * 1_000 - now;
  return unchanged(situation, leftMs > 0 ? { ...rest, requeueAfterMs: Math.min(leftMs, REQUEUE_MAX_MS) } : { ...rest, deleteObject: true });
}

/** Somebody deleted the object: a rebuild that goes on is cancelled, and its end is waited for, but not for ever. */
function deleted(situation: Situation): Decision {
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

/** Somebody else's rebuild of the same rows goes on: this one has not begun. */
function waitsForOther(situation: Situation, other: string | null, deleteJobs: readonly JobView[]): Decision {
  return decision(situation, {
    phase: 'Waiting',
    running: not(
      'RequestedRebuild',
      other === null
        ? 'Waits for a rebuild that touches the same rows.'
        : `Waits for the end of rebuild ${other}, which touches the same rows.`,
    ),
    fields: { rebuildId: undefined, activeSince: undefined, job: undefined, waitsFor: other === null ? undefined : { rebuild: other } },
    deleteJobs,
    requeueAfterMs: situation.timing.waitMs,
  });
}

const nameTaken = (situation: Situation) => ({
  running: not(
    'JobNameTaken',
    `A Job named ${jobNameOf(situation.object.metadata.name, attemptOf(situation))} is another's: waits until it is gone.`,
  ),
  requeueAfterMs: sinceRunningChanged(situation, 'JobNameTaken'),
});

const away = (situation: Situation, { reason, message }: { reason: string; message: string }) => ({
  running: { status: 'Unknown' as const, reason, message },
  requeueAfterMs: sinceRunningChanged(situation, reason),
});

/** Asked again after as long as it has been so already: back-off that needs no memory. */
function sinceRunningChanged({ object, now }: Situation, reason: string): number {
  const running = conditionOf(object.status?.conditions, 'Running');
  const ageMs = running?.reason === reason ? now - Date.parse(running.lastTransitionTime) : 0;
  return Math.max(AWAY_MIN_MS, Math.min(ageMs, AWAY_MAX_MS));
}
