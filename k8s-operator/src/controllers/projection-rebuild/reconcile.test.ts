import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import type { ProjectionRebuild, ProjectionRebuildStatus } from '../../api/v1alpha1/index.ts';
import { GatewayError } from '../../gateway/errors.ts';
import type { GatewayRebuild } from '../../gateway/rebuild.ts';
import { KubeError } from '../../kube/errors.ts';
import type { Job, KubeObject } from '../../kube/resources.ts';
import { RebuildReconciler, type RebuildReconcilerOptions } from './index.ts';
import { jobOf } from './job.ts';
import { ago, begun, NOW, objectOf, row } from './situation.fixture.ts';
import { FINALIZER } from './situation.ts';
import { parseTemplate } from './template.ts';

const TEMPLATE = parseTemplate('spec: { containers: [{ name: rebuild, image: "builder:1", command: [read-model-builder] }] }');

/** An API server with one object, whose caches a test fills by itself. */
class World {
  readonly done: string[] = [];
  readonly events: string[] = [];
  now = NOW;
  version = 1;
  object: ProjectionRebuild;
  /** As the cache has it. */
  cached: ProjectionRebuild;
  job: Job | null = null;
  cachedJobs: Job[] = [];
  own: GatewayRebuild | null = null;
  refuse: KubeError | null = null;
  cancelRefusal: string | null = null;
  private readonly reconciler: RebuildReconciler;

  constructor(object: ProjectionRebuild) {
    this.object = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
    this.cached = this.object;
    const client = {
      list: async () => ({ items: this.job === null ? [] : [this.job], resourceVersion: '', continue: null }),
      apply: async (resource: { kind: string }, change: KubeObject & { status?: ProjectionRebuildStatus }) => {
        this.done.push(`apply ${resource.kind}`);
        if (resource.kind === 'Job') {
          if (this.refuse !== null) throw this.refuse;
          this.job = { ...change, metadata: { ...change.metadata, uid: 'made', resourceVersion: '1' } };
          return this.job;
        }
        return this.write({ ...this.object, status: change.status }, change.metadata.resourceVersion);
      },
      patch: async (resource: { kind: string }, _namespace: string, _name: string, { metadata }: KubeObject) => {
        this.done.push(`patch ${resource.kind}`);
        return this.write(
          { ...this.object, metadata: { ...this.object.metadata, finalizers: metadata.finalizers } },
          metadata.resourceVersion,
        );
      },
      delete: async (resource: { kind: string }) => void this.done.push(`delete ${resource.kind}`),
    };
    const options = {
      client,
      rebuilds: { get: () => this.cached, list: () => [this.cached] },
      jobs: { get: () => this.cachedJobs[0], list: () => this.cachedJobs },
      gateway: {
        getRebuild: async () => this.own,
        listRebuilds: async () => [],
        cancelRebuild: async () => {
          this.done.push('cancel');
          if (this.cancelRefusal !== null) throw new GatewayError(this.cancelRefusal, { status: 503, code: 'unavailable' });
        },
      },
      events: { record: async (_about: KubeObject, _type: string, reason: string) => void this.events.push(reason) },
      invalid: { tell: async () => undefined },
      template: TEMPLATE,
      log: silentLogger,
      now: () => this.now,
      random: () => 0,
    };
    this.reconciler = new RebuildReconciler(options as unknown as RebuildReconcilerOptions);
  }

  private write(next: ProjectionRebuild, version: string | undefined): ProjectionRebuild {
    if (version !== this.object.metadata.resourceVersion)
      throw new KubeError('the object has been modified', { status: 409, reason: 'Conflict' });
    this.version += 1;
    this.object = { ...next, metadata: { ...next.metadata, resourceVersion: String(this.version) } };
    return this.object;
  }

  /** One look, after which what was written is in the cache; what it did and when it wants to look again. */
  async look({ isSeen = true } = {}): Promise<{ done: string[]; events: string[]; requeueAfterMs: number | undefined }> {
    const result = await this.reconciler.reconcile('books', 'nightly', AbortSignal.timeout(5_000));
    if (isSeen) this.cached = this.object;
    return { done: this.done.splice(0), events: this.events.splice(0), requeueAfterMs: result?.requeueAfterMs };
  }
}

describe('a Job that was made a moment ago and is not in the cache', () => {
  const made = (object: ProjectionRebuild): Job => {
    const job = jobOf(object, 1, TEMPLATE);
    return { ...job, metadata: { ...job.metadata, uid: 'made', resourceVersion: '1' } };
  };

  it('is deleted before its deleted object goes: its pod may ask yet', async () => {
    const world = new World(begun({ status: { job: undefined }, metadata: { deletionTimestamp: ago(1_000) } }));
    world.job = made(world.object);
    expect(await world.look()).toMatchObject({ done: ['apply ProjectionRebuild', 'delete Job'] });
    expect(world.object.metadata.finalizers).toContain(FINALIZER);
    world.job = null;
    expect(await world.look()).toMatchObject({ done: ['patch ProjectionRebuild'] });
    expect(world.object.metadata.finalizers).toEqual([]);
  });

  it('is not made again', async () => {
    const world = new World(begun());
    world.job = made(world.object);
    world.own = row('running');
    expect(await world.look()).toMatchObject({ done: ['apply ProjectionRebuild'], events: [] });
    expect(world.object.status?.job).toEqual({ name: 'nightly-1', uid: 'made' });
  });
});

describe('a Job that the API server does not take', () => {
  const runningOf = ({ object }: World) => object.status?.conditions?.find(({ type }) => type === 'Running');

  it.each([
    ['JobNotMade', 403, 'exceeded quota: jobs'],
    ['JobNameTaken', 422, 'spec.template: field is immutable'],
  ])('is tried again less and less often, and nothing else is said meanwhile: %s', async (reason, status, message) => {
    const world = new World(objectOf());
    world.refuse = new KubeError(message, { status, reason: 'Refused' });
    const first = await world.look();
    expect(first.events).toEqual(['Running', reason]);
    expect(runningOf(world)?.reason).toBe(reason);
    const waits = [first.requeueAfterMs];
    for (let round = 0; round < 6; round++) {
      world.now += waits.at(-1)!;
      const { done, events, requeueAfterMs } = await world.look();
      expect({ done, events }).toEqual({ done: ['apply Job'], events: [] });
      waits.push(requeueAfterMs);
    }
    expect(waits).toEqual([5_000, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    world.refuse = null;
    world.now += 60_000;
    expect(await world.look()).toMatchObject({ done: ['apply Job'], events: [] });
    await world.look();
    expect(runningOf(world)).toMatchObject({ status: 'True', reason: 'Rebuilding' });
  });
});

it('does nothing by an object that it has written over and that the cache has as it was', async () => {
  const waiting = { phase: 'Waiting' as const, attempt: 1 };
  const world = new World(objectOf({ status: waiting, metadata: { finalizers: [FINALIZER] } }));
  // The Job of before is going: what is said of that stays said.
  const before = jobOf(world.object, 1, TEMPLATE);
  const leaving = { ...before, metadata: { ...before.metadata, uid: 'before', deletionTimestamp: ago(1_000) } };
  world.cachedJobs = [leaving];
  await world.look();
  world.cachedJobs = [];
  expect(await world.look({ isSeen: false })).toMatchObject({ done: ['apply ProjectionRebuild', 'apply Job'] });
  // The new Job is in its cache first.
  world.cachedJobs = [world.job!];
  expect(await world.look()).toEqual({ done: [], events: [], requeueAfterMs: 50 });
  world.own = row('running');
  expect(await world.look()).toMatchObject({ done: ['apply ProjectionRebuild'] });
  expect(world.object.status).toMatchObject({ phase: 'Running', job: { uid: 'made' } });
});

it.each([
  ['past its deadline', begun({ spec: { deadlineSeconds: 60 }, status: { activeSince: ago(61_000) } }), 'DeadlineExceeded'],
  ['deleted', begun({ metadata: { deletionTimestamp: ago(1_000) } }), 'Cancelling'],
])('says why a rebuild is not cancelled, once, and asks again: %s', async (_when, object, reason) => {
  const world = new World(object);
  world.own = row('running');
  world.cancelRefusal = 'the audit is away';
  const first = await world.look();
  expect(first.events).toEqual([reason, 'CancelRefused']);
  const running = () => world.object.status?.conditions?.find(({ type }) => type === 'Running');
  expect(running()).toMatchObject({
    status: 'False',
    reason: 'CancelRefused',
    message: expect.stringContaining('did not take it: the audit is away'),
  });
  expect(await world.look()).toMatchObject({ done: ['cancel'], events: [] });
  world.cancelRefusal = null;
  expect(await world.look()).toMatchObject({ done: ['cancel'], events: [] });
  world.own = row('cancelling');
  await world.look();
  expect(running()?.reason).toBe(reason);
});
