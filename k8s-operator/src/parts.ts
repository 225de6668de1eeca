import type { KubeConfig } from '@kubernetes/client-node';
import type { Health } from '@ledgerflow/platform/health';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import { PROJECTION_REBUILDS, PROJECTION_SCHEDULES, type ProjectionRebuild, type ProjectionSchedule } from './api/v1alpha1/index.ts';
import { InvalidObjects } from './controllers/invalid-objects.ts';
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
import { KubeClient, type KubeClientOptions } from './kube/client.ts';
import type { Access } from './kube/access.ts';
import { EventRecorder } from './kube/events.ts';
import { Informer } from './kube/informer.ts';
import { type Job, JOBS } from './kube/resources.ts';
import { Controller } from './runtime/controller.ts';
import { Leader } from './runtime/leader.ts';
import { operatorMetrics, type OperatorMetrics } from './runtime/metrics.ts';

export const FIELD_MANAGER = 'ledgerflow-operator';
const REPORTING_CONTROLLER = 'ledgerflow.io/operator';
const RECONCILE_DEADLINE_MS = 60_000;
/** One that leads and sees nothing of the cluster for so long gives its place to another. */
const SYNC_DEADLINE_MS = 600_000;
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
  /** The leadership was lost, or is of no use here: the process must end. */
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
    status: { conditions: status?.conditions, failed: status?.failed, active: status?.active, ready: status?.ready },
  };
}

/** Who asks: each with its own connections, so that neither a renewal of the lease nor a write waits behind a list. */
interface Clients {
  reader: KubeClient;
  writer: KubeClient;
  elector: KubeClient;
  gateway: GatewayClient;
  leader: Leader;
}

function connect({ kubeConfig, lease, gateway, log }: OperatorOptions, metrics: OperatorMetrics): Clients {
  // Renewed after a third, a lease has two thirds left: whatever is configured, a write has room.
  const writeMaxMs = Math.floor(lease.leaseMs / 3);
  const client = (more: Partial<KubeClientOptions>): KubeClient =>
    new KubeClient({ kubeConfig, fieldManager: FIELD_MANAGER, metrics, ...more });
  const elector = client({ requestTimeoutMs: Math.min(LEASE_TIMEOUT_MS, writeMaxMs) });
  const leader = new Leader({ client: elector, ...lease, renewMs: lease.leaseMs / 3, retryMs: lease.leaseMs / 4, log, metrics });
  const beforeWrite = (timeoutMs: number): void => leader.beforeWrite(timeoutMs);
  return {
    reader: client({}),
    writer: client({ beforeWrite, requestTimeoutMs: Math.min(WRITE_TIMEOUT_MS, writeMaxMs) }),
    elector,
    gateway: new GatewayClient({ ...gateway, writeTimeoutMs: writeMaxMs, beforeWrite }),
    leader,
  };
}

/** The copies of the cluster's objects, and who works on them. */
interface Work {
  rebuilds: Informer<ProjectionRebuild>;
  schedules: Informer<ProjectionSchedule>;
  jobs: Informer<Job>;
  rebuildController: Controller;
  scheduleController: Controller;
}

function arrange(options: OperatorOptions, metrics: OperatorMetrics, { reader, writer: client, gateway }: Clients): Work {
  const { namespaces, lease, log, workers, template, timing, now } = options;
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
  const events = new EventRecorder({
    client,
    reportingController: REPORTING_CONTROLLER,
    instance: lease.identity,
    underWayMax: EVENTS_PER_WORKER * workers,
    log,
  });
  const invalid = (informer: { relist(): void }): InvalidObjects =>
    new InvalidObjects({ events, log, relist: () => informer.relist(), lookAgainMs: options.lookAgainMs });
  const shared = { client, events, log, now, rebuilds };
  const rebuilding = new RebuildReconciler({ ...shared, invalid: invalid(rebuilds), jobs, gateway, template, timing });
  const scheduling = new ScheduleReconciler({ ...shared, invalid: invalid(schedules), schedules });
  const working = { workers, deadlineMs: RECONCILE_DEADLINE_MS, log, metrics };
  const rebuildController = new Controller({ ...working, name: 'projection-rebuild', reconcile: rebuilding.reconcile });
  const scheduleController = new Controller({ ...working, name: 'projection-schedule', reconcile: scheduling.reconcile });
  return { rebuilds, schedules, jobs, rebuildController, scheduleController };
}

/**
 * The operator between its resources: caches, leader, controllers; registered with health and metrics, and named for stopping. The caches are kept by one that does not
 * lead too, so that it can go on at once.
 */
export function startOperator(options: OperatorOptions, parts: Stoppable): { leader: Leader } {
  const { health, log } = options;
  const metrics = operatorMetrics(options.metrics);
  const clients = connect(options, metrics);
  const { leader } = clients;
  const { rebuildController, scheduleController, ...informers } = arrange(options, metrics, clients);
  phaseGauge(options.metrics, informers.rebuilds, leader);
  for (const [name, informer] of Object.entries(informers)) health.register(name, () => informer.verdict());
  health.register('leader', () => leader.verdict());
  health.register('rebuild controller', () => rebuildController.verdict());
  health.register('schedule controller', () => scheduleController.verdict());

  const ending = new AbortController();
  const begin = async (): Promise<void> => {
    await leader.untilLeader(ending.signal);
    await Promise.all(Object.values(informers).map((informer) => informer.synced(SYNC_DEADLINE_MS)));
    ending.signal.throwIfAborted();
    rebuildController.start(informers.rebuilds.list());
    scheduleController.start(informers.schedules.list());
    log.info('at work');
  };
  for (const informer of Object.values(informers)) informer.start();
  leader.start();
  begin().catch((error: Error) => {
    if (ending.signal.aborted) return;
    log.error({ err: error }, 'the cluster is not seen: another one shall lead');
    options.onLost();
  });
  void leader.lost.then(options.onLost);

  // Stopped from the last to the first: what is under way is ended while the lease is still held, then it is given back.
  const { reader, writer, elector } = clients;
  parts.add('connections', async () => void (await Promise.all([reader.close(), elector.close(), writer.close()])));
  parts.add('leadership', () => leader.stop());
  parts.add('caches', async () => void (await Promise.all(Object.values(informers).map((informer) => informer.stop()))));
  parts.add('controllers', async () => void (await Promise.all([rebuildController.stop(), scheduleController.stop()])));
  parts.add('start', () => ending.abort());
  return { leader };
}
