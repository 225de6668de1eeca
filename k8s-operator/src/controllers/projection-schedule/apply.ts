import { isDeepStrictEqual } from 'node:util';
import { API_VERSION, END_PHASES, PROJECTION_REBUILDS, PROJECTION_SCHEDULES, type ProjectionSchedule } from '../../api/v1alpha1/index.ts';
import type { KubeClient } from '../../kube/client.ts';
import { KubeError } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Decision } from './situation.ts';

export interface Targets {
  client: Pick<KubeClient, 'apply' | 'create' | 'delete'>;
  events: Pick<EventRecorder, 'record'>;
  /** Told of the version of the object that was written. */
  wrote: (answered: ProjectionSchedule) => void;
}

const ACTION = 'Reconcile';
/** Answers to a new object that the same request would have again: the spec, a quota, an admission policy. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 422]);

export interface Applied {
  /** What was to be made is there, and was not known. */
  isThere: boolean;
  /** What the API server said to it. */
  refusal: string | null;
}

/**
 * Makes what is there what shall be, and tells of it when it is done: once the new object is there its time is no longer due, whether or not the status could be
 * written. The new object comes before the status that says so: a crash in between makes it once more, under the same name. It is created and not applied, as one
 * that is there already, of this time or somebody else's, must be left as it is: which of both it is, the cache will say. Nothing is written when none was made.
 */
export async function apply(object: ProjectionSchedule, decision: Decision, { client, events, wrote }: Targets): Promise<Applied> {
  const { namespace, name, resourceVersion } = object.metadata;
  for (const { name: made, uid, phase } of decision.remove) {
    await client.delete(PROJECTION_REBUILDS, namespace, made, { propagationPolicy: 'Background', preconditions: { uid } });
    if (END_PHASES.has(phase)) continue;
    await events.record(object, 'Warning', 'Replaced', ACTION, `ProjectionRebuild ${made} is deleted: the next one is due.`);
  }
  if (decision.make !== null) {
    try {
      await client.create(PROJECTION_REBUILDS, namespace, decision.make);
      await events.record(object, 'Normal', 'Made', ACTION, `ProjectionRebuild ${decision.make.metadata.name} was made.`);
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.isAlreadyExists) return { isThere: true, refusal: null };
      if (REFUSALS.has(error.status)) return { isThere: false, refusal: error.message };
      throw error;
    }
  }
  if (!isDeepStrictEqual(decision.status, object.status ?? {})) {
    const { kind } = PROJECTION_SCHEDULES;
    const change = { apiVersion: API_VERSION, kind, metadata: { name, namespace, resourceVersion }, status: decision.status };
    wrote(await client.apply(PROJECTION_SCHEDULES, change, { subresource: 'status' }));
  }
  for (const { type, reason, note } of decision.events) await events.record(object, type, reason, ACTION, note);
  return { isThere: false, refusal: null };
}
