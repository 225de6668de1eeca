import type { Phase, ProjectionRebuild, ProjectionSchedule, ProjectionScheduleStatus } from '../../api/v1alpha1/index.ts';
import type { EventNow } from '../../kube/events.ts';

/** Of a ProjectionRebuild that a schedule made. */
export interface Made {
  name: string;
  uid: string;
  /** The time that it was made for, ms. */
  scheduledAt: number;
  phase: Phase;
  isDeleting: boolean;
  /** ms; null while it is not at its end. */
  finishedAt: number | null;
}

export interface Situation {
  now: number;
  object: ProjectionSchedule;
  /** Those it owns, in no order. */
  made: readonly Made[];
  /** Names of objects of its namespace that it does not own. */
  isTaken: (name: string) => boolean;
  /** What the API server said when one was to be made a moment ago. */
  refusal: string | null;
}

export type { EventNow };

/** What shall be done, in this order: deletions, the new one, status. */
export interface Decision {
  remove: readonly Made[];
  make: ProjectionRebuild | null;
  status: ProjectionScheduleStatus;
  events: readonly EventNow[];
  /** Null: when something changes. */
  requeueAfterMs: number | null;
}
