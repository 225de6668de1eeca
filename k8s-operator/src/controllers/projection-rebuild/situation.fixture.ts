import type { EndingReason, ProjectionRebuild, ProjectionRebuildStatus } from '../../api/v1alpha1/index.ts';
import type { GatewayRebuild, RebuildState } from '../../gateway/rebuild.ts';
import type { JobView } from './job.ts';
import { FINALIZER, type Rows, type Situation, TIMING } from './situation.ts';
import { timeText } from './status.ts';

export const UID = '7d444840-9dc0-11d1-b245-5ffdce74fad2';
export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const ago = (ms: number): string => timeText(NOW - ms);

export type Change = {
  spec?: Partial<ProjectionRebuild['spec']>;
  status?: ProjectionRebuildStatus;
  metadata?: Partial<ProjectionRebuild['metadata']>;
};

export function objectOf({ spec, status, metadata }: Change = {}): ProjectionRebuild {
  return {
    apiVersion: 'ledgerflow.io/v1alpha1',
    kind: 'ProjectionRebuild',
    metadata: { name: 'nightly', namespace: 'books', uid: UID, generation: 1, creationTimestamp: ago(60_000), ...metadata },
    spec: { projection: 'account_summary', scope: {}, retries: 2, suspend: false, proofGate: 'Required', ...spec },
    status,
  };
}

export const BEGUN: ProjectionRebuildStatus = {
  phase: 'Running',
  attempt: 1,
  rebuildId: UID,
  startedAt: ago(50_000),
  activeSince: ago(50_000),
  job: { name: 'nightly-1', uid: 'job' },
};
export const begun = (change: Change = {}): ProjectionRebuild =>
  objectOf({ ...change, status: { ...BEGUN, ...change.status }, metadata: { finalizers: [FINALIZER], ...change.metadata } });

export const row = (state: RebuildState, more: Partial<GatewayRebuild> = {}): GatewayRebuild => ({
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

export const known = (own: GatewayRebuild | null, more: Partial<Rows & { known: true }> = {}): Rows => ({
  known: true,
  own,
  other: null,
  isOtherAbandoned: false,
  isProjectionKnown: true,
  ...more,
});
export const AWAY: Rows = { known: false, reason: 'GatewayUnreachable', message: 'connect ECONNREFUSED' };

export const job = (more: Partial<JobView> = {}): JobView => ({
  name: 'nightly-1',
  uid: 'job',
  attempt: 1,
  isSuspended: false,
  isDeleting: false,
  resourceVersion: '7',
  madeAt: NOW - 50_000,
  failed: 0,
  active: 1,
  ready: 1,
  end: null,
  ...more,
});
export const jobEnd = (isComplete: boolean, more: Partial<NonNullable<JobView['end']>> = {}): JobView =>
  job({
    end: { isComplete, at: NOW - 1_000, reason: isComplete ? 'Complete' : 'BackoffLimitExceeded', message: '', exitCode: null, ...more },
  });
export const exited = (exitCode: number): JobView =>
  jobEnd(false, { reason: 'PodFailurePolicy', message: `exit code ${exitCode}`, exitCode });

export function situation(object: ProjectionRebuild, more: Partial<Situation> = {}): Situation {
  return {
    now: NOW,
    object,
    jobs: [],
    isNameTaken: false,
    blocker: null,
    rows: known(null),
    refusal: null,
    cancelRefusal: null,
    timing: TIMING,
    ...more,
  };
}

export const older = objectOf({ metadata: { name: 'older', uid: 'older', creationTimestamp: ago(120_000) } });
export const other = row('running', { id: 'other' });
export const ending = (reason: EndingReason, sinceMs: number) => ({
  reason,
  message: 'Why.',
  since: ago(sinceMs),
});
