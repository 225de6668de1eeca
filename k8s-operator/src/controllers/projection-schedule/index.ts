import type { Logger } from '@ledgerflow/platform/log';
import type { ProjectionRebuild, ProjectionSchedule } from '../../api/v1alpha1/index.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Reconcile } from '../../runtime/controller.ts';
import { Behind } from '../behind.ts';
import type { InvalidObjects } from '../invalid-objects.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import { gather, understand } from './gather.ts';

export { scheduleOf } from './gather.ts';

export interface ScheduleReconcilerOptions {
  client: KubeClient;
  schedules: Pick<Informer<ProjectionSchedule>, 'get'>;
  rebuilds: Pick<Informer<ProjectionRebuild>, 'list'>;
  events: EventRecorder;
  invalid: InvalidObjects;
  log: Logger;
  now?: () => number;
}

/** How soon it is looked whether the cache has an object that is there. */
const UNKNOWN_RETRY_MS = 1_000;

/** Brings one ProjectionSchedule from what is there to what shall be: gather, decide, apply. */
export class ScheduleReconciler {
  private readonly options: ScheduleReconcilerOptions;
  private readonly behind = new Behind();

  constructor(options: ScheduleReconcilerOptions) {
    this.options = options;
  }

  readonly reconcile: Reconcile = async (namespace, name) => {
    const { schedules, rebuilds, invalid, log, now = Date.now } = this.options;
    const found = schedules.get(namespace, name);
    if (found === undefined) return;
    const behindMs = this.behind.retryAfterMs(found);
    if (behindMs !== null) return { requeueAfterMs: behindMs };
    const understood = understand(found);
    if (!understood.ok) return invalid.tell(found, understood.problem);
    const object = understood.value;
    const targets = { ...this.options, wrote: (answered: ProjectionSchedule) => this.behind.wrote(found, answered) };
    const situation = gather(object, rebuilds.list(), now());
    let decision = decide(situation);
    const { isThere, refusal } = await apply(object, decision, targets);
    if (isThere) return { requeueAfterMs: UNKNOWN_RETRY_MS };
    if (refusal !== null) {
      log.warn({ object: `${namespace}/${name}`, rebuild: decision.make?.metadata.name, reason: refusal }, 'a rebuild was not made');
      decision = decide({ ...situation, refusal });
      await apply(object, { ...decision, remove: [] }, targets);
    }
    if (decision.make !== null) log.info({ object: `${namespace}/${name}`, rebuild: decision.make.metadata.name }, 'a rebuild was made');
    if (decision.requeueAfterMs === null) return;
    return { requeueAfterMs: decision.requeueAfterMs };
  };
}
