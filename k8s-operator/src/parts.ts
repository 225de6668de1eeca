import type { KubeConfig } from '@kubernetes/client-node';
import type { Health } from '@ledgerflow/platform/health';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import { PROJECTION_REBUILDS, PROJECTION_SCHEDULES, type ProjectionRebuild, type ProjectionSchedule } from './api/v1alpha1/index.ts';
import { Misunderstood } from './controllers/misunderstood.ts';
import {
  concernedByJob,
  freed,
  isForALook,
  JOB_SELECTOR,
  type JobTemplate,
  phaseGauge,
  RebuildReconciler,
  type Timing,
} from './controllers/projection-rebuild/index.ts';
import { ScheduleReconciler, scheduleOf } from './controllers/projection-schedule/index.ts';
import { GatewayClient } from './gateway/client.ts';
import type { TokenSource } from './gateway/token.ts';
import { KubeClient } from './kube/client.ts';
import type { Access } from './kube/access.ts';
import { EventRecorder } from './kube/events.ts';
import { Informer } from './kube/informer.ts';
import { type Job, JOBS, type KubeObject } from './kube/resources.ts';
import { Controller } from './runtime/controller.ts';
import { Leader } from './runtime/leader.ts';
import { operatorMetrics } from './runtime/metrics.ts';

export const FIELD_MANAGER = 'ledgerflow-operator';
const REPORTING_CONTROLLER = 'ledgerflow.io/operator';
const RECONCILE_DEADLINE_MS = 60_000;
const SYNC_DEADLINE_MS = 60_000;
// A stop waits for a write, a renewal and the giving back of the lease, one after the other: with the API server away they end within STOP_TIMEOUT_MS of the process.
const WRITE_TIMEOUT_MS = 5_000;
const LEASE_TIMEOUT_MS = 3_000;

/** Of both controllers' workers together, each with the events of one decision: as many are under way at most. */
const EVENTS_PER_WORKER = 4;

export interface OperatorOptions {
  kubeConfig: KubeConfig | Access;
  /** Whose objects are looked after; empty: all. */
  namespaces: readonly string[];
  lease: { namespace: string; name: string; identity: string; leaseMs: number };
  gateway: { url: string; token: TokenSource; timeoutMs: number };
  template: JobTemplate;
  workers: number;
  timing?: Partial<Timing>;
  /** How often it is looked whether an object that is not understood is understood by now. */
  lookAgainMs?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** The leadership was lost: the process must end. */
  onLost: () => void;
  health: Health;
  metrics: Registry;
  log: Logger;
}

/** A Job without what the operator does not look at: its pod template is most of it. */
function trimJob({ apiVersion, kind, metadata, spec, status }: Job): Job {
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, managedFields: undefined },
    spec: { suspend: spec?.suspend } as Job['spec'],
    status: { conditions: status?.conditions },
  };
}

/**
 * The operator between its resources: caches, leader, controllers; registered with health and metrics, and named for stopping. The caches are kept by one that does not
 * lead too, so that it can go on at once.
 */
export function startOperator(options: OperatorOptions, parts: Stoppable): { leader: Leader } {
  const { kubeConfig, namespaces, lease, health, log, workers, template, timing, now } = options;
  const metrics = operatorMetrics(options.metrics);
  // Renewed after a third, a lease has two thirds left: whatever is configured, a write has room.
  const writeMaxMs = Math.floor(lease.leaseMs / 3);
  const requestTimeoutMs = (most: number): number => Math.min(most, writeMaxMs);
  const reader = new KubeClient({ kubeConfig, fieldManager: FIELD_MANAGER, metrics });
  const elector = new KubeClient({
    kubeConfig,
    fieldManager: FIELD_MANAGER,
    metrics,
    requestTimeoutMs: requestTimeoutMs(LEASE_TIMEOUT_MS),
  });
  const leader = new Leader({ client: elector, ...lease, renewMs: lease.leaseMs / 3, retryMs: lease.leaseMs / 4, log, metrics });
  const beforeWrite = (timeoutMs: number): void => leader.beforeWrite(timeoutMs);
  const client = new KubeClient({
    kubeConfig,
    fieldManager: FIELD_MANAGER,
    metrics,
    beforeWrite,
    requestTimeoutMs: requestTimeoutMs(WRITE_TIMEOUT_MS),
  });
  const gateway = new GatewayClient({ ...options.gateway, writeTimeoutMs: writeMaxMs, beforeWrite });
  const events = new EventRecorder({
    client,
    reportingController: REPORTING_CONTROLLER,
    instance: lease.identity,
    underWayMax: EVENTS_PER_WORKER * workers,
    log,
  });

  const watching = { client: reader, namespaces, log, metrics };
  const rebuilds: Informer<ProjectionRebuild> = new Informer({
    ...watching,
    resource: PROJECTION_REBUILDS,
    onChange: (object, change, before) => {
      if (change !== 'deleted' && isForALook(object, before)) rebuildController.enqueue(object);
      for (const one of freed(object, change === 'deleted', rebuilds.list())) rebuildController.enqueue(one);
      const schedule = scheduleOf(object);
      if (schedule !== null) scheduleController.enqueue(schedule);
    },
  });
  const schedules: Informer<ProjectionSchedule> = new Informer({
    ...watching,
    resource: PROJECTION_SCHEDULES,
    onChange: (object) => scheduleController.enqueue(object),
  });
  const jobs: Informer<Job> = new Informer({
    ...watching,
    resource: JOBS,
    labelSelector: JOB_SELECTOR,
    trim: trimJob,
    onChange: (job, change, before) => {
      const owner = concernedByJob(job, change === 'deleted' ? undefined : before);
      if (owner !== null) rebuildController.enqueue(owner);
    },
  });
  const misunderstood = (informer: { relist(): void }): Misunderstood =>
    new Misunderstood({ events, log, relist: () => informer.relist(), lookAgainMs: options.lookAgainMs });
  const shared = { client, events, log, now, rebuilds };
  const rebuildReconciler = new RebuildReconciler({ ...shared, misunderstood: misunderstood(rebuilds), jobs, gateway, template, timing });
  const scheduleReconciler = new ScheduleReconciler({ ...shared, misunderstood: misunderstood(schedules), schedules });
  const working = { workers, deadlineMs: RECONCILE_DEADLINE_MS, log, metrics };
  const rebuildController = new Controller({ ...working, name: 'projection-rebuild', reconcile: rebuildReconciler.reconcile });
  const scheduleController = new Controller({ ...working, name: 'projection-schedule', reconcile: scheduleReconciler.reconcile });
  phaseGauge(options.metrics, rebuilds, leader);

  const informers: [string, Informer<KubeObject>][] = [
    ['rebuilds', rebuilds as unknown as Informer<KubeObject>],
    ['schedules', schedules as unknown as Informer<KubeObject>],
    ['jobs', jobs as unknown as Informer<KubeObject>],
  ];
  for (const [name, informer] of informers) health.register(name, () => informer.verdict());
  health.register('leader', () => leader.verdict());
  health.register('rebuild controller', () => rebuildController.verdict());
  health.register('schedule controller', () => scheduleController.verdict());

  const ending = new AbortController();
  const begin = async (): Promise<void> => {
    await leader.untilLeader(ending.signal);
    for (const [name, informer] of informers)
      for (;;) {
        ending.signal.throwIfAborted();
        const problem = await informer.synced(SYNC_DEADLINE_MS).then(
          () => null,
          (error: Error) => error,
        );
        if (problem === null) break;
        log.warn({ err: problem, informer: name }, 'the cluster is not seen yet');
      }
    ending.signal.throwIfAborted();
    rebuildController.start(rebuilds.list());
    scheduleController.start(schedules.list());
    log.info('at work');
  };
  for (const [, informer] of informers) informer.start();
  leader.start();
  begin().catch((error: Error) => {
    if (!ending.signal.aborted) throw error;
  });
  void leader.lost.then(options.onLost);

  // Stopped from the last to the first: what is under way is ended while the lease is still held, then it is given back.
  parts.add('connections', async () => void (await Promise.all([reader.close(), elector.close(), client.close()])));
  parts.add('leadership', () => leader.stop());
  parts.add('caches', async () => void (await Promise.all(informers.map(([, informer]) => informer.stop()))));
  parts.add('controllers', async () => void (await Promise.all([rebuildController.stop(), scheduleController.stop()])));
  parts.add('start', () => ending.abort());
  return { leader };
}
