import {
  API_VERSION,
  END_PHASES,
  parse,
  type Parsed,
  type ProjectionSchedule,
  ProjectionScheduleSpec,
  ProjectionScheduleStatus,
  type Phase,
  PHASES,
} from '../../api/v1alpha1/index.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { SCHEDULED_AT } from './decide.ts';
import type { Made, Situation } from './situation.ts';

/** An object as its schema has it, or what is wrong with it. */
export function understand(found: KubeObject): Parsed<ProjectionSchedule> {
  const { spec, status } = found as KubeObject & { spec?: unknown; status?: unknown };
  const parsedSpec = parse(ProjectionScheduleSpec, spec);
  const parsedStatus = parse(ProjectionScheduleStatus, status ?? {});
  if (!parsedSpec.ok) return { ok: false, problem: `spec: ${parsedSpec.problem}` };
  if (!parsedStatus.ok) return { ok: false, problem: `status: ${parsedStatus.problem}` };
  return { ok: true, value: { ...found, spec: parsedSpec.value, status: parsedStatus.value } };
}

/** The schedule that made an object; null when none did. */
export function scheduleOf({ metadata }: KubeObject): { namespace: string; name: string; uid: string } | null {
  const owner = metadata.ownerReferences?.find(
    ({ kind, apiVersion, controller }) => kind === 'ProjectionSchedule' && apiVersion === API_VERSION && controller === true,
  );
  return owner === undefined ? null : { namespace: metadata.namespace, name: owner.name, uid: owner.uid };
}

function madeOf(found: KubeObject): Made {
  const { metadata } = found;
  const { status } = found as KubeObject & { status?: { phase?: string; finishedAt?: string } };
  const phase = PHASES.find((known): known is Phase => known === status?.phase) ?? 'Pending';
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    scheduledAt: Date.parse(metadata.annotations?.[SCHEDULED_AT] ?? '') || Date.parse(metadata.creationTimestamp ?? '') || 0,
    phase,
    isDeleting: metadata.deletionTimestamp !== undefined,
    finishedAt: END_PHASES.has(phase) ? Date.parse(status?.finishedAt ?? '') || null : null,
  };
}

/** Everything a decision needs is in the caches. */
export function gather(object: ProjectionSchedule, rebuilds: Iterable<KubeObject>, now: number): Situation {
  const made: Made[] = [];
  const others = new Set<string>();
  for (const rebuild of rebuilds) {
    if (rebuild.metadata.namespace !== object.metadata.namespace) continue;
    if (scheduleOf(rebuild)?.uid === object.metadata.uid) made.push(madeOf(rebuild));
    else others.add(rebuild.metadata.name);
  }
  return { now, object, made, isTaken: (name) => others.has(name), refusal: null };
}
