import {
  API_VERSION,
  type ConditionNow,
  conditionOf,
  END_PHASES,
  type ProjectionRebuild,
  type ProjectionSchedule,
  type ProjectionScheduleStatus,
  withConditions,
} from '../../api/v1alpha1/index.ts';
import { timeText } from '../../kube/time.ts';
import { REQUEUE_MAX_MS } from '../../runtime/controller.ts';
import type { Decision, EventNow, Made, Situation } from './situation.ts';
import { type Times, timesOf } from './times.ts';

export const SCHEDULE_LABEL = 'ledgerflow.io/schedule';
/** The time that a ProjectionRebuild was made for, RFC 3339. */
export const SCHEDULED_AT = 'ledgerflow.io/scheduled-at';

const MINUTE_MS = 60_000;
const ACTIVE_MAX = 50;
/** So many that are not at their end: more would only wait in line. */
const AT_ONCE_MAX = 10;
/** How soon one that was refused is tried again. */
const REFUSED_RETRY_MS = 60_000;

const isActive = ({ phase }: Made): boolean => !END_PHASES.has(phase);
const isGood = ({ phase }: Made): boolean => phase === 'Swapped' || phase === 'Proven';

/** Two who make the one of the same time make one object. */
export const nameOf = (schedule: string, at: number): string => `${schedule}-${Math.floor(at / MINUTE_MS)}`;

/** From what is there to what shall be. Pure: the same situation has the same decision. */
export function decide(situation: Situation): Decision {
  const { object, now } = situation;
  if (object.metadata.deletionTimestamp !== undefined) return still(situation);
  let times: Times;
  try {
    times = timesOf(object.spec.schedule, object.spec.timeZone, now);
  } catch (error) {
    return decision(situation, { condition: no('InvalidSchedule', (error as Error).message), next: null, remove: tooMany(situation) });
  }
  const remove = tooMany(situation);
  if (object.spec.suspend)
    return decision(situation, { condition: no('Suspended', 'spec.suspend is true: none is made.'), next: null, remove });
  const next = times.next(now);
  const condition: ConditionNow = { type: 'Scheduled', status: 'True', reason: 'Scheduled', message: 'Rebuilds are made by the clock.' };
  const due = dueOf(situation, times);
  if (due === null) return decision(situation, { condition, next, remove });
  const { spec } = object;
  const lateMs = now - due;
  if (spec.startingDeadlineSeconds !== undefined && lateMs > spec.startingDeadlineSeconds * 1_000)
    return decision(situation, {
      condition,
      next,
      remove,
      passed: due,
      events: [warning('MissedSchedule', `The time ${timeText(due)} was missed by ${Math.round(lateMs / 1_000)} s: it is left out.`)],
    });
  const active = situation.made.filter(isActive);
  const replaced = spec.concurrencyPolicy === 'Replace' ? active.filter(({ isDeleting }) => !isDeleting) : [];
  const mostActive = spec.concurrencyPolicy === 'Forbid' ? 1 : AT_ONCE_MAX;
  if (active.length - replaced.length >= mostActive)
    return decision(situation, {
      condition,
      next,
      remove,
      passed: due,
      events: [warning('StillActive', `The time ${timeText(due)} is left out: ${namesOf(active)} not at the end.`)],
    });
  const make = rebuildOf(object, due);
  if (situation.isTaken(make.metadata.name))
    return decision(situation, {
      condition,
      next,
      remove,
      passed: due,
      events: [
        warning('NameTaken', `The time ${timeText(due)} is left out: a ProjectionRebuild named ${make.metadata.name} is another's.`),
      ],
    });
  if (situation.refusal !== null)
    return decision(situation, { condition: no('NotMade', situation.refusal), next, remove, againMs: REFUSED_RETRY_MS });
  return decision(situation, {
    condition,
    next,
    remove: [...remove, ...replaced],
    make,
    passed: due,
  });
}

const namesOf = (active: readonly Made[]): string =>
  active.length === 1 ? `${active[0]!.name} is` : `${active.map(({ name }) => name).join(', ')} are`;

const no = (reason: string, message: string): ConditionNow => ({ type: 'Scheduled', status: 'False', reason, message });
const warning = (reason: string, note: string): EventNow => ({ type: 'Warning', reason, note });

/** The last time that came since the one before was kept, or since there is a schedule; earlier ones that were missed are not made up for. */
function dueOf({ object, made, now }: Situation, times: Times): number | null {
  const since = Math.max(
    Date.parse(object.metadata.creationTimestamp ?? '') || now,
    Date.parse(object.status?.lastScheduleTime ?? '') || 0,
    // In case the status was lost.
    ...made.map(({ scheduledAt }) => scheduledAt),
  );
  const last = times.last(now);
  return last !== null && last > since ? last : null;
}

/** Of those at their end the oldest beyond what is to be kept. */
function tooMany({ object, made }: Situation): Made[] {
  const { successfulHistoryLimit, failedHistoryLimit } = object.spec;
  const ended = made.filter((one) => !isActive(one) && !one.isDeleting).sort((a, b) => b.scheduledAt - a.scheduledAt);
  return [...ended.filter(isGood).slice(successfulHistoryLimit), ...ended.filter((one) => !isGood(one)).slice(failedHistoryLimit)];
}

function rebuildOf({ metadata, spec }: ProjectionSchedule, at: number): ProjectionRebuild {
  const owner = { apiVersion: API_VERSION, kind: 'ProjectionSchedule', name: metadata.name, uid: metadata.uid ?? '' };
  return {
    apiVersion: API_VERSION,
    kind: 'ProjectionRebuild',
    metadata: {
      name: nameOf(metadata.name, at),
      namespace: metadata.namespace,
      labels: { ...spec.template.metadata?.labels, [SCHEDULE_LABEL]: metadata.name },
      annotations: { [SCHEDULED_AT]: timeText(at) },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: false }],
    },
    spec: { ...spec.template.spec, suspend: false },
  };
}

interface Next {
  condition: ConditionNow;
  next: number | null;
  remove: readonly Made[];
  make?: ProjectionRebuild;
  /** The time that is kept, or left out. */
  passed?: number;
  events?: readonly EventNow[];
  /** Looked at again this soon, though the next time is later. */
  againMs?: number;
}

function decision(situation: Situation, { condition, next, remove, make, passed, events = [], againMs = REQUEUE_MAX_MS }: Next): Decision {
  const { object, made, now } = situation;
  const before = object.status ?? {};
  const generation = object.metadata.generation ?? 0;
  const good = made.filter(isGood).map(({ finishedAt }) => finishedAt ?? 0);
  const lastSuccess = Math.max(Date.parse(before.lastSuccessfulTime ?? '') || 0, ...good);
  // One that was made and not noted: the status could not be written.
  const lastKept = passed ?? Math.max(Date.parse(before.lastScheduleTime ?? '') || 0, ...made.map(({ scheduledAt }) => scheduledAt));
  const status: ProjectionScheduleStatus = {
    observedGeneration: generation,
    ...(lastKept === 0 ? {} : { lastScheduleTime: timeText(lastKept) }),
    ...(lastSuccess === 0 ? {} : { lastSuccessfulTime: timeText(lastSuccess) }),
    ...(next === null ? {} : { nextScheduleTime: timeText(next) }),
    active: made
      .filter(isActive)
      .sort((a, b) => a.scheduledAt - b.scheduledAt)
      .slice(0, ACTIVE_MAX)
      .map(({ name, uid }) => ({ name, uid })),
    conditions: withConditions(before.conditions ?? [], [condition], { time: timeText(now), generation }),
  };
  const was = conditionOf(before.conditions, 'Scheduled')?.reason;
  const isNews = was !== condition.reason && (condition.reason === 'InvalidSchedule' || condition.reason === 'NotMade');
  return {
    remove,
    make: make ?? null,
    status,
    events: isNews ? [warning(condition.reason, condition.message), ...events] : events,
    requeueAfterMs: next === null && againMs === REQUEUE_MAX_MS ? null : Math.min(Math.max((next ?? Infinity) - now, 1), againMs),
  };
}

const still = ({ object }: Situation): Decision => ({
  remove: [],
  make: null,
  status: object.status ?? {},
  events: [],
  requeueAfterMs: null,
});
