import {
  bounded,
  type ConditionNow,
  conditionOf,
  PARTS_MAX,
  type Phase,
  type ProjectionRebuildSpec,
  type ProjectionRebuildStatus,
  withConditions,
} from '../../api/v1alpha1/index.ts';
import type { GatewayRebuild } from '../../gateway/rebuild.ts';
import { timeText } from '../../kube/time.ts';
import { rebuildIdOf } from './job.ts';
import { isAtEnd } from './overlap.ts';
import type { Decision, EventNow, Situation } from './situation.ts';

/** A state of affairs to come: what of it the rest follows from. */
export interface Next extends Partial<Omit<Decision, 'status' | 'events'>> {
  phase: Phase;
  running: { status: 'True' | 'False' | 'Unknown'; reason: string; message: string };
  /** Set with phase Failed. */
  failure?: { reason: string; message: string };
  /** The spec is not one that can run. */
  isRejected?: boolean;
  /** Members of the status that change; undefined takes one away. */
  fields?: Partial<ProjectionRebuildStatus>;
  events?: readonly EventNow[];
}

export { timeText };

/** The scope in one word. */
export const scopeText = ({ scope }: Pick<ProjectionRebuildSpec, 'scope'>): string =>
  scope.ledger === undefined ? 'all' : scope.account === undefined ? scope.ledger : `${scope.ledger}/${scope.account}`;

/** Reasons of the condition Running that a person is told of although the phase stays. */
const TOLD: ReadonlySet<string> = new Set([
  'GatewayUnreachable',
  'GatewayRefused',
  'RetryPending',
  'JobNotMade',
  'JobNameTaken',
  'AbandonedRebuild',
  'NoProgress',
  'PodsFailing',
  'PodNotMade',
  'DeadlineExceeded',
  'JobFailed',
  'NoSwap',
  'JobRefused',
  'InvalidArguments',
  'Cancelling',
  'CancelRefused',
]);

/** The decision that leads to a state of affairs. */
export function decision(situation: Situation, next: Next): Decision {
  const { object, rows, now } = situation;
  const before = object.status ?? {};
  const generation = object.metadata.generation ?? 0;
  const own = rows.known ? rows.own : null;
  const message = next.failure?.message ?? next.running.message;
  const carried = { ...before, ...(own === null ? {} : shownOf(own)), ...next.fields };
  const status: ProjectionRebuildStatus = {
    ...carried,
    ...(carried.rebuildId === undefined ? {} : { rebuildId: rebuildIdOf(object.metadata.uid ?? '', carried.attempt ?? 1) }),
    observedGeneration: generation,
    phase: next.phase,
    scope: scopeText(object.spec),
    progress: next.phase === 'Swapped' || next.phase === 'Proven' ? 100 : (carried.progress ?? 0),
    message: bounded(message),
    conditions: withConditions(before.conditions ?? [], conditionsOf(next, own), { time: timeText(now), generation }),
  };
  if (next.phase !== 'Running') delete status.rate;
  return {
    status: defined(status),
    finalizer: next.finalizer ?? null,
    cancel: next.cancel ?? null,
    deleteJobs: next.deleteJobs ?? [],
    makeJob: next.makeJob ?? null,
    suspendJob: next.suspendJob ?? null,
    deleteObject: next.deleteObject ?? false,
    events: [...transition(before, next, message), ...(next.events ?? [])],
    requeueAfterMs: next.requeueAfterMs ?? null,
  };
}

/** Nothing of the status changes. */
export function unchanged({ object }: Situation, change: Partial<Decision> = {}): Decision {
  return {
    status: object.status ?? {},
    finalizer: null,
    cancel: null,
    deleteJobs: [],
    makeJob: null,
    suspendJob: null,
    deleteObject: false,
    events: [],
    requeueAfterMs: null,
    ...change,
  };
}

export const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

/** What the rows say of how far it is. */
export function shownOf(rebuild: GatewayRebuild): Partial<ProjectionRebuildStatus> {
  const { percent, recordsPerSecond, partsTotal, parts = [] } = rebuild;
  const shown = parts.map(({ projection, ledger, state, position, digest }) =>
    defined({ projection, ledger: ledger ?? undefined, state, position, digest: digest ?? undefined }),
  );
  const [only] = shown;
  const isOne = partsTotal === 1 && only !== undefined;
  return {
    progress: Math.max(0, Math.min(100, Math.floor(percent))),
    rate: recordsPerSecond === null ? undefined : Math.max(0, Math.round(recordsPerSecond)),
    position: isOne ? only.position : undefined,
    digest: isOne ? only.digest : undefined,
    parts: isOne || shown.length === 0 ? undefined : shown.slice(0, PARTS_MAX),
  };
}

/** Of one account there are no generations. */
export const liveText = (own: Pick<GatewayRebuild, 'account'> | null): string =>
  own === null || own.account === null ? 'The new generations are live.' : 'The rows of the account are repaired in place.';

function conditionsOf({ phase, running, failure, isRejected = false }: Next, own: GatewayRebuild | null): ConditionNow[] {
  const isEnd = isAtEnd(phase);
  const notYet = isEnd ? 'NotReached' : 'NotYet';
  const verified: Omit<ConditionNow, 'type'> =
    own?.state === 'swapped' || own?.state === 'proven'
      ? { status: 'True', reason: 'ProofHeld', message: 'What was made is equal to what the log says.' }
      : own?.state === 'refused'
        ? { status: 'False', reason: 'ProofRefused', message: 'What was made differs from what the log says.' }
        : { status: 'Unknown', reason: notYet, message: isEnd ? 'It did not come to the proof.' : 'The proof comes at the end.' };
  const swapped: Omit<ConditionNow, 'type'> =
    phase === 'Swapped'
      ? { status: 'True', reason: 'Live', message: liveText(own) }
      : phase === 'Proven'
        ? { status: 'False', reason: 'ProveOnly', message: 'Proven and dropped; the live generations were left.' }
        : { status: 'False', reason: notYet, message: 'The live generations are those of before.' };
  return [
    isRejected && failure !== undefined
      ? { type: 'Accepted', status: 'False', ...failure }
      : { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The spec is understood.' },
    { type: 'Running', status: running.status, reason: running.reason, message: running.message },
    { type: 'Verified', ...verified },
    { type: 'Swapped', ...swapped },
    failure === undefined
      ? { type: 'Failed', status: 'False', reason: 'NotFailed', message: '' }
      : { type: 'Failed', status: 'True', ...failure },
  ];
}

function transition(before: ProjectionRebuildStatus, { phase, running, failure }: Next, note: string): EventNow[] {
  if (before.phase !== phase) return [{ type: phase === 'Failed' ? 'Warning' : 'Normal', reason: failure?.reason ?? phase, note }];
  const was = conditionOf(before.conditions, 'Running')?.reason;
  return was !== running.reason && TOLD.has(running.reason) ? [{ type: 'Warning', reason: running.reason, note }] : [];
}
