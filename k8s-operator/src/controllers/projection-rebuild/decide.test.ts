import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  conditionOf,
  END_PHASES,
  type Phase,
  PHASES,
  type ProjectionRebuild,
  ProjectionRebuildStatus,
  parse,
} from '../../api/v1alpha1/index.ts';
import { type GatewayRebuild, REBUILD_STATES, type RebuildState } from '../../gateway/rebuild.ts';
import { REBUILD_EVENTS, REBUILD_REASONS } from '../catalogue.ts';
import { decide } from './decide.ts';
import { type JobView, rebuildIdOf } from './job.ts';
import { type Decision, FINALIZER, type Rows, type Situation, TIMING } from './situation.ts';
import { timeText } from './status.ts';

const UID = '7d444840-9dc0-11d1-b245-5ffdce74fad2';
const NOW = Date.parse('2026-03-01T12:00:00Z');
const ago = (ms: number): string => timeText(NOW - ms);

type Change = {
  spec?: Partial<ProjectionRebuild['spec']>;
  status?: ProjectionRebuildStatus;
  metadata?: Partial<ProjectionRebuild['metadata']>;
};

function objectOf({ spec, status, metadata }: Change = {}): ProjectionRebuild {
  return {
    apiVersion: 'ledgerflow.io/v1alpha1',
    kind: 'ProjectionRebuild',
    metadata: { name: 'nightly', namespace: 'books', uid: UID, generation: 1, creationTimestamp: ago(60_000), ...metadata },
    spec: { projection: 'account_summary', scope: {}, retries: 2, suspend: false, proofGate: 'Required', ...spec },
    status,
  };
}

const BEGUN: ProjectionRebuildStatus = {
  phase: 'Running',
  attempt: 1,
  rebuildId: UID,
  startedAt: ago(50_000),
  activeSince: ago(50_000),
  job: { name: 'nightly-1', uid: 'job' },
};
const begun = (change: Change = {}): ProjectionRebuild =>
  objectOf({ ...change, status: { ...BEGUN, ...change.status }, metadata: { finalizers: [FINALIZER], ...change.metadata } });

const row = (state: RebuildState, more: Partial<GatewayRebuild> = {}): GatewayRebuild => ({
  id: UID,
  projection: 'account_summary',
  ledger: null,
  account: null,
  state,
  percent: 42.7,
  recordsPerSecond: 1_234.5,
  partsTotal: 1,
  finishedAt: ['swapped', 'proven', 'refused', 'failed', 'cancelled'].includes(state) ? ago(1_000) : null,
  error: null,
  parts: [{ ledger: 'main', projection: 'account_summary', state: 'filling', position: '4200', digest: null }],
  ...more,
});

const known = (own: GatewayRebuild | null, more: Partial<Rows & { known: true }> = {}): Rows => ({
  known: true,
  own,
  other: null,
  isProjectionKnown: true,
  ...more,
});
const AWAY: Rows = { known: false, reason: 'GatewayUnreachable', message: 'connect ECONNREFUSED' };

const job = (more: Partial<JobView> = {}): JobView => ({
  name: 'nightly-1',
  uid: 'job',
  attempt: 1,
  isSuspended: false,
  isDeleting: false,
  resourceVersion: '7',
  end: null,
  ...more,
});
const jobEnd = (isComplete: boolean, more: Partial<NonNullable<JobView['end']>> = {}): JobView =>
  job({
    end: { isComplete, at: NOW - 1_000, reason: isComplete ? 'Complete' : 'BackoffLimitExceeded', message: '', exitCode: null, ...more },
  });
const exited = (exitCode: number): JobView => jobEnd(false, { reason: 'PodFailurePolicy', message: `exit code ${exitCode}`, exitCode });

function situation(object: ProjectionRebuild, more: Partial<Situation> = {}): Situation {
  return { now: NOW, object, jobs: [], isNameTaken: false, blocker: null, rows: known(null), refusal: null, timing: TIMING, ...more };
}

/** What is to be done, without what is not. */
function steps({ finalizer, cancel, deleteJobs, makeJob, suspendJob, deleteObject }: Decision): Record<string, unknown> {
  return {
    ...(finalizer === null ? {} : { finalizer }),
    ...(cancel === null ? {} : { cancel }),
    ...(deleteJobs.length === 0 ? {} : { deleteJobs: deleteJobs.map(({ name }) => name) }),
    ...(makeJob === null ? {} : { makeJob }),
    ...(suspendJob === null ? {} : { suspend: suspendJob.suspend }),
    ...(deleteObject ? { deleteObject } : {}),
  };
}
const running = ({ status }: Decision) => conditionOf(status.conditions, 'Running');

interface Row {
  when: string;
  is: Situation;
  phase: Phase;
  running: [status: 'True' | 'False' | 'Unknown', reason: string];
  steps: Record<string, unknown>;
  requeue?: number | null;
}

const older = objectOf({ metadata: { name: 'older', uid: 'older', creationTimestamp: ago(120_000) } });
const other = row('running', { id: 'other' });
const ending = (reason: 'JobFailed' | 'DeadlineExceeded' | 'NoSwap', sinceMs: number) => ({ reason, message: 'Why.', since: ago(sinceMs) });
const SECOND = rebuildIdOf(UID, 2);

const NOT_BEGUN: Row[] = [
  { when: 'new', is: situation(objectOf()), phase: 'Running', running: ['True', 'Started'], steps: { finalizer: 'add', makeJob: 1 }, requeue: 5_000 },
  { when: 'new and suspended', is: situation(objectOf({ spec: { suspend: true } })), phase: 'Suspended', running: ['False', 'Suspended'], steps: {}, requeue: null },
  { when: 'an older object is in the way', is: situation(objectOf(), { blocker: older }), phase: 'Waiting', running: ['False', 'OlderRebuild'], steps: {}, requeue: 60_000 },
  { when: 'a rebuild asked for by HTTP is in the way', is: situation(objectOf(), { rows: known(null, { other }) }), phase: 'Waiting', running: ['False', 'RequestedRebuild'], steps: {}, requeue: 15_000 },
  { when: 'the gateway is away', is: situation(objectOf(), { rows: AWAY }), phase: 'Pending', running: ['Unknown', 'GatewayUnreachable'], steps: {}, requeue: 5_000 },
  { when: 'waiting, the gateway is away', is: situation(objectOf({ status: { phase: 'Waiting' } }), { rows: AWAY }), phase: 'Waiting', running: ['Unknown', 'GatewayUnreachable'], steps: {}, requeue: 5_000 },
  { when: 'there is no such projection', is: situation(objectOf(), { rows: known(null, { isProjectionKnown: false }) }), phase: 'Failed', running: ['False', 'UnknownProjection'], steps: {}, requeue: null },
  { when: 'the status was lost, the rebuild goes on', is: situation(objectOf(), { rows: known(row('running')) }), phase: 'Running', running: ['True', 'Started'], steps: { finalizer: 'add', makeJob: 1 } },
  { when: 'the status was lost, the rebuild has ended', is: situation(objectOf(), { rows: known(row('swapped')) }), phase: 'Swapped', running: ['False', 'Swapped'], steps: {} },
  { when: "another's Job has the name", is: situation(objectOf(), { isNameTaken: true }), phase: 'Pending', running: ['False', 'JobNameTaken'], steps: {} },
  { when: 'the Job that found the rows taken is still there', is: situation(objectOf({ status: { phase: 'Waiting', attempt: 1 } }), { jobs: [exited(3)] }), phase: 'Waiting', running: ['False', 'JobDeleting'], steps: { deleteJobs: ['nightly-1'] } },
  { when: 'that Job is going', is: situation(objectOf({ status: { phase: 'Waiting', attempt: 1 } }), { jobs: [{ ...exited(3), isDeleting: true }] }), phase: 'Waiting', running: ['False', 'JobDeleting'], steps: {} },
]; // prettier-ignore

const GOING_ON: Row[] = [
  { when: 'its Job works', is: situation(begun(), { jobs: [job()], rows: known(row('running')) }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {}, requeue: 5_000 },
  { when: 'its pod has not begun', is: situation(begun(), { jobs: [job()] }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {}, requeue: 5_000 },
  { when: 'the gateway is away', is: situation(begun(), { jobs: [job()], rows: AWAY }), phase: 'Running', running: ['Unknown', 'GatewayUnreachable'], steps: {}, requeue: 5_000 },
  { when: 'the gateway refuses the operator', is: situation(begun(), { jobs: [job()], rows: { ...AWAY, reason: 'GatewayRefused' } as Rows }), phase: 'Running', running: ['Unknown', 'GatewayRefused'], steps: {} },
  { when: 'its Job is gone', is: situation(begun(), { rows: known(row('running')) }), phase: 'Running', running: ['True', 'Started'], steps: { makeJob: 1 } },
  { when: 'its Job is gone and the gateway is away', is: situation(begun(), { rows: AWAY }), phase: 'Running', running: ['Unknown', 'GatewayUnreachable'], steps: {} },
  { when: 'its Job is being deleted', is: situation(begun(), { jobs: [job({ isDeleting: true })], rows: known(row('running')) }), phase: 'Running', running: ['False', 'JobDeleting'], steps: {} },
  { when: 'suspended', is: situation(begun({ spec: { suspend: true } }), { jobs: [job()], rows: known(row('running')) }), phase: 'Suspended', running: ['False', 'Suspended'], steps: { suspend: true }, requeue: null },
  { when: 'suspended, the gateway is away', is: situation(begun({ spec: { suspend: true } }), { jobs: [job()], rows: AWAY }), phase: 'Suspended', running: ['False', 'Suspended'], steps: { suspend: true }, requeue: null },
  { when: 'suspended already', is: situation(begun({ spec: { suspend: true }, status: { phase: 'Suspended' } }), { jobs: [job({ isSuspended: true })], rows: known(row('running')) }), phase: 'Suspended', running: ['False', 'Suspended'], steps: {}, requeue: null },
  { when: 'suspended, its Job is gone', is: situation(begun({ spec: { suspend: true } }), { rows: known(row('running')) }), phase: 'Suspended', running: ['False', 'Suspended'], steps: {}, requeue: null },
  { when: 'resumed', is: situation(begun({ status: { phase: 'Suspended', activeSince: undefined } }), { jobs: [job({ isSuspended: true })], rows: known(row('running')) }), phase: 'Running', running: ['True', 'Resumed'], steps: { suspend: false } },
  { when: 'resumed, its Job is gone', is: situation(begun({ status: { phase: 'Suspended', activeSince: undefined } }), { rows: known(row('running')) }), phase: 'Running', running: ['True', 'Started'], steps: { makeJob: 1 } },
  { when: 'resumed, but cancelled meanwhile', is: situation(begun({ status: { phase: 'Suspended' } }), { jobs: [job({ isSuspended: true })], rows: known(row('cancelled')) }), phase: 'Cancelled', running: ['False', 'Cancelled'], steps: { finalizer: 'remove', deleteJobs: ['nightly-1'] } },
  { when: 'the API server will never take the Job', is: situation(begun({ status: { job: undefined } }), { refusal: { status: 422, message: 'Invalid value' } }), phase: 'Failed', running: ['False', 'JobRefused'], steps: { finalizer: 'remove' } },
  { when: 'the API server takes no Job now', is: situation(begun({ status: { job: undefined } }), { refusal: { status: 403, message: 'exceeded quota' } }), phase: 'Running', running: ['False', 'JobNotMade'], steps: {}, requeue: 5_000 },
  { when: 'the Job there is not its own', is: situation(begun({ status: { job: undefined } }), { refusal: { status: 422, message: 'spec.template: field is immutable' } }), phase: 'Running', running: ['False', 'JobNameTaken'], steps: {} },
  { when: 'the caches know that the Job there is not its own', is: situation(begun({ status: { job: undefined } }), { isNameTaken: true }), phase: 'Running', running: ['False', 'JobNameTaken'], steps: {} },
  { when: 'its time is not yet over', is: situation(begun({ spec: { deadlineSeconds: 60 } }), { jobs: [job()], rows: known(row('running')) }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {} },
]; // prettier-ignore

const late = (change: Change = {}) =>
  begun({ ...change, spec: { deadlineSeconds: 60, ...change.spec }, status: { activeSince: ago(61_000), ...change.status } });
const ENDINGS: Row[] = [
  { when: 'past its deadline', is: situation(late(), { jobs: [job()], rows: known(row('running')) }), phase: 'Running', running: ['False', 'DeadlineExceeded'], steps: { cancel: UID, deleteJobs: ['nightly-1'] }, requeue: 2_000 },
  { when: 'past its deadline, never asked for', is: situation(late(), { jobs: [job()] }), phase: 'Running', running: ['False', 'DeadlineExceeded'], steps: { deleteJobs: ['nightly-1'] } },
  { when: 'past its deadline, never asked for, its Job gone', is: situation(late()), phase: 'Failed', running: ['False', 'DeadlineExceeded'], steps: { finalizer: 'remove' } },
  { when: 'past its deadline, the gateway is away', is: situation(late(), { jobs: [job()], rows: AWAY }), phase: 'Running', running: ['Unknown', 'GatewayUnreachable'], steps: { deleteJobs: ['nightly-1'] } },
  { when: 'past its deadline, but suspended', is: situation(late({ spec: { suspend: true } }), { jobs: [job()], rows: known(row('running')) }), phase: 'Suspended', running: ['False', 'Suspended'], steps: { suspend: true } },
  { when: 'past its deadline, but swapped', is: situation(late(), { jobs: [job()], rows: known(row('swapped')) }), phase: 'Swapped', running: ['False', 'Swapped'], steps: { finalizer: 'remove' } },
  { when: 'past its deadline, being cancelled', is: situation(late({ status: { ending: ending('DeadlineExceeded', 10_000) } }), { rows: known(row('cancelling')) }), phase: 'Running', running: ['False', 'DeadlineExceeded'], steps: {}, requeue: 2_000 },
  { when: 'past its deadline, cancelled', is: situation(late({ status: { ending: ending('DeadlineExceeded', 10_000) } }), { rows: known(row('cancelled')) }), phase: 'Failed', running: ['False', 'DeadlineExceeded'], steps: { finalizer: 'remove' } },
  { when: 'past its deadline, failed', is: situation(late({ status: { ending: ending('DeadlineExceeded', 10_000) } }), { rows: known(row('failed')) }), phase: 'Failed', running: ['False', 'DeadlineExceeded'], steps: { finalizer: 'remove' } },
  { when: 'past its deadline, swapped while it was to be cancelled', is: situation(late({ status: { ending: ending('DeadlineExceeded', 10_000) } }), { rows: known(row('swapped')) }), phase: 'Swapped', running: ['False', 'Swapped'], steps: { finalizer: 'remove' } },
  { when: 'its cancellation is never confirmed', is: situation(late({ status: { ending: ending('DeadlineExceeded', 120_000) } }), { rows: known(row('cancelling')) }), phase: 'Failed', running: ['False', 'DeadlineExceeded'], steps: { finalizer: 'remove' } },
  { when: 'its cancellation is to be asked for and the gateway is away', is: situation(late({ status: { ending: ending('DeadlineExceeded', 500_000) } }), { rows: AWAY }), phase: 'Running', running: ['Unknown', 'GatewayUnreachable'], steps: {} },
  { when: 'the Job ran out of its own time', is: situation(begun(), { jobs: [jobEnd(false, { reason: 'DeadlineExceeded' })], rows: known(row('running')) }), phase: 'Running', running: ['False', 'DeadlineExceeded'], steps: { cancel: UID } },
]; // prettier-ignore

const JOB_ENDS: Row[] = [
  { when: 'the Job ended well a moment ago', is: situation(begun(), { jobs: [jobEnd(true)], rows: known(row('running')) }), phase: 'Running', running: ['True', 'JobEnded'], steps: {}, requeue: 5_000 },
  { when: 'the Job ended well a minute ago', is: situation(begun(), { jobs: [jobEnd(true, { at: NOW - 60_000 })], rows: known(row('running')) }), phase: 'Running', running: ['False', 'NoSwap'], steps: { cancel: UID } },
  { when: 'the Job ended well a minute ago and never asked', is: situation(begun(), { jobs: [jobEnd(true, { at: NOW - 60_000 })] }), phase: 'Failed', running: ['False', 'NoSwap'], steps: { finalizer: 'remove' } },
  { when: 'that rebuild is cancelled now', is: situation(begun({ status: { ending: ending('NoSwap', 3_000) } }), { jobs: [jobEnd(true)], rows: known(row('cancelled')) }), phase: 'Failed', running: ['False', 'NoSwap'], steps: { finalizer: 'remove' } },
  { when: 'the Job ended well and the gateway is away', is: situation(begun(), { jobs: [jobEnd(true, { at: NOW - 60_000 })], rows: AWAY }), phase: 'Running', running: ['Unknown', 'GatewayUnreachable'], steps: {} },
  { when: 'the Job failed', is: situation(begun(), { jobs: [jobEnd(false)], rows: known(row('running')) }), phase: 'Running', running: ['False', 'JobFailed'], steps: { cancel: UID } },
  { when: 'the Job failed before it asked', is: situation(begun(), { jobs: [jobEnd(false)] }), phase: 'Running', running: ['False', 'RetryPending'], steps: {}, requeue: 10_000 },
  { when: 'the Job failed the last time', is: situation(begun({ spec: { retries: 0 } }), { jobs: [jobEnd(false)] }), phase: 'Failed', running: ['False', 'JobFailed'], steps: { finalizer: 'remove' } },
  { when: 'the failed Job\'s rebuild is cancelled now', is: situation(begun({ status: { ending: ending('JobFailed', 3_000) } }), { jobs: [jobEnd(false)], rows: known(row('cancelled')) }), phase: 'Running', running: ['False', 'RetryPending'], steps: {} },
  { when: 'the command was not understood', is: situation(begun(), { jobs: [exited(2)] }), phase: 'Failed', running: ['False', 'InvalidArguments'], steps: { finalizer: 'remove' } },
  { when: 'the command found the rows taken', is: situation(begun(), { jobs: [exited(3)] }), phase: 'Waiting', running: ['False', 'RequestedRebuild'], steps: { deleteJobs: ['nightly-1'] }, requeue: 15_000 },
  { when: 'the command says cancelled before the rows do', is: situation(begun(), { jobs: [exited(4)], rows: known(row('cancelling')) }), phase: 'Running', running: ['True', 'JobEnded'], steps: {} },
  { when: 'the command says refused before the rows do', is: situation(begun(), { jobs: [exited(5)], rows: known(row('running')) }), phase: 'Running', running: ['True', 'JobEnded'], steps: {} },
]; // prettier-ignore

const ROW_ENDS: Row[] = [
  { when: 'swapped, the Job at work', is: situation(begun(), { jobs: [job()], rows: known(row('swapped')) }), phase: 'Swapped', running: ['False', 'Swapped'], steps: { finalizer: 'remove' }, requeue: null },
  { when: 'swapped, the Job failed', is: situation(begun(), { jobs: [jobEnd(false)], rows: known(row('swapped')) }), phase: 'Swapped', running: ['False', 'Swapped'], steps: { finalizer: 'remove' } },
  { when: 'swapped, and a time to live', is: situation(begun({ spec: { ttlSecondsAfterFinished: 30 } }), { jobs: [jobEnd(true)], rows: known(row('swapped')) }), phase: 'Swapped', running: ['False', 'Swapped'], steps: { finalizer: 'remove' }, requeue: 30_000 },
  { when: 'proven', is: situation(begun({ spec: { proofGate: 'ProveOnly' } }), { jobs: [jobEnd(true)], rows: known(row('proven')) }), phase: 'Proven', running: ['False', 'Proven'], steps: { finalizer: 'remove' } },
  { when: 'refused', is: situation(begun(), { jobs: [exited(5)], rows: known(row('refused')) }), phase: 'Failed', running: ['False', 'ProofRefused'], steps: { finalizer: 'remove' } },
  { when: 'cancelled by HTTP', is: situation(begun(), { jobs: [exited(4)], rows: known(row('cancelled')) }), phase: 'Cancelled', running: ['False', 'Cancelled'], steps: { finalizer: 'remove' } },
  { when: 'failed', is: situation(begun(), { jobs: [job()], rows: known(row('failed', { error: 'disk full' })) }), phase: 'Running', running: ['False', 'RetryPending'], steps: { deleteJobs: ['nightly-1'] }, requeue: 10_000 },
  { when: 'failed the second time', is: situation(begun({ status: { attempt: 2, rebuildId: SECOND } }), { jobs: [jobEnd(false), job({ attempt: 2, name: 'nightly-2' })], rows: known(row('failed')) }), phase: 'Running', running: ['False', 'RetryPending'], steps: { deleteJobs: ['nightly-2'] }, requeue: 20_000 },
  { when: 'failed the last time', is: situation(begun({ status: { attempt: 3 } }), { jobs: [job({ attempt: 3 })], rows: known(row('failed')) }), phase: 'Failed', running: ['False', 'RebuildFailed'], steps: { finalizer: 'remove' } },
  { when: 'the next attempt is not due', is: situation(begun({ status: { attempt: 2, retryAt: timeText(NOW + 7_000), job: undefined } })), phase: 'Running', running: ['False', 'RetryPending'], steps: {}, requeue: 7_000 },
  { when: 'the next attempt is due', is: situation(begun({ status: { attempt: 2, retryAt: timeText(NOW), job: undefined } }), { jobs: [jobEnd(false)] }), phase: 'Running', running: ['True', 'Started'], steps: { makeJob: 2 } },
]; // prettier-ignore

const DELETED_MS = 3_000;
const gone = (change: Change = {}, sinceMs = DELETED_MS) =>
  begun({ ...change, metadata: { deletionTimestamp: ago(sinceMs), finalizers: [FINALIZER], ...change.metadata } });

const DELETIONS: { when: string; is: Situation; steps: Record<string, unknown>; requeue?: number | null; phase?: Phase; event?: string }[] = [
  { when: 'it never began', is: situation(gone({ status: { phase: 'Waiting', rebuildId: undefined } })), steps: { finalizer: 'remove' }, requeue: null },
  { when: 'it has no finalizer of ours', is: situation(gone({ metadata: { finalizers: ['foregroundDeletion'] } }), { jobs: [job()], rows: known(row('running')) }), steps: {}, requeue: null },
  { when: 'it was at its end', is: situation(gone({ status: { phase: 'Swapped' } })), steps: { finalizer: 'remove' }, requeue: null },
  { when: 'its rebuild goes on', is: situation(gone(), { jobs: [job()], rows: known(row('running')) }), steps: { cancel: UID }, requeue: 2_000, event: 'Cancelling' },
  { when: 'its suspended rebuild goes on', is: situation(gone({ spec: { suspend: true } }), { jobs: [job({ isSuspended: true })], rows: known(row('running')) }), steps: { cancel: UID }, requeue: 2_000, event: 'Cancelling' },
  { when: 'its rebuild is being cancelled', is: situation(gone(), { jobs: [job()], rows: known(row('cancelling')) }), steps: {}, requeue: 2_000, event: 'Cancelling' },
  { when: 'its rebuild is cancelled', is: situation(gone(), { jobs: [exited(4)], rows: known(row('cancelled')) }), steps: { finalizer: 'remove' }, requeue: null, phase: 'Cancelled', event: 'Cancelled' },
  { when: 'its rebuild swapped all the same', is: situation(gone(), { jobs: [job()], rows: known(row('swapped')) }), steps: { finalizer: 'remove' }, requeue: null, phase: 'Swapped', event: 'Swapped' },
  { when: 'its rebuild failed and would be tried again', is: situation(gone(), { jobs: [], rows: known(row('failed')) }), steps: { finalizer: 'remove' }, requeue: null, phase: 'Failed', event: 'RebuildFailed' },
  { when: 'its rebuild was not asked for yet', is: situation(gone(), { jobs: [job()] }), steps: { deleteJobs: ['nightly-1'] }, requeue: 2_000, event: 'Cancelling' },
  { when: 'its rebuild was not asked for and the Job is going', is: situation(gone(), { jobs: [job({ isDeleting: true })] }), steps: {}, requeue: 2_000, event: 'Cancelling' },
  { when: 'its rebuild was not asked for and the Job is gone', is: situation(gone()), steps: { finalizer: 'remove' }, requeue: null },
  { when: 'the gateway is away', is: situation(gone(), { jobs: [job()], rows: AWAY }), steps: {}, requeue: 2_000, event: 'GatewayUnreachable' },
  { when: 'the gateway is away, shortly before the bound', is: situation(gone({}, 119_000), { jobs: [job()], rows: AWAY }), steps: {}, requeue: 1_000, event: 'GatewayUnreachable' },
  { when: 'the gateway is away for two minutes', is: situation(gone({}, 120_000), { jobs: [job()], rows: AWAY }), steps: { finalizer: 'remove' }, requeue: null, event: 'CancelTimedOut' },
  { when: 'nobody ends the rebuild for two minutes', is: situation(gone({}, 120_000), { jobs: [job()], rows: known(row('cancelling')) }), steps: { finalizer: 'remove' }, requeue: null, event: 'CancelTimedOut' },
]; // prettier-ignore

describe.each([
  ['an object that has not begun', NOT_BEGUN],
  ['a rebuild that goes on', GOING_ON],
  ['a rebuild that the operator ends', ENDINGS],
  ['a Job that ended', JOB_ENDS],
  ['rows that say the end', ROW_ENDS],
] as const)('%s', (_name, table) => {
  it.each(table.map((entry) => [entry.when, entry] as const))(
    '%s',
    (_when, { is, phase, running: [status, reason], steps: expected, requeue }) => {
      const decision = decide(is);
      expect({ phase: decision.status.phase, running: running(decision), steps: steps(decision) }).toMatchObject({
        phase,
        running: { status, reason },
        steps: expected,
      });
      expect(Object.keys(steps(decision)).sort()).toEqual(Object.keys(expected).sort());
      if (requeue !== undefined) expect(decision.requeueAfterMs).toBe(requeue);
    },
  );
});

describe('an object that is deleted', () => {
  it.each(DELETIONS.map((entry) => [entry.when, entry] as const))('%s', (_when, { is, steps: expected, requeue, phase, event }) => {
    const decision = decide(is);
    expect(steps(decision)).toEqual(expected);
    if (requeue !== undefined) expect(decision.requeueAfterMs).toBe(requeue);
    if (phase !== undefined) expect(decision.status.phase).toBe(phase);
    expect(decision.events.map(({ reason }) => reason)).toEqual(event === undefined ? [] : [event]);
  });
});

describe('an object at its end', () => {
  const done = (sinceMs: number, ttl?: number) =>
    situation(objectOf({ spec: { ttlSecondsAfterFinished: ttl }, status: { ...BEGUN, phase: 'Swapped', finishedAt: ago(sinceMs) } }));

  it('stays when it has no time to live', () => {
    expect(decide(done(10_000))).toMatchObject({ deleteObject: false, requeueAfterMs: null });
  });
  it('is looked at again when its time is over', () => {
    expect(decide(done(10_000, 30))).toMatchObject({ deleteObject: false, requeueAfterMs: 20_000 });
  });
  it('is deleted when its time is over', () => {
    expect(decide(done(30_000, 30))).toMatchObject({ deleteObject: true });
    expect(decide(done(0, 0))).toMatchObject({ deleteObject: true });
  });
  it('does not change when it is suspended, but for the generation', () => {
    const object = objectOf({
      spec: { suspend: true },
      status: { ...BEGUN, phase: 'Swapped', observedGeneration: 1 },
      metadata: { generation: 2 },
    });
    const decision = decide(situation(object, { rows: known(row('running')) }));
    expect(decision.status).toEqual({ ...object.status, observedGeneration: 2 });
    expect(steps(decision)).toEqual({});
  });
});

/** Every combination, whether or not it can come about. */
function* everything(): Iterable<Situation> {
  const jobs: JobView[][] = [
    [],
    [job()],
    [job({ isSuspended: true })],
    [job({ isDeleting: true })],
    [jobEnd(true)],
    [jobEnd(true, { at: NOW - 100_000 })],
    [jobEnd(false)],
    ...[1, 2, 3, 4, 5, 137].map((code) => [exited(code)]),
  ];
  const rows: Rows[] = [
    AWAY,
    { ...AWAY, reason: 'GatewayRefused' } as Rows,
    known(null),
    known(null, { other }),
    known(null, { isProjectionKnown: false }),
    ...REBUILD_STATES.map((state) => known(row(state))),
  ];
  const statuses: (ProjectionRebuildStatus | undefined)[] = [
    undefined,
    { phase: 'Waiting', attempt: 1 },
    { phase: 'Suspended' },
    BEGUN,
    { ...BEGUN, phase: 'Suspended' },
    { ...BEGUN, ending: ending('JobFailed', 5_000) },
    { ...BEGUN, ending: ending('NoSwap', 200_000) },
    { ...BEGUN, attempt: 3 },
    { ...BEGUN, attempt: 2, retryAt: timeText(NOW + 5_000) },
    ...[...END_PHASES].map((phase) => ({ ...BEGUN, phase, finishedAt: ago(5_000) })),
  ];
  for (const status of statuses)
    for (const suspend of [false, true])
      for (const deletedMs of [null, 1_000, 200_000])
        for (const deadlineSeconds of [undefined, 10])
          for (const list of jobs)
            for (const what of rows)
              for (const blocker of [null, older]) {
                const metadata = { finalizers: [FINALIZER], ...(deletedMs === null ? {} : { deletionTimestamp: ago(deletedMs) }) };
                const more = { jobs: list, rows: what, blocker };
                const object = objectOf({ status, spec: { suspend, deadlineSeconds }, metadata });
                yield situation(object, more);
                if (list.length > 0 || blocker !== null) continue;
                yield situation(object, { ...more, isNameTaken: true });
                for (const refused of [403, 422]) yield situation(object, { ...more, refusal: { status: refused, message: 'no' } });
              }
}

describe('whatever is there', () => {
  it('an end stays an end, nothing is made for what is suspended, deleted or at its end, and every wait has an end', () => {
    let count = 0;
    const reasons = new Map<string, Set<string>>();
    const note = (type: string, reason: string): void => void (reasons.get(type) ?? reasons.set(type, new Set()).get(type)!).add(reason);
    for (const is of everything()) {
      count++;
      const { object } = is;
      const decision = decide(is);
      for (const { type, reason } of decision.status.conditions ?? []) note(type, reason);
      for (const { reason } of decision.events) note('event', reason);
      const before = object.status?.phase;
      const after = decision.status.phase;
      const isEnd = after !== undefined && END_PHASES.has(after);
      const wrong = (what: string): never => {
        throw new Error(`${what}\n${JSON.stringify({ is, decision }, null, 1)}`);
      };
      if (before !== undefined && END_PHASES.has(before) && after !== before) wrong('an end was taken back');
      if (decision.makeJob !== null && (object.spec.suspend || object.metadata.deletionTimestamp !== undefined || isEnd))
        wrong('a Job was made');
      if (decision.makeJob !== null && is.jobs.some(({ attempt }) => attempt === decision.makeJob)) wrong('a second Job was made');
      if (
        decision.makeJob !== null &&
        is.blocker !== null &&
        object.status?.rebuildId === undefined &&
        (is.rows.known ? is.rows.own : null) === null
      )
        wrong('it did not wait');
      if (object.metadata.deletionTimestamp !== undefined && decision.finalizer !== 'remove' && decision.requeueAfterMs === null)
        wrong('it hangs');
      if (
        (after === 'Running' || after === 'Waiting' || after === 'Pending') &&
        decision.requeueAfterMs === null &&
        decision.finalizer !== 'remove'
      )
        wrong('it is not looked at again');
      if (isEnd && object.metadata.deletionTimestamp === undefined && before !== after && decision.status.finishedAt === undefined)
        wrong('no time of the end');
      const parsed = parse(ProjectionRebuildStatus, decision.status);
      if (!parsed.ok) wrong(parsed.problem);
      const swapped = is.rows.known && is.rows.own?.state === 'swapped';
      const isOver = before !== undefined && END_PHASES.has(before);
      if (after === 'Swapped' && !swapped && !isOver) wrong('it is called swapped and is not');
      // Decided again on what was just decided, with nothing else changed: the same status, or the rows' word would depend on how often it is looked at.
      if (object.metadata.deletionTimestamp === undefined && isEnd) {
        const again = decide({ ...is, object: { ...object, status: decision.status } });
        if (!isDeepStrictEqual(again.status, { ...decision.status, observedGeneration: 1 }) || again.events.length > 0)
          wrong('it is told anew');
      }
    }
    expect(count).toBeGreaterThan(10_000);
    // What the reference says of reasons is what there is.
    const running = Object.keys(REBUILD_REASONS['Running']!);
    const told = new Set<string>([...Object.keys(REBUILD_EVENTS), ...running, ...PHASES]);
    for (const reason of reasons.get('event') ?? []) expect(told).toContain(reason);
    reasons.delete('event');
    const named = Object.fromEntries([...reasons].map(([type, all]) => [type, [...all].sort()]));
    expect(named).toEqual(Object.fromEntries(Object.entries(REBUILD_REASONS).map(([type, all]) => [type, Object.keys(all).sort()])));
  });
});

describe('what the status says', () => {
  it('is what the rows say, for one part', () => {
    const { status } = decide(situation(begun(), { jobs: [job()], rows: known(row('running')) }));
    expect(status).toMatchObject({
      progress: 42,
      rate: 1_235,
      position: '4200',
      scope: 'all',
      job: { name: 'nightly-1', uid: 'job' },
      observedGeneration: 1,
    });
    expect(status.parts).toBeUndefined();
  });

  it('is of each part when there are more, and of no more than 20', () => {
    const parts = Array.from({ length: 30 }, (_, i) => ({
      ledger: `l${i}`,
      projection: 'p',
      state: 'filling',
      position: `${i}`,
      digest: 'ab',
    }));
    const { status } = decide(situation(begun(), { jobs: [job()], rows: known(row('running', { parts, partsTotal: 30 })) }));
    expect(status.parts).toHaveLength(20);
    expect(status.parts?.[1]).toEqual({ ledger: 'l1', projection: 'p', state: 'filling', position: '1', digest: 'ab' });
    expect(status.position).toBeUndefined();
  });

  it('is 100 % only at the end, with the digest of the part', () => {
    const parts = [{ ledger: 'main', projection: 'account_summary', state: 'swapped', position: '10', digest: 'beef' }];
    const { status } = decide(situation(begun(), { jobs: [job()], rows: known(row('swapped', { parts, percent: 100 })) }));
    expect(status).toMatchObject({ progress: 100, digest: 'beef', finishedAt: ago(1_000) });
    expect(status.rate).toBeUndefined();
  });

  it.each([
    [{}, 'all'],
    [{ ledger: 'main' }, 'main'],
    [{ ledger: 'main', account: 'alice' }, 'main/alice'],
  ])('calls %j %s', (scope, text) => {
    expect(decide(situation(objectOf({ spec: { scope } }))).status.scope).toBe(text);
  });

  it('keeps the time of a condition that stays', () => {
    const first = decide(situation(begun(), { jobs: [job()], rows: known(row('running')) }));
    const later = decide(situation(begun({ status: first.status }), { now: NOW + 5_000, jobs: [job()], rows: known(row('running')) }));
    expect(later.status).toEqual(first.status);
    expect(later.events).toEqual([]);
    const away = decide(situation(begun({ status: first.status }), { now: NOW + 5_000, jobs: [job()], rows: AWAY }));
    expect(running(away)?.lastTransitionTime).toBe(timeText(NOW + 5_000));
    expect(conditionOf(away.status.conditions, 'Accepted')?.lastTransitionTime).toBe(timeText(NOW));
  });

  it('names the first difference of what the proof refused', () => {
    const { status, events } = decide(
      situation(begun(), { rows: known(row('refused', { error: 'digest', difference: { position: '7' } })) }),
    );
    expect(status.message).toContain('{"position":"7"}');
    expect(conditionOf(status.conditions, 'Verified')).toMatchObject({ status: 'False', reason: 'ProofRefused' });
    expect(events).toEqual([{ type: 'Warning', reason: 'ProofRefused', note: status.message }]);
  });

  it('asks a gateway that is away less and less often', () => {
    const at = (ageMs: number) => {
      const condition = {
        type: 'Running',
        status: 'Unknown' as const,
        reason: 'GatewayUnreachable',
        message: '',
        lastTransitionTime: ago(ageMs),
      };
      return decide(situation(begun({ status: { conditions: [condition] } }), { rows: AWAY })).requeueAfterMs;
    };
    expect([0, 20_000, 600_000].map(at)).toEqual([5_000, 20_000, 60_000]);
  });
});

describe('attempts', () => {
  it('have ids of their own, the first the UID', () => {
    expect(rebuildIdOf(UID, 1)).toBe(UID);
    expect(rebuildIdOf(UID, 2)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set([1, 2, 3].map((attempt) => rebuildIdOf(UID, attempt))).size).toBe(3);
  });

  it('begin with a clean slate', () => {
    const { status } = decide(
      situation(begun({ status: { ending: ending('JobFailed', 1_000), position: '7', digest: 'ab' } }), {
        jobs: [jobEnd(false)],
        rows: known(row('cancelled')),
      }),
    );
    expect(status).toMatchObject({ attempt: 2, rebuildId: SECOND, progress: 0, retryAt: timeText(NOW + 10_000) });
    for (const member of ['ending', 'job', 'position', 'digest', 'rate'] as const) expect(status[member]).toBeUndefined();
  });
});
