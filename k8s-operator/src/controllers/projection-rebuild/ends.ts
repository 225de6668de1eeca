import type { EndingReason } from '../../api/v1alpha1/index.ts';
import type { GatewayRebuild } from '../../gateway/rebuild.ts';
import { endByConditions, maySayFailed } from './forged-end.ts';
import { EXIT, type JobView, rebuildIdOf } from './job.ts';
import type { Decision, Situation } from './situation.ts';
import {
  attemptOf,
  away,
  cancelling,
  hasFinalizer,
  jobOf,
  not,
  REQUEUE_MAX_MS,
  sinceRunningChanged,
  unfinished,
  waitsForOther,
  yes,
} from './states.ts';
import { decision, defined, liveText, type Next, shownOf, timeText, unchanged } from './status.ts';

const RETRY_MAX_MS = 5 * 60_000;
/** Of a command that has written the end into the rows. */
const END_CODES: ReadonlySet<number | null> = new Set([EXIT.cancelled, EXIT.refused, EXIT.failed]);

/** The Job has ended; the rows, so far, have not. */
export function jobAtEnd(situation: Situation, job: JobView, end: NonNullable<JobView['end']>): Decision {
  const { timing, now } = situation;
  const said = `Job ${job.name}: ${end.message === '' ? end.reason : end.message}`;
  const isLate = now - end.at >= timing.noSwapMs;
  if (!end.isComplete && end.exitCode === EXIT.usage)
    return rejected(
      situation,
      'InvalidArguments',
      `The read-model-builder began nothing: it does not understand what it was asked, or that can not be; its log says which (${said}).`,
    );
  if (!end.isComplete && end.exitCode === EXIT.inProgress) return inProgress(situation, job);
  const isSaidSoon = end.isComplete || END_CODES.has(end.exitCode);
  if (isSaidSoon && !isLate)
    return decision(situation, {
      phase: 'Running',
      running: yes('JobEnded', `Job ${job.name} has ended; the rows do not say so yet.`),
      fields: { job: { name: job.name, uid: job.uid } },
      requeueAfterMs: Math.min(timing.pollMs, end.at + timing.noSwapMs - now),
    });
  if (end.isComplete) return cancelled(situation, 'NoSwap', `Job ${job.name} ended well, but the rebuild's rows know of no end.`);
  if (end.reason === 'DeadlineExceeded') return cancelled(situation, 'DeadlineExceeded', said);
  return cancelled(situation, 'JobFailed', said);
}

/** Another rebuild has the rows; or, when this one has been asked for, another process works on it still, such as a pod on a node that nobody reaches. */
function inProgress(situation: Situation, job: JobView): Decision {
  if (!situation.rows.known || situation.rows.own === null) return waitsForOther(situation, null, [job]);
  return decision(situation, {
    phase: 'Running',
    running: not('JobDeleting', `Another process works on this rebuild. Job ${job.name} is deleted; then another is made.`),
    fields: { job: undefined },
    deleteJobs: [job],
    requeueAfterMs: situation.timing.waitMs,
  });
}

/** It can not run. A rebuild of its own that goes on all the same, as its first Job could, is cancelled first. */
export function rejected(situation: Situation, reason: EndingReason, message: string): Decision {
  const { rows } = situation;
  return rows.known && rows.own === null ? failed(situation, reason, message) : cancelled(situation, reason, message);
}

/** Begins to have the attempt cancelled, so that its rows are at an end before it is called one. */
export function cancelled(situation: Situation, reason: EndingReason, message: string): Decision {
  return ending(situation, { reason, message, since: timeText(situation.now) });
}

export function ending(situation: Situation, why: { reason: EndingReason; message: string; since: string }): Decision {
  const { rows, timing, now } = situation;
  const working = unfinished(situation);
  const isGone = !situation.jobs.some(({ end, attempt }) => end === null && attempt === attemptOf(situation));
  if (!rows.known) return decision(situation, { phase: 'Running', ...away(situation, rows), fields: { ending: why }, deleteJobs: working });
  if (rows.own === null && isGone) return concluded(situation, why.reason, why.message);
  // Once it is being cancelled a builder ends it, should its own worker not. Before that it would keep its rows for ever.
  const isAccepted = rows.own === null || rows.own.state === 'cancelling';
  const isLate = now - Date.parse(why.since) >= timing.cancelMaxMs;
  if (isLate && isAccepted)
    return concluded(situation, why.reason, `${why.message} (it was cancelled, and its end was not waited for)`, working);
  return decision(situation, {
    phase: 'Running',
    running: cancelling(situation, not(why.reason, `${why.message} The rebuild is being cancelled.`)),
    fields: { ending: why },
    cancel: rows.own !== null && rows.own.state !== 'cancelling' ? rows.own.id : null,
    deleteJobs: working,
    requeueAfterMs: isLate ? sinceRunningChanged(situation, why.reason, 'CancelRefused') : timing.cancelPollMs,
  });
}

export function rowsAtEnd(situation: Situation, own: GatewayRebuild): Decision {
  const { ending: why } = situation.object.status ?? {};
  const said = own.error ?? '';
  switch (own.state) {
    case 'swapped':
      return ended(situation, { phase: 'Swapped', running: not('Swapped', liveText(own)) });
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
    // A Job whose rebuild has failed ends by itself, and its logs say why.
    return failed(situation, reason, tried, reason === 'RebuildFailed' ? {} : { deleteJobs });
  }
  const delayMs = Math.min(timing.retryMs * 2 ** (attempt - 1), RETRY_MAX_MS);
  const retryAt = timeText(now + delayMs);
  return decision(
    { ...situation, rows: { known: true, own: null, other: null, isOtherAbandoned: false, isProjectionKnown: true } },
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

/** Ends of a spec that can not run as it is. */
const REJECTIONS: ReadonlySet<string> = new Set(['UnknownProjection', 'JobRefused', 'InvalidArguments']);

export function failed(situation: Situation, reason: string, message: string, more: Partial<Next> = {}): Decision {
  const isRejected = REJECTIONS.has(reason);
  return ended(situation, { phase: 'Failed', running: not(reason, message), failure: { reason, message }, isRejected, ...more });
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
      finishedAt: finishedAt === null ? (object.status?.finishedAt ?? timeText(now)) : timeText(Date.parse(finishedAt)),
      activeSince: undefined,
      retryAt: undefined,
      waitsFor: undefined,
      ending: undefined,
    },
  });
}

/** How soon the rows are asked again that are to say whether an end is one. */
const UNKNOWN_AGAIN_MS = 5 * 60_000;

/** Somebody may have written into the status since: the rows, while they know it, and the conditions have the last word. */
export function atEnd(situation: Situation): Decision {
  const { object, rows, now } = situation;
  const { spec, metadata } = object;
  if (!rows.known)
    return unchanged(situation, {
      status: { ...object.status, observedGeneration: metadata.generation ?? 0 },
      requeueAfterMs: hasFinalizer(situation) ? away(situation, rows).requeueAfterMs : UNKNOWN_AGAIN_MS,
    });
  const right = rightEnd(situation, rows.own);
  const rest = { status: right.status, events: right.events, finalizer: hasFinalizer(situation) ? ('remove' as const) : null };
  const { finishedAt } = right.status;
  if (spec.ttlSecondsAfterFinished === undefined || finishedAt === undefined) return unchanged(situation, rest);
  const leftMs = Date.parse(finishedAt) + spec.ttlSecondsAfterFinished * 1_000 - now;
  return unchanged(situation, leftMs > 0 ? { ...rest, requeueAfterMs: Math.min(leftMs, REQUEUE_MAX_MS) } : { ...rest, deleteObject: true });
}

function rightEnd(situation: Situation, own: GatewayRebuild | null): Pick<Decision, 'status' | 'events'> {
  const { object } = situation;
  const { status = {}, metadata } = object;
  const said = endByConditions(status);
  if (own !== null && !(said?.phase === 'Failed' && maySayFailed(own)))
    return rowsAtEnd({ ...situation, object: { ...object, spec: { ...object.spec, retries: 0 } } }, own);
  const { rate: _, ...shown } = own === null ? {} : shownOf(own);
  return { status: defined({ ...status, ...shown, ...said, observedGeneration: metadata.generation ?? 0 }), events: [] };
}
