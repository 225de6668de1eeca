import type { ProjectionRebuild, ProjectionRebuildStatus } from '../../api/v1alpha1/index.ts';
import type { GatewayRebuild } from '../../gateway/rebuild.ts';
import type { JobView } from './job.ts';
import type { EventNow } from '../../kube/events.ts';

export const FINALIZER = 'ledgerflow.io/cancel-rebuild';

/** What the gateway says of the rows; not known: why not. */
export type Rows =
  | { known: false; reason: 'GatewayUnreachable' | 'GatewayRefused'; message: string }
  | {
      known: true;
      /** The rebuild of this attempt; null when nobody has asked for it. */
      own: GatewayRebuild | null;
      /** One of somebody else's that goes on and touches the same rows; only looked for before a start. */
      other: GatewayRebuild | null;
      /** Nobody works on `other`, and nobody may but who names its id. */
      isOtherAbandoned: boolean;
      isProjectionKnown: boolean;
    };

export interface Timing {
  /** How often the gateway is asked about a rebuild that goes on. */
  pollMs: number;
  /** How often it is asked whether a rebuild that is in the way has ended. */
  waitMs: number;
  /** How often it is asked about a rebuild that is suspended: it may have come to its end before its pod went, or be cancelled. */
  suspendedMs: number;
  /** How often a cancelled rebuild is looked at. */
  cancelPollMs: number;
  /** How long the end of a cancelled rebuild is waited for. */
  cancelMaxMs: number;
  /** How long a deleted object is kept whose rebuild could not be cancelled; cancelMaxMs at least. */
  keepMaxMs: number;
  /** How long the rows may say nothing of an end after the Job's. */
  noSwapMs: number;
  /** Before the second attempt; twice as long before each further one, RETRY_MAX_MS at most. */
  retryMs: number;
}

export const TIMING: Timing = {
  pollMs: 5_000,
  waitMs: 15_000,
  suspendedMs: 60_000,
  cancelPollMs: 2_000,
  cancelMaxMs: 120_000,
  keepMaxMs: 86_400_000,
  noSwapMs: 60_000,
  retryMs: 10_000,
};

/** Everything a decision is made from. */
export interface Situation {
  now: number;
  object: ProjectionRebuild;
  /** Those owned by this very object: of one that began, none is missing. */
  jobs: readonly JobView[];
  /** The name of the Job to be made is that of a Job which is not this object's. */
  isNameTaken: boolean;
  /** What this object has to wait for before it may begin. */
  blocker: ProjectionRebuild | null;
  rows: Rows;
  /** What the API server said when the Job was to be made a moment ago. */
  refusal: { status: number; message: string } | null;
  /** What the gateway said when the rebuild was to be cancelled a moment ago. */
  cancelRefusal: string | null;
  timing: Timing;
}

export type { EventNow };

/** What shall be done, in this order: finalizer added, status, rebuild cancelled, Jobs deleted, Job made or suspended, finalizer removed, object deleted. */
export interface Decision {
  status: ProjectionRebuildStatus;
  finalizer: 'add' | 'remove' | null;
  cancel: string | null;
  deleteJobs: readonly JobView[];
  /** Number of the attempt. */
  makeJob: number | null;
  suspendJob: { job: JobView; suspend: boolean } | null;
  deleteObject: boolean;
  events: readonly EventNow[];
  /** Null: when something changes. */
  requeueAfterMs: number | null;
}
