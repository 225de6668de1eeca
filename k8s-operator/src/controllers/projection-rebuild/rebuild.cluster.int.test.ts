import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createNamespace, createOperator, installDefinitions } from '../../../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane, type User } from '../../../testing/control-plane/index.ts';
import { outsideOfItsRights, requestsOf } from '../../../testing/rights.ts';
import { JOBS, PODS } from '../../kube/resources.ts';
import { PROJECTION_REBUILDS } from '../../api/v1alpha1/index.ts';
import { FakeGateway, problem } from '../../gateway/testing.ts';
import { condition, Namespace, startTestOperator, type TestOperator, uidOf, until } from '../testing.ts';
import { rebuildIdOf } from './job.ts';
import { FINALIZER } from './situation.ts';

/** Kubernetes looks at the pods of such nodes each 20 s. */
const WAIT_MS = 60_000;

let plane: ControlPlane;
let gateway: FakeGateway;
let space: Namespace;
let user: User;
let operator: TestOperator;

beforeAll(async () => {
  plane = await startControlPlane({ withController: true });
  await installDefinitions(plane);
}, START_TIMEOUT_MS);
afterAll(async () => plane?.stop());

beforeEach(async () => {
  gateway = await new FakeGateway().start();
  const name = await createNamespace(plane);
  space = new Namespace(plane, name);
  user = await createOperator(plane, [name]);
  operator = await startTestOperator(user, [name], gateway);
});
afterEach(async () => {
  await operator.stop();
  await gateway.stop();
  // Whatever a test has it do.
  expect(outsideOfItsRights(await requestsOf(plane, user))).toEqual([]);
});

const running = (name: string, spec: Parameters<Namespace['create']>[1] = {}) => space.running(gateway, name, spec);

describe('one rebuild', () => {
  it('goes from its Job to the swap, and shows what the rows say', async () => {
    const { object, id, pod } = await running('nightly', { scope: { ledger: 'main' }, maxRatePerSecond: 500 });
    const job = await space.job('nightly-1');
    expect(job.spec?.template.spec?.containers[0]?.args).toEqual([
      'rebuild',
      `--id=${id}`,
      '--by-id-only',
      '--projection=account_summary',
      '--ledger=main',
      '--max-rate=500',
      '--json',
    ]);
    expect(job.metadata.ownerReferences).toMatchObject([{ kind: 'ProjectionRebuild', uid: id, controller: true }]);
    const parts = [{ ledger: 'main', projection: 'account_summary', state: 'filling', position: '4200', digest: null }];
    gateway.set(id, 'running', { percent: 42.9, recordsPerSecond: 1_234.4, parts });
    const half = await until('it is at 42 %', async () => {
      const found = await space.rebuild('nightly');
      return found.status?.progress === 42 ? found : null;
    });
    expect(half.status).toMatchObject({
      phase: 'Running',
      scope: 'main',
      position: '4200',
      rate: 1_234,
      attempt: 1,
      rebuildId: id,
      job: { name: 'nightly-1', uid: uidOf(job) },
    });
    expect(half.metadata.finalizers).toEqual([FINALIZER]);
    gateway.set(id, 'swapped', { parts: [{ ...parts[0]!, state: 'swapped', digest: 'beef' }] });
    await space.ended(pod, 0);
    const { status, metadata } = await space.phase('nightly', 'Swapped');
    expect(status).toMatchObject({ progress: 100, digest: 'beef', observedGeneration: 1 });
    const held = Object.fromEntries((status?.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value} ${reason}`]));
    expect(held).toEqual({
      Accepted: 'True Accepted',
      Running: 'False Swapped',
      Verified: 'True ProofHeld',
      Swapped: 'True Live',
      Failed: 'False NotFailed',
    });
    expect(Date.parse(status?.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(object.metadata.creationTimestamp ?? ''));
    await until('the finalizer is gone', async () => (await space.rebuild('nightly')).metadata.finalizers === undefined);
    expect(metadata.name).toBe('nightly');
    await space.told('nightly', ['Running', 'Swapped']);
    const asked = gateway.asked.length;
    // Once it has ended it is not followed any more: the rows are looked at for the end's own write, for a change and for the write of that, and nothing else happens.
    await space.patch(PROJECTION_REBUILDS, 'nightly', { spec: { suspend: true } });
    await until('the change was seen', async () => (await space.rebuild('nightly')).status?.observedGeneration === 2);
    expect(gateway.asked.length).toBeLessThanOrEqual(asked + 3);
    expect((await space.rebuild('nightly')).status?.phase).toBe('Swapped');
  });

  it('is Swapped when the rows say so, whatever its Job does', async () => {
    const { id } = await running('swap');
    gateway.set(id, 'swapped');
    await space.phase('swap', 'Swapped');
    expect((await space.job('swap-1')).status?.conditions).toBeUndefined();
  });

  it('is Failed when its Job ends well and the rows know of no end', async () => {
    const { id, pod } = await running('noswap');
    gateway.endsCancelled = false;
    await space.ended(pod, 0);
    await space.phase('noswap', 'Running', 'JobEnded');
    await space.phase('noswap', 'Running', 'NoSwap');
    gateway.set(id, 'cancelled');
    const failed = await space.phase('noswap', 'Failed');
    expect(condition(failed, 'Failed')).toMatchObject({ status: 'True', reason: 'NoSwap' });
    expect(condition(failed, 'Swapped')).toMatchObject({ status: 'False' });
  });

  it('is Proven when only that was asked for', async () => {
    const { id, pod } = await running('prove', { proofGate: 'ProveOnly' });
    expect((await space.job('prove-1')).spec?.template.spec?.containers[0]?.args).toContain('--prove-only');
    gateway.set(id, 'proven');
    await space.ended(pod, 0);
    const proven = await space.phase('prove', 'Proven');
    expect(condition(proven, 'Swapped')).toMatchObject({ status: 'False', reason: 'ProveOnly' });
  });

  it('is Failed when the proof refuses it, with the first difference, and is not tried again', async () => {
    const { id, pod } = await running('refused');
    gateway.set(id, 'refused', { error: 'the digest differs', difference: { account: 'alice', expected: '5', found: '6' } });
    await space.ended(pod, 5);
    const failed = await space.phase('refused', 'Failed');
    expect(condition(failed, 'Verified')).toMatchObject({ status: 'False', reason: 'ProofRefused' });
    expect(failed.status?.message).toContain('"account":"alice"');
    expect(await space.get(JOBS, 'refused-2')).toBeNull();
  });

  it('is Cancelled when somebody cancels it by HTTP', async () => {
    const { id, pod } = await running('cancelled');
    gateway.set(id, 'cancelled');
    await space.ended(pod, 4);
    await space.phase('cancelled', 'Cancelled');
  });

  it('is refused when there is no such projection', async () => {
    await space.create('unknown', { projection: 'nothing' });
    const failed = await space.phase('unknown', 'Failed', 'UnknownProjection');
    expect(condition(failed, 'Accepted')).toMatchObject({ status: 'False', message: 'There is no projection nothing.' });
    expect(await space.list(JOBS)).toEqual([]);
  });

  it('is Failed when the API server does not take its Job', async () => {
    await space.create('greedy', { podTemplate: { resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } } });
    const failed = await space.phase('greedy', 'Failed', 'JobRefused');
    expect(failed.status?.message).toContain('must be less than or equal to memory limit');
  });

  it('is deleted when its time to live is over', async () => {
    const { id } = await running('shortlived', { ttlSecondsAfterFinished: 1 });
    gateway.set(id, 'swapped');
    await space.gone(PROJECTION_REBUILDS, 'shortlived');
    await space.gone(JOBS, 'shortlived-1');
  });
});

describe('a rebuild that goes wrong on the way', () => {
  it('is tried again under another id, as often as it may be', async () => {
    const { object, id, pod } = await running('again', { retries: 1 });
    gateway.set(id, 'failed', { error: 'the disk is full' });
    await space.ended(pod, 6);
    const second = rebuildIdOf(uidOf(object), 2);
    const next = await space.pod('again-2');
    expect((await space.job('again-2')).spec?.template.spec?.containers[0]?.args).toContain(`--id=${second}`);
    expect((await space.rebuild('again')).status).toMatchObject({ attempt: 2, rebuildId: second });
    gateway.set(second, 'failed', { error: 'the disk is full' });
    await space.ended(next, 6);
    const failed = await space.phase('again', 'Failed', 'RebuildFailed');
    expect(failed.status?.message).toContain('the disk is full');
    const isFailed = async () =>
      (await space.job('again-2')).status?.conditions?.some(({ type, status }) => type === 'Failed' && status === 'True');
    await until('its Job makes no more pods', isFailed);
    await space.told('again', ['Running', 'RetryPending', 'RebuildFailed']);
  });

  it('goes on in another pod when its own died', async () => {
    const { pod, id } = await running('dies');
    await space.ended(pod, 137);
    const next = await space.pod('dies-1', [pod.metadata.name]);
    expect(next.spec?.containers[0]?.args).toContain(`--id=${id}`);
    expect((await space.job('dies-1')).status?.failed).toBe(1);
    expect((await space.rebuild('dies')).status).toMatchObject({ phase: 'Running', attempt: 1 });
  });

  it('is cancelled and tried again when its Job failed and the rows know of no end', async () => {
    const { pod, id } = await running('jobfails');
    await space.ended(pod, 4);
    await space.pod('jobfails-2');
    expect(gateway.rows.get(id)?.state).toBe('cancelled');
    await space.told('jobfails', ['Running', 'JobFailed', 'RetryPending']);
    expect((await space.rebuild('jobfails')).status).toMatchObject({ attempt: 2 });
  });

  it('goes on in another pod when its own was evicted, which does not count', async () => {
    const { pod, id } = await running('evicted');
    const disruption = [
      { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', lastTransitionTime: new Date().toISOString() },
    ];
    await space.ended(pod, 143, disruption);
    const next = await space.pod('evicted-1', [pod.metadata.name]);
    expect(next.spec?.containers[0]?.args).toContain(`--id=${id}`);
    expect((await space.job('evicted-1')).status?.failed ?? 0).toBe(0);
    expect((await space.rebuild('evicted')).status).toMatchObject({ phase: 'Running', attempt: 1 });
  });

  it('says that nothing moves when its node is lost, and goes on in another pod once that one is known to be gone', async () => {
    const { id, pod } = await running('lost');
    const [name, core] = [pod.metadata.name, `/api/v1/namespaces/${space.name}/pods`];
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'lost-node' } };
    await plane.request({ method: 'POST', path: '/api/v1/nodes', body: node });
    const target = { apiVersion: 'v1', kind: 'Node', name: 'lost-node' };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target };
    await plane.request({ method: 'POST', path: `${core}/${name}/binding`, body: binding });
    // As the node controller does with the pods of a node that does not answer: no kubelet confirms it.
    await space.delete(PODS, name);
    await until('the Job waits for the end of the pod', async () => (await space.job('lost-1')).status?.terminating === 1);
    const before = new Date(Date.now() - 600_000).toISOString().replace(/\.\d+/, '');
    gateway.set(id, 'running', { updatedAt: before });
    await space.patch(PROJECTION_REBUILDS, 'lost', { status: { activeSince: before } }, 'status');
    const still = await space.phase('lost', 'Running', 'NoProgress');
    expect(condition(still, 'Running')).toMatchObject({ status: 'False', message: expect.stringContaining(before) });
    expect((await space.list(PODS)).map(({ metadata }) => metadata.name)).toEqual([name]);
    // Deleted by force it would stay too: the Job holds it until its end is known.
    await plane.kubectl(['taint', 'node', 'lost-node', 'node.kubernetes.io/out-of-service=nodeshutdown:NoExecute']);
    const next = await space.pod('lost-1', [name], WAIT_MS);
    expect(next.spec?.containers[0]?.args).toContain(`--id=${id}`);
    gateway.set(id, 'running');
    await space.phase('lost', 'Running', 'Rebuilding');
    await space.told('lost', ['Running', 'NoProgress']);
  }, 120_000);

  it('goes on when its Job was deleted by hand', async () => {
    const { id } = await running('jobless');
    const before = uidOf(await space.job('jobless-1'));
    await space.delete(JOBS, 'jobless-1');
    const after = await until('another Job is there', async () => {
      const job = await space.get(JOBS, 'jobless-1');
      return job !== null && uidOf(job) !== before ? job : null;
    });
    expect(after.spec?.template.spec?.containers[0]?.args).toContain(`--id=${id}`);
    await until('the status names it', async () => (await space.rebuild('jobless')).status?.job?.uid === uidOf(after));
    await until('it is told', async () => (await space.events('jobless')).includes('JobGone'));
  });

  it('is Failed past its deadline, cancelled before', async () => {
    const { id } = await running('late', { deadlineSeconds: 60 });
    gateway.endsCancelled = false;
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '');
    await space.patch(PROJECTION_REBUILDS, 'late', { status: { activeSince: hourAgo } }, 'status');
    await space.phase('late', 'Running', 'DeadlineExceeded');
    await until('it is cancelled', () => gateway.rows.get(id)?.state === 'cancelling');
    await space.gone(JOBS, 'late-1');
    gateway.set(id, 'cancelled');
    await space.phase('late', 'Failed', 'DeadlineExceeded');
  });

  it('says that the gateway is away, and goes on when it is there again', async () => {
    const { id } = await running('away');
    await gateway.stop();
    const away = await space.phase('away', 'Running', 'GatewayUnreachable');
    expect(condition(away, 'Running')?.status).toBe('Unknown');
    await gateway.start();
    gateway.set(id, 'swapped');
    await space.phase('away', 'Swapped');
    gateway.answer = (_request, response) => problem(response, 403, 'forbidden', 'the role admin is needed');
    await space.create('forbidden');
    const refused = await space.phase('forbidden', 'Pending', 'GatewayRefused');
    expect(refused.status?.message).toContain('the role admin is needed');
    expect(await space.get(JOBS, 'forbidden-1')).toBeNull();
  });
});

describe('a person', () => {
  it('suspends and resumes', async () => {
    const { id, pod } = await running('paused');
    await space.patch(PROJECTION_REBUILDS, 'paused', { spec: { suspend: true } });
    await space.phase('paused', 'Suspended');
    await until('its Job is suspended', async () => (await space.job('paused-1')).spec?.suspend);
    await until('the pod is gone', async () => (await space.get(PODS, pod.metadata.name)) === null);
    expect((await space.rebuild('paused')).status).toMatchObject({ progress: 10, rebuildId: id });
    await space.patch(PROJECTION_REBUILDS, 'paused', { spec: { suspend: false } });
    await space.phase('paused', 'Running');
    const next = await space.pod('paused-1');
    expect(next.spec?.containers[0]?.args).toContain(`--id=${id}`);
    gateway.set(id, 'swapped');
    await space.phase('paused', 'Swapped');
    await space.told('paused', ['Running', 'Suspended', 'Running', 'Swapped']);
  });

  it('cancels one by HTTP while it is suspended: it says so, and what waited for it begins', async () => {
    const { id } = await running('idle');
    await space.create('next');
    await space.phase('next', 'Waiting', 'OlderRebuild');
    await space.patch(PROJECTION_REBUILDS, 'idle', { spec: { suspend: true } });
    await space.phase('idle', 'Suspended');
    await until('its Job is suspended', async () => (await space.job('idle-1')).spec?.suspend);
    gateway.set(id, 'cancelled');
    await space.phase('idle', 'Cancelled');
    await space.phase('next', 'Running');
    await space.gone(JOBS, 'idle-1');
  });

  it('suspends one whose pod was at the swap: it is Swapped', async () => {
    const { id } = await running('swapping');
    await space.patch(PROJECTION_REBUILDS, 'swapping', { spec: { suspend: true } });
    await space.phase('swapping', 'Suspended');
    gateway.set(id, 'swapped');
    await space.phase('swapping', 'Swapped');
  });

  it('makes one that is suspended from the start', async () => {
    await space.create('later', { suspend: true });
    await space.phase('later', 'Suspended');
    expect(await space.list(JOBS)).toEqual([]);
    expect(gateway.asked).toEqual([]);
    await space.patch(PROJECTION_REBUILDS, 'later', { spec: { suspend: false } });
    await space.phase('later', 'Running');
  });

  it('deletes one in the middle: its rebuild is cancelled first', async () => {
    const { id } = await running('deleted');
    gateway.endsCancelled = false;
    await space.delete(PROJECTION_REBUILDS, 'deleted');
    await until('it is being cancelled', () => gateway.rows.get(id)?.state === 'cancelling');
    expect(await space.get(PROJECTION_REBUILDS, 'deleted')).not.toBeNull();
    gateway.set(id, 'cancelled');
    await space.gone(PROJECTION_REBUILDS, 'deleted');
    await space.gone(JOBS, 'deleted-1');
    await space.told('deleted', ['Running', 'Cancelling', 'Cancelled']);
  });

  it('deletes one, and nothing holds it for ever', async () => {
    await running('stuck');
    await gateway.stop();
    await space.delete(PROJECTION_REBUILDS, 'stuck', 'Foreground');
    await space.gone(PROJECTION_REBUILDS, 'stuck');
    await until('it is told', async () => (await space.events('stuck')).includes('CancelTimedOut'));
    await gateway.start();
  });

  it('deletes one while the gateway is away: it stays until its rebuild is cancelled', async () => {
    const { id } = await running('patient');
    await gateway.stop();
    await space.delete(PROJECTION_REBUILDS, 'patient');
    await space.gone(JOBS, 'patient-1');
    const kept = await space.rebuild('patient');
    expect(kept.metadata.finalizers).toContain(FINALIZER);
    expect(condition(kept, 'Running')).toMatchObject({
      reason: 'GatewayUnreachable',
      message: expect.stringContaining('it is kept until'),
    });
    await gateway.start();
    await space.gone(PROJECTION_REBUILDS, 'patient');
    expect(gateway.rows.get(id)?.state).toBe('cancelled');
    expect(await space.events('patient')).not.toContain('CancelTimedOut');
  });

  it('deletes one whose pod has not asked yet', async () => {
    const { metadata } = await space.create('early');
    await space.pod('early-1');
    await space.delete(PROJECTION_REBUILDS, 'early');
    await space.gone(PROJECTION_REBUILDS, 'early');
    expect(gateway.asked.filter(({ method }) => method === 'DELETE')).toEqual([]);
    expect(metadata.uid).toBeDefined();
  });
});
