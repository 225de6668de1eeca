import { Health } from '@ledgerflow/platform/health';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { silentLogger } from '@ledgerflow/platform/log';
import { createMetrics } from '@ledgerflow/platform/metrics';
import type { ControlPlane, User } from '../../testing/control-plane/index.ts';
import { until } from '../../testing/until.ts';
import {
  API_VERSION,
  type Condition,
  conditionOf,
  type Phase,
  PROJECTION_REBUILDS,
  PROJECTION_SCHEDULES,
  type ProjectionRebuild,
  type ProjectionSchedule,
} from '../api/v1alpha1/index.ts';
import type { FakeGateway } from '../gateway/testing.ts';
import { type Event, EVENTS, type Job, JOBS, type KubeObject, path, type Pod, PODS, type Resource } from '../kube/resources.ts';
import type { Leader } from '../runtime/leader.ts';
import { startOperator } from '../parts.ts';
import type { Timing } from './projection-rebuild/index.ts';
import { parseTemplate } from './projection-rebuild/template.ts';

export { until };

/** Short enough for a test, long enough for a control plane that shares its processors with others. */
export const QUICK: Timing = {
  pollMs: 200,
  waitMs: 300,
  suspendedMs: 300,
  cancelPollMs: 200,
  cancelMaxMs: 3_000,
  keepMaxMs: 15_000,
  noSwapMs: 2_000,
  retryMs: 500,
};

const LOOK_AGAIN_MS = 500;
const TEMPLATE = parseTemplate('spec: { containers: [{ name: rebuild, image: "builder:1", command: [read-model-builder] }] }');

export interface TestOperator {
  health: Health;
  leader: Leader;
  metrics: ReturnType<typeof createMetrics>;
  stop(): Promise<void>;
}

/** The operator in this process, as a user of the API server; at work when it is returned. Its home is the first namespace; it looks after all of them, or the whole cluster. */
export async function startTestOperator(
  user: User,
  namespaces: readonly [string, ...string[]],
  gateway: FakeGateway,
  { timing = {}, now, isClusterWide = false }: { timing?: Partial<Timing>; now?: () => number; isClusterWide?: boolean } = {},
): Promise<TestOperator> {
  const parts = new Stoppable();
  const health = new Health();
  const metrics = createMetrics('k8s-operator');
  let lost = false;
  const { leader } = startOperator(
    {
      kubeConfig: user.kubeConfig,
      namespaces: isClusterWide ? [] : namespaces,
      lease: { namespace: namespaces[0], name: 'ledgerflow-operator', identity: 'test', leaseMs: 30_000 },
      gateway: { url: gateway.url, token: { get: () => Promise.resolve('token'), forget: () => undefined }, timeoutMs: 2_000 },
      template: TEMPLATE,
      workers: 4,
      timing: { ...QUICK, ...timing },
      lookAgainMs: LOOK_AGAIN_MS,
      now,
      onLost: () => (lost = true),
      health,
      metrics,
      log: silentLogger,
    },
    parts,
  );
  await until('the operator leads', () => leader.isLeader && health.ready);
  return {
    health,
    leader,
    metrics,
    stop: async () => {
      await parts.stop(silentLogger);
      if (lost) throw new Error('the operator of the test lost its leadership');
    },
  };
}

/** What a person, or another controller, does in a namespace, as the administrator. */
export class Namespace {
  readonly name: string;
  private readonly plane: ControlPlane;

  constructor(plane: ControlPlane, name: string) {
    this.plane = plane;
    this.name = name;
  }

  async create(name: string, spec: Partial<ProjectionRebuild['spec']> = {}): Promise<ProjectionRebuild> {
    return this.post(PROJECTION_REBUILDS, name, { projection: 'account_summary', scope: {}, ...spec });
  }

  async schedule(name: string, spec: Partial<ProjectionSchedule['spec']>): Promise<ProjectionSchedule> {
    return this.post(PROJECTION_SCHEDULES, name, { template: { spec: { projection: 'account_summary' } }, ...spec });
  }

  /** An object whose Job and pod are there and whose rebuild goes on. */
  async running(gateway: FakeGateway, name: string, spec: Partial<ProjectionRebuild['spec']> = {}) {
    const object = await this.create(name, spec);
    const id = uidOf(object);
    await this.phase(name, 'Running');
    const pod = await this.pod(`${name}-1`);
    gateway.set(id, 'running', { projection: object.spec.projection, ledger: object.spec.scope.ledger ?? null });
    await until(`${name} shows progress`, async () => (await this.rebuild(name)).status?.progress === 10);
    return { object, id, pod };
  }

  async get<T extends KubeObject>(resource: Resource<T>, name: string): Promise<T | null> {
    const { status, body } = await this.plane.request({ path: path(resource, this.name, name) });
    if (status === 404) return null;
    if (status !== 200) throw new Error(`${resource.kind} ${name}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  async list<T extends KubeObject>(resource: Resource<T>): Promise<T[]> {
    const { body } = await this.plane.request({ path: path(resource, this.name) });
    return (body as { items: T[] }).items;
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    body: object,
    subresource?: 'status',
  ): Promise<{ status: number; body: unknown }> {
    return this.plane.request({
      method: 'PATCH',
      path: path(resource, this.name, name, subresource),
      body,
      contentType: 'application/merge-patch+json',
    });
  }

  async delete<T extends KubeObject>(resource: Resource<T>, name: string, propagationPolicy = 'Background'): Promise<void> {
    await this.plane.request({ method: 'DELETE', path: `${path(resource, this.name, name)}?propagationPolicy=${propagationPolicy}` });
  }

  async rebuild(name: string): Promise<ProjectionRebuild> {
    return until(`${name} is there`, () => this.get(PROJECTION_REBUILDS, name));
  }

  /** The object once it is in a phase, and its condition Running has a reason, if one is named. */
  async phase(name: string, phase: Phase, reason?: string): Promise<ProjectionRebuild> {
    const look = async (): Promise<ProjectionRebuild | null> => {
      const found = await this.get(PROJECTION_REBUILDS, name);
      const isIt = found?.status?.phase === phase && (reason === undefined || condition(found, 'Running')?.reason === reason);
      return isIt ? found : null;
    };
    return until(`${name} is ${phase} ${reason ?? ''}`, look, async () => (await this.get(PROJECTION_REBUILDS, name))?.status);
  }

  async gone<T extends KubeObject>(resource: Resource<T>, name: string): Promise<void> {
    await until(
      `${resource.kind} ${name} is gone`,
      async () => (await this.get(resource, name)) === null,
      () => this.get(resource, name),
    );
  }

  async job(name: string): Promise<Job> {
    return until(`Job ${name} is there`, () => this.get(JOBS, name));
  }

  /** The pod of a Job that has not ended, another than those named. */
  async pod(job: string, others: readonly string[] = [], waitMs?: number): Promise<Pod> {
    const isIt = ({ metadata, status }: Pod): boolean =>
      metadata.labels?.['batch.kubernetes.io/job-name'] === job &&
      metadata.deletionTimestamp === undefined &&
      status?.phase !== 'Failed' &&
      status?.phase !== 'Succeeded' &&
      !others.includes(metadata.name);
    return until(
      `a pod of ${job} is there`,
      async () => (await this.list(PODS)).find(isIt),
      () => this.list(PODS),
      waitMs,
    );
  }

  /** What a kubelet would say of a pod whose container has ended. */
  async ended(pod: Pod, exitCode: number, conditions: readonly object[] = []): Promise<void> {
    const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: new Date().toISOString() };
    const status = {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      conditions,
      containerStatuses: [{ name: 'rebuild', image: 'builder:1', imageID: '', ready: false, restartCount: 0, state: { terminated } }],
    };
    const answer = await this.patch(PODS, pod.metadata.name, { status }, 'status');
    if (answer.status !== 200) throw new Error(`pod ${pod.metadata.name}: ${JSON.stringify(answer.body)}`);
  }

  /** Reasons of the events of an object, in the order in which they were told. */
  async events(name: string): Promise<string[]> {
    const all = (await this.list(EVENTS)).filter(({ regarding }) => regarding?.name === name);
    return all.sort((a: Event, b: Event) => ((a.eventTime ?? '') < (b.eventTime ?? '') ? -1 : 1)).map(({ reason }) => reason ?? '');
  }

  /** An event is told after the status is written: they are waited for, and those of the object must be these, in this order. */
  async told(name: string, reasons: readonly string[]): Promise<void> {
    const isTold = async (): Promise<boolean> => (await this.events(name)).length >= reasons.length;
    await until(`${name} has ${reasons.length} events`, isTold, () => this.events(name));
    const found = await this.events(name);
    if (found.join() !== reasons.join()) throw new Error(`the events of ${name} are ${found.join(', ')}, and not ${reasons.join(', ')}`);
  }

  private async post<T extends KubeObject>(resource: Resource<T>, name: string, spec: object): Promise<T> {
    const body = { apiVersion: API_VERSION, kind: resource.kind, metadata: { name }, spec };
    const answer = await this.plane.request({ method: 'POST', path: path(resource, this.name), body });
    if (answer.status !== 201) throw new Error(`${resource.kind} ${name}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }
}

export const condition = (object: ProjectionRebuild, type: string): Condition | undefined => conditionOf(object.status?.conditions, type);
export const uidOf = (object: KubeObject): string => object.metadata.uid ?? '';
