import { describe, expect, it } from '@jest/globals';
import { conditionOf, type Phase, type ProjectionRebuild, type ProjectionRebuildStatus } from '../../api/v1alpha1/index.ts';
import { decide } from './decide.ts';
import { rebuildIdOf } from './job.ts';
import {
  ago,
  AWAY,
  begun,
  type Change,
  ending,
  exited,
  job,
  jobEnd,
  known,
  NOW,
  objectOf,
  older,
  other,
  row,
  situation,
  UID,
} from './situation.fixture.ts';
import { type Decision, FINALIZER, type Rows, type Situation } from './situation.ts';
import { timeText } from './status.ts';

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

const SECOND = rebuildIdOf(UID, 2);
const LONG = begun({ status: { activeSince: ago(900_000) } });

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
  { when: 'that Job is there, and the rebuild is its own', is: situation(objectOf({ status: { phase: 'Waiting', attempt: 1 } }), { jobs: [exited(3)], rows: known(row('running')) }), phase: 'Running', running: ['False', 'JobDeleting'], steps: { deleteJobs: ['nightly-1'] } },
  { when: 'a rebuild that nobody works on is in the way', is: situation(objectOf(), { rows: known(null, { other, isOtherAbandoned: true }) }), phase: 'Waiting', running: ['False', 'AbandonedRebuild'], steps: {}, requeue: 15_000 },
  { when: 'an older object is in the way, and its own rebuild goes on', is: situation(objectOf(), { blocker: older, rows: known(row('running')) }), phase: 'Running', running: ['True', 'Started'], steps: { finalizer: 'add', makeJob: 1 } },
  { when: 'that Job is going', is: situation(objectOf({ status: { phase: 'Waiting', attempt: 1 } }), { jobs: [{ ...exited(3), isDeleting: true }] }), phase: 'Waiting', running: ['False', 'JobDeleting'], steps: {} },
]; // prettier-ignore

const GOING_ON: Row[] = [
  { when: 'its Job works', is: situation(begun(), { jobs: [job()], rows: known(row('running')) }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {}, requeue: 5_000 },
  { when: 'its pod has not begun', is: situation(begun(), { jobs: [job()] }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {}, requeue: 5_000 },
  { when: 'pods of its Job fail', is: situation(begun(), { jobs: [job({ failed: 2, active: 0 })] }), phase: 'Running', running: ['False', 'PodsFailing'], steps: {}, requeue: 5_000 },
  { when: 'pods of its Job fail for long', is: situation(LONG, { jobs: [job({ failed: 2 })] }), phase: 'Running', running: ['False', 'PodsFailing'], steps: {}, requeue: 5_000 },
  { when: 'a pod of its Job failed and the next goes on', is: situation(begun(), { jobs: [job({ failed: 1 })], rows: known(row('running')) }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {}, requeue: 5_000 },
  { when: 'no pod can be made', is: situation(begun({ status: { activeSince: ago(30_000) } }), { jobs: [job({ active: 0, ready: 0 })] }), phase: 'Running', running: ['False', 'PodNotMade'], steps: {}, requeue: 5_000 },
  { when: 'its Job was made late, and has no pod yet', is: situation(LONG, { jobs: [job({ active: 0, ready: 0, madeAt: NOW - 29_000 })], rows: known(null) }), phase: 'Running', running: ['False', 'NoProgress'], steps: {}, requeue: 5_000 },
  { when: 'no pod is made yet', is: situation(begun({ status: { activeSince: ago(29_000) } }), { jobs: [job({ active: 0, ready: 0 })] }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {}, requeue: 5_000 },
  { when: 'the gateway is away', is: situation(begun(), { jobs: [job()], rows: AWAY }), phase: 'Running', running: ['Unknown', 'GatewayUnreachable'], steps: {}, requeue: 5_000 },
  { when: 'the gateway refuses the operator', is: situation(begun(), { jobs: [job()], rows: { ...AWAY, reason: 'GatewayRefused' } as Rows }), phase: 'Running', running: ['Unknown', 'GatewayRefused'], steps: {} },
  { when: 'its Job is gone', is: situation(begun(), { rows: known(row('running')) }), phase: 'Running', running: ['True', 'Started'], steps: { makeJob: 1 } },
  { when: 'its Job is gone and the gateway is away', is: situation(begun(), { rows: AWAY }), phase: 'Running', running: ['Unknown', 'GatewayUnreachable'], steps: {} },
  { when: 'its Job is being deleted', is: situation(begun(), { jobs: [job({ isDeleting: true })], rows: known(row('running')) }), phase: 'Running', running: ['False', 'JobDeleting'], steps: {} },
  { when: 'suspended', is: situation(begun({ spec: { suspend: true } }), { jobs: [job()], rows: known(row('running')) }), phase: 'Suspended', running: ['False', 'Suspended'], steps: { suspend: true }, requeue: 5_000 },
  { when: 'suspended, the gateway is away', is: situation(begun({ spec: { suspend: true } }), { jobs: [job()], rows: AWAY }), phase: 'Suspended', running: ['False', 'Suspended'], steps: { suspend: true }, requeue: 5_000 },
  { when: 'suspended already', is: situation(begun({ spec: { suspend: true }, status: { phase: 'Suspended' } }), { jobs: [job({ isSuspended: true })], rows: known(row('running')) }), phase: 'Suspended', running: ['False', 'Suspended'], steps: {}, requeue: 60_000 },
  { when: 'suspended, its Job is gone', is: situation(begun({ spec: { suspend: true } }), { rows: known(row('running')) }), phase: 'Suspended', running: ['False', 'Suspended'], steps: {}, requeue: 60_000 },
  { when: 'suspended, but cancelled meanwhile', is: situation(begun({ spec: { suspend: true }, status: { phase: 'Suspended' } }), { jobs: [job({ isSuspended: true })], rows: known(row('cancelled')) }), phase: 'Cancelled', running: ['False', 'Cancelled'], steps: { finalizer: 'remove', deleteJobs: ['nightly-1'] } },
  { when: 'resumed', is: situation(begun({ status: { phase: 'Suspended', activeSince: undefined } }), { jobs: [job({ isSuspended: true })], rows: known(row('running')) }), phase: 'Running', running: ['True', 'Resumed'], steps: { suspend: false } },
  { when: 'resumed, its Job is gone', is: situation(begun({ status: { phase: 'Suspended', activeSince: undefined } }), { rows: known(row('running')) }), phase: 'Running', running: ['True', 'Started'], steps: { makeJob: 1 } },
  { when: 'resumed, but cancelled meanwhile', is: situation(begun({ status: { phase: 'Suspended' } }), { jobs: [job({ isSuspended: true })], rows: known(row('cancelled')) }), phase: 'Cancelled', running: ['False', 'Cancelled'], steps: { finalizer: 'remove', deleteJobs: ['nightly-1'] } },
  { when: 'the API server will never take the Job', is: situation(begun({ status: { job: undefined } }), { refusal: { status: 422, message: 'Invalid value' } }), phase: 'Failed', running: ['False', 'JobRefused'], steps: { finalizer: 'remove' } },
  { when: 'the API server takes no Job now', is: situation(begun({ status: { job: undefined } }), { refusal: { status: 403, message: 'exceeded quota' } }), phase: 'Running', running: ['False', 'JobNotMade'], steps: {}, requeue: 5_000 },
  { when: 'the API server will never take another Job', is: situation(begun({ status: { job: undefined } }), { refusal: { status: 422, message: 'Invalid value' }, rows: known(row('running')) }), phase: 'Running', running: ['False', 'JobRefused'], steps: { cancel: UID }, requeue: 2_000 },
  { when: 'the Job there is not its own', is: situation(begun({ status: { job: undefined } }), { refusal: { status: 422, message: 'spec.template: field is immutable' } }), phase: 'Running', running: ['False', 'JobNameTaken'], steps: {} },
  { when: 'the caches know that the Job there is not its own', is: situation(begun({ status: { job: undefined } }), { isNameTaken: true }), phase: 'Running', running: ['False', 'JobNameTaken'], steps: {} },
  { when: 'its Job works, and nothing was written for five minutes', is: situation(LONG, { jobs: [job()], rows: known(row('running', { updatedAt: ago(300_000) })) }), phase: 'Running', running: ['False', 'NoProgress'], steps: {}, requeue: 5_000 },
  { when: 'its Job works, and something was written a little later', is: situation(LONG, { jobs: [job()], rows: known(row('running', { updatedAt: ago(299_000) })) }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {}, requeue: 5_000 },
  { when: 'nothing was written for five minutes, and it was resumed since', is: situation(begun(), { jobs: [job()], rows: known(row('running', { updatedAt: ago(900_000) })) }), phase: 'Running', running: ['True', 'Rebuilding'], steps: {}, requeue: 5_000 },
  { when: 'its pod has not begun for long', is: situation(LONG, { jobs: [job()] }), phase: 'Running', running: ['False', 'NoProgress'], steps: {}, requeue: 5_000 },
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
  { when: 'its cancellation is not taken for long', is: situation(late({ status: { ending: ending('DeadlineExceeded', 120_000) } }), { rows: known(row('running')) }), phase: 'Running', running: ['False', 'DeadlineExceeded'], steps: { cancel: UID }, requeue: 5_000 },
  { when: 'what could not run is cancelled now', is: situation(begun({ status: { ending: ending('JobRefused', 3_000) } }), { rows: known(row('cancelled')) }), phase: 'Failed', running: ['False', 'JobRefused'], steps: { finalizer: 'remove' } },
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
  { when: 'the command was not understood the second time', is: situation(begun(), { jobs: [exited(2)], rows: known(row('running')) }), phase: 'Running', running: ['False', 'InvalidArguments'], steps: { cancel: UID } },
  { when: 'another process has this rebuild', is: situation(begun(), { jobs: [exited(3)], rows: known(row('running')) }), phase: 'Running', running: ['False', 'JobDeleting'], steps: { deleteJobs: ['nightly-1'] }, requeue: 15_000 },
  { when: 'the command found the rows taken', is: situation(begun(), { jobs: [exited(3)] }), phase: 'Waiting', running: ['False', 'RequestedRebuild'], steps: { deleteJobs: ['nightly-1'] }, requeue: 15_000 },
  { when: 'the command says cancelled before the rows do', is: situation(begun(), { jobs: [exited(4)], rows: known(row('cancelling')) }), phase: 'Running', running: ['True', 'JobEnded'], steps: {} },
  { when: 'the command says failed before the rows do', is: situation(begun(), { jobs: [exited(6)], rows: known(row('running')) }), phase: 'Running', running: ['True', 'JobEnded'], steps: {} },
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
  { when: 'failed the last time while it is suspended', is: situation(begun({ spec: { suspend: true }, status: { attempt: 3 } }), { jobs: [job({ attempt: 3, name: 'nightly-3', isSuspended: true })], rows: known(row('failed')) }), phase: 'Failed', running: ['False', 'RebuildFailed'], steps: { finalizer: 'remove', deleteJobs: ['nightly-3'] } },
  { when: 'the next attempt is not due', is: situation(begun({ status: { attempt: 2, retryAt: timeText(NOW + 7_000), job: undefined } })), phase: 'Running', running: ['False', 'RetryPending'], steps: {}, requeue: 7_000 },
  { when: 'the next attempt is due', is: situation(begun({ status: { attempt: 2, retryAt: timeText(NOW), job: undefined } }), { jobs: [jobEnd(false)] }), phase: 'Running', running: ['True', 'Started'], steps: { makeJob: 2 } },
]; // prettier-ignore

const DELETED_MS = 3_000;
const gone = (change: Change = {}, sinceMs = DELETED_MS) =>
  begun({ ...change, metadata: { deletionTimestamp: ago(sinceMs), finalizers: [FINALIZER], ...change.metadata } });

const DELETIONS: { when: string; is: Situation; steps: Record<string, unknown>; requeue?: number | null; phase?: Phase; event?: string }[] = [
  { when: 'it never began', is: situation(gone({ status: { phase: 'Waiting', rebuildId: undefined } })), steps: { finalizer: 'remove' }, requeue: null },
  { when: 'its status was lost and its rebuild goes on', is: situation(gone({ status: { phase: 'Waiting', rebuildId: undefined } }), { rows: known(row('running')) }), steps: { cancel: UID }, requeue: 2_000, event: 'Cancelling' },
  { when: 'it has no finalizer of ours', is: situation(gone({ metadata: { finalizers: ['foregroundDeletion'] } }), { jobs: [job()], rows: known(row('running')) }), steps: {}, requeue: null },
  { when: 'it was at its end', is: situation(gone({ status: { phase: 'Swapped' } }), { rows: known(row('swapped')) }), steps: { finalizer: 'remove' }, requeue: null },
  { when: 'somebody called it swapped, and its rebuild goes on', is: situation(gone({ status: { phase: 'Swapped' } }), { jobs: [job()], rows: known(row('running')) }), steps: { cancel: UID }, requeue: 2_000, phase: 'Running', event: 'Running' },
  { when: 'somebody called it swapped, and the gateway is away', is: situation(gone({ status: { phase: 'Swapped' } }), { jobs: [job()], rows: AWAY }), steps: {}, requeue: 2_000, event: 'GatewayUnreachable' },
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
  { when: 'the gateway is away for less', is: situation(gone({}, 119_000), { jobs: [job()], rows: AWAY }), steps: {}, requeue: 2_000, event: 'GatewayUnreachable' },
  { when: 'the gateway is away for two minutes', is: situation(gone({}, 120_000), { jobs: [job()], rows: AWAY }), steps: { deleteJobs: ['nightly-1'] }, requeue: 5_000, event: 'GatewayUnreachable' },
  { when: 'the gateway is away, shortly before the last bound', is: situation(gone({}, 86_399_000), { rows: AWAY }), steps: {}, requeue: 1_000, event: 'GatewayUnreachable' },
  { when: 'the gateway is away for a day', is: situation(gone({}, 86_400_000), { rows: AWAY }), steps: { finalizer: 'remove' }, requeue: null, event: 'CancelTimedOut' },
  { when: 'the gateway does not take the cancellation for two minutes', is: situation(gone({}, 120_000), { jobs: [job()], rows: known(row('running')) }), steps: { cancel: UID, deleteJobs: ['nightly-1'] }, requeue: 5_000, event: 'Cancelling' },
  { when: 'the gateway does not take the cancellation for a day', is: situation(gone({}, 86_400_000), { rows: known(row('running')) }), steps: { finalizer: 'remove' }, requeue: null, event: 'CancelTimedOut' },
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
  const SWAPPED_PARTS = [{ ledger: 'main', projection: 'account_summary', state: 'swapped', position: '10', digest: 'beef' }];
  const swapped = (sinceMs = 1_000) => known(row('swapped', { parts: SWAPPED_PARTS, percent: 100, finishedAt: ago(sinceMs) }));
  /** As the operator left it. */
  const left = (rows: Rows, spec: Change['spec'] = {}, jobs = [jobEnd(true)]) => {
    const { status } = decide(situation(begun({ spec }), { jobs, rows }));
    return objectOf({ spec, status });
  };
  const done = (sinceMs: number, ttl?: number) =>
    situation(left(swapped(sinceMs), { ttlSecondsAfterFinished: ttl }), { rows: swapped(sinceMs) });

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
    const is = left(swapped());
    const object = { ...is, spec: { ...is.spec, suspend: true }, metadata: { ...is.metadata, generation: 2 } };
    const decision = decide(situation(object, { rows: swapped() }));
    const conditions = object.status?.conditions?.map((condition) => ({ ...condition, observedGeneration: 2 }));
    expect(decision.status).toEqual({ ...object.status, observedGeneration: 2, conditions });
    expect(steps(decision)).toEqual({});
  });

  const forged = (object: ProjectionRebuild, status: ProjectionRebuildStatus) => ({ ...object, status: { ...object.status, ...status } });
  const LATE = left(known(null), { retries: 0 }, [jobEnd(false)]);
  it.each<[string, ProjectionRebuild, Rows, ProjectionRebuildStatus]>([
    ['its digest', left(swapped()), swapped(), { digest: 'ff', progress: 99, message: 'hello', rebuildId: 'x' }],
    ['its phase', left(swapped()), swapped(), { phase: 'Failed', finishedAt: ago(9) }],
    ['its phase, its rows long gone', left(swapped()), known(null), { phase: 'Cancelled', message: 'hello' }],
    ['its conditions', left(swapped()), swapped(), { conditions: [] }],
    ['all of it', left(swapped()), swapped(), LATE.status!],
    ['its phase, which the operator alone knows', LATE, known(row('cancelled')), { phase: 'Swapped', message: 'hello', digest: undefined }],
  ])('is put right when somebody wrote into %s', (_what, object, rows, change) => {
    const is = forged(object, change);
    const { status } = decide(situation(is, { rows }));
    const conditions = object.status!.conditions!.map((condition) =>
      expect.objectContaining({ ...condition, lastTransitionTime: expect.any(String) }),
    );
    const { finishedAt, rebuildId: _, job: __, progress, position: ___, ...said } = object.status!;
    expect(status).toMatchObject({
      ...said,
      conditions,
      ...(rows.known && rows.own?.state === 'swapped' ? { finishedAt, progress, rebuildId: UID } : {}),
    });
    expect(decide(situation({ ...is, status }, { rows }))).toMatchObject({ status, events: [] });
  });

  it.each<[string, ProjectionRebuild, Partial<Situation>, Phase]>([
    ['goes on', begun(), { jobs: [job()], rows: known(row('running')) }, 'Running'],
    ['goes on and is to be suspended', begun({ spec: { suspend: true } }), { jobs: [job()], rows: known(row('running')) }, 'Suspended'],
    ['was not asked for yet', begun(), { jobs: [job()] }, 'Running'],
    ['waits', objectOf({ status: { phase: 'Waiting' } }), { blocker: older }, 'Waiting'],
    ['failed, and is tried again', begun(), { jobs: [jobEnd(false)], rows: known(row('failed')) }, 'Running'],
  ])('is none when somebody wrote one and its rebuild %s', (_what, object, more, phase) => {
    for (const end of ['Swapped', 'Proven', 'Cancelled', 'Failed'] as const)
      expect(decide(situation(forged(object, { phase: end, progress: 100 }), more)).status.phase).toBe(phase);
  });
});

describe('what the status says', () => {
  it.each([
    [{}, null, 'its pod runs, and the rebuild has not begun'],
    [{ ready: 0 }, null, 'its pod is not ready yet'],
    [{ ready: 0, failed: 2 }, null, '2 pods of it have failed'],
    [{ failed: 1 }, row('running'), '1 pod of it has failed'],
  ])('of the pods, with %j of the Job', (counts, own, said) => {
    expect(decide(situation(begun(), { jobs: [job(counts)], rows: known(own) })).status.message).toContain(said);
  });

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

  it('is of one account that its rows are repaired: there is no generation', () => {
    const { status } = decide(situation(begun(), { rows: known(row('swapped', { account: 'alice' })) }));
    expect(status.message).toBe('The rows of the account are repaired in place.');
    expect(conditionOf(status.conditions, 'Swapped')?.message).toBe(status.message);
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
