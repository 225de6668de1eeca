import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createNamespace, createOperator, installDefinitions } from '../../../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane, type User } from '../../../testing/control-plane/index.ts';
import { definitions } from '../../api/v1alpha1/crd.ts';
import { PROJECTION_REBUILDS } from '../../api/v1alpha1/index.ts';
import { FakeGateway } from '../../gateway/testing.ts';
import { JOBS } from '../../kube/resources.ts';
import { counted } from '../../kube/testing.ts';
import { Namespace, startTestOperator, type TestOperator, uidOf, until } from '../testing.ts';
import { FINALIZER } from './situation.ts';

/** Of a change of the rows until the object shows it, with others who write: poll, conflicts, and a machine that is busy. */
const SLOW_MS = 5_000;

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
});

const running = (name: string, spec: Parameters<Namespace['create']>[1] = {}) => space.running(gateway, name, spec);

it('others write the same object and its Job without a pause: nobody’s write is lost, and conflicts are tried again at once', async () => {
  const { id } = await running('contended');
  const writes: Record<string, (n: number) => Promise<{ status: number }>> = {
    annotation: (n) => space.patch(PROJECTION_REBUILDS, 'contended', { metadata: { annotations: { edit: `${n}` } } }),
    status: (n) => space.patch(PROJECTION_REBUILDS, 'contended', { status: { message: `edit ${n}` } }, 'status'),
    finalizers: (n) => space.patch(PROJECTION_REBUILDS, 'contended', { metadata: { finalizers: [FINALIZER, `example.com/hold-${n}`] } }),
    job: (n) => space.patch(JOBS, 'contended-1', { metadata: { annotations: { edit: `${n}` } } }),
  };
  let isOver = false;
  const last = new Map<string, number>();
  const writing = (async () => {
    for (let n = 0; !isOver; n++)
      for (const [what, write] of Object.entries(writes)) {
        expect((await write(n)).status).toBe(200);
        last.set(what, n);
      }
  })();
  const conflicts = () => counted(operator.metrics, 'ledgerflow_operator_reconcile_seconds', { outcome: 'conflict' }, '_count');
  const took: number[] = [];
  try {
    for (let round = 0; round < 20 || (await conflicts()) < 10; round++) {
      const percent = 11 + (round % 80);
      const begun = performance.now();
      gateway.set(id, 'running', { percent });
      await until(`it is at ${percent} %`, async () => (await space.rebuild('contended')).status?.progress === percent);
      took.push(performance.now() - begun);
    }
  } finally {
    isOver = true;
    await writing;
  }
  // The slow back-off of a failure doubles from 250 ms: an object that conflicts would fall behind further and further.
  expect(took.sort((a, b) => a - b)[Math.ceil(took.length * 0.99) - 1]).toBeLessThan(SLOW_MS);
  gateway.set(id, 'swapped');
  await space.phase('contended', 'Swapped');
  const hold = `example.com/hold-${last.get('finalizers')}`;
  await until(
    'only the finalizer of the other one is left',
    async () => (await space.rebuild('contended')).metadata.finalizers?.join() === hold,
  );
  expect((await space.rebuild('contended')).metadata.annotations?.['edit']).toBe(`${last.get('annotation')}`);
  expect((await space.job('contended-1')).metadata.annotations?.['edit']).toBe(`${last.get('job')}`);
  expect((await space.rebuild('contended')).status?.message).toBe('The new generations are live.');
  await space.told('contended', ['Running', 'Swapped']);
}, 120_000);

describe('a definition that is changed', () => {
  const SPEC = '/spec/versions/0/schema/openAPIV3Schema/properties/spec';
  const without = (...paths: string[]) =>
    plane.kubectl([
      'patch',
      'crd',
      'projectionrebuilds.ledgerflow.io',
      '--type=json',
      '-p',
      JSON.stringify(paths.map((one) => ({ op: 'remove', path: SPEC + one }))),
    ]);
  const mend = () =>
    plane.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: definitions()['projectionrebuilds'] });
  afterEach(mend);

  it('leaves what is understood to go on, and what is not alone', async () => {
    const { id } = await running('before');
    await without('/properties/projection/pattern');
    const strange = await until('the definition is another', () =>
      space.create('strange', { projection: 'Account Summary' }).catch(() => null),
    );
    await until('it is told', async () => (await space.events('strange')).includes('InvalidSpec'));
    gateway.set(id, 'swapped');
    await space.phase('before', 'Swapped');
    expect(await space.rebuild('strange')).toEqual(strange);
    await space.patch(PROJECTION_REBUILDS, 'strange', { metadata: { labels: { seen: 'again' } } });
    await space.create('after');
    await space.phase('after', 'Running');
    await space.told('strange', ['InvalidSpec']);
    expect(await space.get(JOBS, 'strange-1')).toBeNull();
    await space.delete(PROJECTION_REBUILDS, 'strange');
    await space.gone(PROJECTION_REBUILDS, 'strange');
  });

  it('that is mended: what was left alone goes on by itself', async () => {
    const { id } = await running('patient');
    await operator.stop();
    await without('/x-kubernetes-validations', '/required', '/properties/projection');
    // Nobody writes it meanwhile: the member would be gone for good.
    await until('the member is not shown', async () => (await space.rebuild('patient')).spec.projection === undefined);
    operator = await startTestOperator(user, [space.name], gateway);
    await until('it is told', async () => (await space.events('patient')).includes('InvalidSpec'));
    gateway.set(id, 'swapped');
    await mend();
    await space.phase('patient', 'Swapped');
  });

  it('lets go of what began and is not understood any more, cancelled', async () => {
    const { id } = await running('turned');
    // Not a member with a default: a watch that is older than the change would put it in.
    await without('/x-kubernetes-validations', '/required', '/properties/projection');
    await until('the member is gone', async () => (await space.rebuild('turned')).spec.projection === undefined);
    await space.patch(PROJECTION_REBUILDS, 'turned', { metadata: { labels: { seen: 'again' } } });
    await until('it is told', async () => (await space.events('turned')).includes('InvalidSpec'));
    await space.delete(PROJECTION_REBUILDS, 'turned');
    await space.gone(PROJECTION_REBUILDS, 'turned');
    expect(gateway.rows.get(id)?.state).toBe('cancelled');
  });
});

describe('rebuilds of the same rows', () => {
  it('run one after the other, the older one first', async () => {
    const first = await running('first', { projection: 'all', scope: { ledger: 'main' } });
    await space.create('second', { scope: { ledger: 'main' } });
    const waiting = await space.phase('second', 'Waiting', 'OlderRebuild');
    expect(waiting.status).toMatchObject({
      waitsFor: { rebuild: first.id, name: `${space.name}/first` },
      message: expect.stringContaining(`${space.name}/first`),
    });
    await space.create('elsewhere', { scope: { ledger: 'other' } });
    await space.phase('elsewhere', 'Running');
    expect(await space.get(JOBS, 'second-1')).toBeNull();
    gateway.set(first.id, 'swapped');
    await space.phase('second', 'Running');
    expect((await space.rebuild('second')).status?.waitsFor).toBeUndefined();
  });

  it('wait for what is deleted, no longer than it is there', async () => {
    await running('holder');
    await space.create('waiter');
    await space.phase('waiter', 'Waiting', 'OlderRebuild');
    await space.delete(PROJECTION_REBUILDS, 'holder');
    await space.gone(PROJECTION_REBUILDS, 'holder');
    await space.phase('waiter', 'Running');
  });

  it('wait for one that was asked for by HTTP, and say which', async () => {
    gateway.set('http', 'running', { projection: 'all' });
    await space.create('patient');
    const waiting = await space.phase('patient', 'Waiting', 'RequestedRebuild');
    expect(waiting.status?.waitsFor).toEqual({ rebuild: 'http' });
    expect(await space.get(JOBS, 'patient-1')).toBeNull();
    gateway.set('http', 'swapped');
    await space.phase('patient', 'Running');
  });

  it('say of one that nobody works on what ends it', async () => {
    const updatedAt = new Date(Date.now() - 600_000).toISOString();
    gateway.set('orphan', 'running', { projection: 'all', byIdOnly: true, updatedAt });
    await space.create('barred');
    const waiting = await space.phase('barred', 'Waiting', 'AbandonedRebuild');
    expect(waiting.status?.message).toContain('DELETE /api/v1/admin/projections/all/rebuilds/orphan');
    gateway.set('orphan', 'cancelled');
    await space.phase('barred', 'Running');
  });

  it('go on when another process has the same rebuild, which is not left behind', async () => {
    const { id, pod } = await running('doubled');
    const first = uidOf(await space.job('doubled-1'));
    await space.ended(pod, 3);
    await until('another Job is there', async () => {
      const job = await space.get(JOBS, 'doubled-1');
      return job !== null && uidOf(job) !== first;
    });
    expect((await space.rebuild('doubled')).status).toMatchObject({ phase: 'Running', rebuildId: id, attempt: 1 });
    expect(await space.events('doubled')).not.toContain('JobGone');
    gateway.set(id, 'swapped');
    await space.phase('doubled', 'Swapped');
  });

  it('wait also when only the Job found the rows taken', async () => {
    await space.create('beaten');
    const pod = await space.pod('beaten-1');
    const first = uidOf(await space.job('beaten-1'));
    gateway.set('http', 'running', { projection: 'all' });
    await space.ended(pod, 3);
    await space.phase('beaten', 'Waiting', 'RequestedRebuild');
    await space.gone(JOBS, 'beaten-1');
    gateway.set('http', 'cancelled');
    await space.phase('beaten', 'Running');
    expect(uidOf(await space.job('beaten-1'))).not.toBe(first);
    expect((await space.rebuild('beaten')).status?.attempt).toBe(1);
  });
});
