import type { KubeObject, Resource } from '../../kube/resources.ts';
import type { ProjectionRebuildSpec, ProjectionRebuildStatus } from './projection-rebuild.ts';
import type { ProjectionScheduleSpec, ProjectionScheduleStatus } from './projection-schedule.ts';

export { bounded, type Condition, type ConditionNow, conditionOf, withConditions } from './conditions.ts';
export { parse, type Parsed } from './parse.ts';
export {
  END_PHASES,
  type EndingReason,
  type Phase,
  PHASES,
  PARTS_MAX,
  type PodTemplate,
  ProjectionRebuildSpec,
  ProjectionRebuildStatus,
} from './projection-rebuild.ts';
export { ProjectionScheduleSpec, ProjectionScheduleStatus } from './projection-schedule.ts';

export const GROUP = 'ledgerflow.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

export interface ProjectionRebuild extends KubeObject {
  spec: ProjectionRebuildSpec;
  status?: ProjectionRebuildStatus;
}

export interface ProjectionSchedule extends KubeObject {
  spec: ProjectionScheduleSpec;
  status?: ProjectionScheduleStatus;
}

export const PROJECTION_REBUILDS: Resource<ProjectionRebuild> = {
  apiVersion: API_VERSION,
  kind: 'ProjectionRebuild',
  plural: 'projectionrebuilds',
};
export const PROJECTION_SCHEDULES: Resource<ProjectionSchedule> = {
  apiVersion: API_VERSION,
  kind: 'ProjectionSchedule',
  plural: 'projectionschedules',
};
