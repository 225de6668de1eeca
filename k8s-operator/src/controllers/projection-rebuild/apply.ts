import { isDeepStrictEqual } from 'node:util';
import { API_VERSION, PROJECTION_REBUILDS, type ProjectionRebuild } from '../../api/v1alpha1/index.ts';
import type { GatewayClient } from '../../gateway/client.ts';
import { GatewayError } from '../../gateway/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { KubeError } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { JOBS } from '../../kube/resources.ts';
import { jobOf } from './job.ts';
import { type Decision, FINALIZER } from './situation.ts';
import type { JobTemplate } from './template.ts';

export interface Targets {
  client: Pick<KubeClient, 'apply' | 'patch' | 'delete'>;
  gateway: Pick<GatewayClient, 'cancelRebuild'>;
  events: Pick<EventRecorder, 'record'>;
  template: JobTemplate;
  /** Told of each version of the object that was written. */
  wrote: (answered: ProjectionRebuild) => void;
}

export interface Applied {
  /** Of the API server, to a Job that was to be made; nothing else was done after it. */
  refusal: { status: number; message: string } | null;
  /** Of the gateway, to a rebuild that was to be cancelled. */
  cancelRefusal: string | null;
  /** The object as it was written last. */
  written: ProjectionRebuild;
}

const ACTION = 'Reconcile';
/** Answers to a Job that the same request would have again: the spec, a quota, an admission policy. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 422]);

/**
 * Makes what is there what shall be, in the order in which a crash in between does no harm: the finalizer before anything that has to be undone, the status (a conflict for
 * whoever decided on an older version) before the Job.
 */
export async function apply(object: ProjectionRebuild, decision: Decision, targets: Targets): Promise<Applied> {
  const { client, events } = targets;
  const { namespace } = object.metadata;
  let current = object;
  if (decision.finalizer === 'add') current = await withFinalizers(current, [...(current.metadata.finalizers ?? []), FINALIZER], targets);
  if (!isDeepStrictEqual(decision.status, object.status ?? {})) {
    const { name, resourceVersion } = current.metadata;
    const { kind } = PROJECTION_REBUILDS;
    const change = { apiVersion: API_VERSION, kind, metadata: { name, namespace, resourceVersion }, status: decision.status };
    current = await client.apply(PROJECTION_REBUILDS, change, { subresource: 'status' });
    targets.wrote(current);
  }
  // Told beside the rest, which does not wait for it: nobody acts on an event.
  const told = Promise.all(decision.events.map(({ type, reason, note }) => events.record(object, type, reason, ACTION, note)));
  try {
    return await act(current, decision, targets);
  } finally {
    await told;
  }
}

/** Everything after the status. */
async function act(object: ProjectionRebuild, decision: Decision, targets: Targets): Promise<Applied> {
  const { client, gateway, template } = targets;
  const { namespace } = object.metadata;
  let current = object;
  const cancelRefusal = decision.cancel === null ? null : await cancel(decision.cancel, gateway);
  for (const { name, uid } of decision.deleteJobs)
    await client.delete(JOBS, namespace, name, { propagationPolicy: 'Foreground', preconditions: { uid } });
  if (decision.suspendJob !== null) {
    const { job, suspend } = decision.suspendJob;
    await client.patch(JOBS, namespace, job.name, { metadata: { resourceVersion: job.resourceVersion }, spec: { suspend } });
  }
  if (decision.makeJob !== null) {
    try {
      await client.apply(JOBS, jobOf(object, decision.makeJob, template));
    } catch (error) {
      if (error instanceof KubeError && REFUSALS.has(error.status))
        return { refusal: { status: error.status, message: error.message }, cancelRefusal, written: current };
      throw error;
    }
  }
  if (decision.finalizer === 'remove')
    current = await withFinalizers(
      current,
      (current.metadata.finalizers ?? []).filter((name) => name !== FINALIZER),
      targets,
    );
  if (decision.deleteObject) {
    const { name, uid, resourceVersion } = current.metadata;
    await client.delete(PROJECTION_REBUILDS, namespace, name, { propagationPolicy: 'Background', preconditions: { uid, resourceVersion } });
  }
  return { refusal: null, cancelRefusal, written: current };
}

async function withFinalizers(object: ProjectionRebuild, finalizers: string[], { client, wrote }: Targets): Promise<ProjectionRebuild> {
  const { namespace, name, resourceVersion } = object.metadata;
  const written = await client.patch(PROJECTION_REBUILDS, namespace, name, { metadata: { finalizers, resourceVersion } });
  wrote(written);
  return written;
}

/** What the gateway said when it did not take it. Asked for again at the next look: the status says that it is wanted. */
async function cancel(id: string, gateway: Targets['gateway']): Promise<string | null> {
  try {
    await gateway.cancelRebuild(id);
    return null;
  } catch (error) {
    if (error instanceof GatewayError) return error.message;
    throw error;
  }
}
