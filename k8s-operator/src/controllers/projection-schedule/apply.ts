import { isDeepStrictEqual } from 'node:util';
import { API_VERSION, bounded, PROJECTION_REBUILDS, PROJECTION_SCHEDULES, type ProjectionSchedule } from '../../api/v1alpha1/index.ts';
import type { KubeClient } from '../../kube/client.ts';
import { KubeError } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Decision } from './situation.ts';

export interface Targets {
  client: Pick<KubeClient, 'apply' | 'create' | 'delete'>;
  events: Pick<EventRecorder, 'record'>;
}

const NOTE_LENGTH_MAX = 1_000;

/**
 * Makes what is there what shall be. The new object comes before the status that says so: a crash in between makes it once more, under the same name. It is created and not
 * applied, as one that is there already, of this time or somebody else's, must be left as it is.
 */
export async function apply(object: ProjectionSchedule, decision: Decision, { client, events }: Targets): Promise<void> {
  const { namespace, name, resourceVersion } = object.metadata;
  for (const { name: made, uid } of decision.remove)
    await client.delete(PROJECTION_REBUILDS, namespace, made, { propagationPolicy: 'Background', preconditions: { uid } });
  if (decision.make !== null) {
    try {
      await client.create(PROJECTION_REBUILDS, namespace, decision.make);
    } catch (error) {
      if (!(error instanceof KubeError && error.isAlreadyExists)) throw error;
    }
  }
  if (!isDeepStrictEqual(decision.status, object.status ?? {})) {
    const { kind } = PROJECTION_SCHEDULES;
    const change = { apiVersion: API_VERSION, kind, metadata: { name, namespace, resourceVersion }, status: decision.status };
    await client.apply(PROJECTION_SCHEDULES, change, { subresource: 'status' });
  }
  for (const { type, reason, note } of decision.events)
    await events.record(object, type, reason, 'Reconcile', bounded(note, NOTE_LENGTH_MAX));
}
