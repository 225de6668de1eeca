import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@ledgerflow/platform/log';
import type { ProjectionRebuild } from '../../api/v1alpha1/index.ts';
import type { GatewayClient } from '../../gateway/client.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Informer } from '../../kube/informer.ts';
import { type Job, JOBS } from '../../kube/resources.ts';
import type { Reconcile } from '../../runtime/controller.ts';
import { Behind } from '../behind.ts';
import type { InvalidObjects } from '../invalid-objects.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import { gather, type Sources, understand, UnderstoodObjects } from './gather.ts';
import { type JobView, LABELS, ownerOf, viewOf } from './job.ts';
import { isAtEnd, isInTheWay } from './overlap.ts';
import { type Timing, TIMING } from './situation.ts';
import type { JobTemplate } from './template.ts';

export { JOB_SELECTOR } from './job.ts';
export { phaseGauge } from './phases.ts';
export { type JobTemplate, readTemplate } from './template.ts';
export { type Timing, TIMING } from './situation.ts';

export interface RebuildReconcilerOptions {
  client: KubeClient;
  rebuilds: Pick<Informer<ProjectionRebuild>, 'get' | 'list'>;
  jobs: Pick<Informer<Job>, 'get' | 'list'>;
  gateway: GatewayClient;
  events: EventRecorder;
  invalid: InvalidObjects;
  template: JobTemplate;
  log: Logger;
  timing?: Partial<Timing>;
  now?: () => number;
  random?: () => number;
}

/** Waits are lengthened by up to this part, so that many objects do not ask at once. */
const JITTER = 0.2;

/** Brings one ProjectionRebuild from what is there to what shall be: gather, decide, apply. */
export class RebuildReconciler {
  private readonly options: RebuildReconcilerOptions;
  private readonly sources: Sources;
  private readonly understood = new UnderstoodObjects();
  private readonly behind = new Behind();
  private readonly random: () => number;

  constructor(options: RebuildReconcilerOptions) {
    const { client, rebuilds, jobs, gateway, timing = {}, now = Date.now, random = Math.random } = options;
    this.options = options;
    const listJobs: Sources['listJobs'] = async (namespace, uid, signal) =>
      (await client.list(JOBS, namespace, { labelSelector: `${LABELS.rebuild}=${uid}`, signal })).items;
    this.sources = { rebuilds, jobs, listJobs, gateway, timing: { ...TIMING, ...timing }, now };
    this.random = random;
  }

  readonly reconcile: Reconcile = async (namespace, name, signal) => {
    const found = this.options.rebuilds.get(namespace, name);
    if (found === undefined) return;
    const behindMs = this.behind.retryAfterMs(found);
    if (behindMs !== null) return { requeueAfterMs: behindMs };
    const understood = understand(found);
    const { object } = understood;
    if (!understood.ok) {
      const later = await this.options.invalid.tell(found, understood.problem);
      if (object.metadata.deletionTimestamp === undefined) return later;
    }
    let situation = await gather(object, this.sources, this.understood, signal);
    let decision = decide(situation);
    // Nothing is written into the status of an object that is not understood.
    if (!understood.ok) decision = { ...decision, status: object.status ?? {} };
    if (decision.status.phase !== object.status?.phase)
      this.options.log.info({ object: `${namespace}/${name}`, from: object.status?.phase ?? null, phase: decision.status.phase, reason: decision.status.message }, 'rebuild'); // prettier-ignore
    const targets = { ...this.options, wrote: (answered: ProjectionRebuild) => this.behind.wrote(found, answered) };
    const { refusal, cancelRefusal, written } = await apply(object, decision, targets);
    if (cancelRefusal !== null) this.options.log.warn({ object: `${namespace}/${name}`, rebuild: decision.cancel, reason: cancelRefusal }, 'a rebuild was not cancelled'); // prettier-ignore
    if (understood.ok && (refusal !== null || cancelRefusal !== null)) {
      situation = { ...situation, object: { ...object, ...written }, refusal, cancelRefusal };
      decision = decide(situation);
      await apply(situation.object, cancelRefusal === null ? decision : { ...decision, cancel: null, deleteJobs: [] }, targets);
    }
    if (decision.requeueAfterMs === null) return;
    return { requeueAfterMs: decision.requeueAfterMs * (1 + this.random() * JITTER) };
  };
}

/**
 * Whether an object has to be looked at for its own change. The status is the operator's: were its own writes to wake it, the gateway would be asked about a rebuild that
 * goes on as fast as its rows change, whatever the interval. But what it waits for may have ended before it said so, and
 * that of one at its end may be somebody else's.
 */
export function isForALook(object: ProjectionRebuild, before: ProjectionRebuild | undefined): boolean {
  if (before === undefined) return true;
  const { resourceVersion: _, ...was } = before.metadata;
  const { resourceVersion: __, ...is } = object.metadata;
  const isOver = isAtEnd(object.status?.phase) || isAtEnd(before.status?.phase);
  const seen = ({ status }: ProjectionRebuild): unknown => (isOver ? status : status?.waitsFor);
  return !isDeepStrictEqual(is, was) || !isDeepStrictEqual(seen(object), seen(before));
}

/** Those who wait for an object and after its change may wait no longer. */
export function* freed(changed: ProjectionRebuild, isGone: boolean, all: Iterable<ProjectionRebuild>): Iterable<ProjectionRebuild> {
  const understood = understand(changed);
  if (!isGone && understood.ok && isInTheWay(understood.object)) return;
  for (const other of all) if (other.status?.waitsFor?.rebuild === changed.metadata.uid) yield other;
}

/** The object whose turn it is after a change of a Job; null when the Job is none of ours, or nothing of it changed that is looked at: how many of its pods run waits for the next look. */
export function concernedByJob(job: Job, before: Job | undefined): { namespace: string; name: string } | null {
  if (before === undefined || !isDeepStrictEqual(seen(job), seen(before)))
    return ownerOf(job) ?? (before === undefined ? null : ownerOf(before));
  return null;
}

function seen(job: Job): Omit<JobView, 'resourceVersion' | 'active' | 'ready'> & { owner: string | undefined } {
  const { resourceVersion: _, active: __, ready: ___, ...view } = viewOf(job);
  return { ...view, owner: ownerOf(job)?.uid };
}
