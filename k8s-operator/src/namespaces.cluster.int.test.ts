import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createNamespace, createOperator, installDefinitions } from '../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane, type User } from '../testing/control-plane/index.ts';
import { PROJECTION_REBUILDS } from './api/v1alpha1/index.ts';
import { Namespace, startTestOperator, type TestOperator, uidOf, until } from './controllers/testing.ts';
import { FakeGateway } from './gateway/testing.ts';
import { JOBS } from './kube/resources.ts';

const WAIT_MS = 90_000;
const TEST_MS = 120_000;

let plane: ControlPlane;
let gateway: FakeGateway;
let user: User;
let operator: TestOperator | null = null;

beforeAll(async () => {
  plane = await startControlPlane({ withController: true });
  await installDefinitions(plane);
}, START_TIMEOUT_MS);
afterAll(async () => plane?.stop());
beforeEach(async () => {
  gateway = await new FakeGateway().start();
});
afterEach(async () => {
  await operator?.stop();
  operator = null;
  await gateway.stop();
});

const deleteNamespace = async (name: string): Promise<void> => {
  expect((await plane.request({ method: 'DELETE', path: `/api/v1/namespaces/${name}` })).status).toBe(200);
};
/** What is left in a namespace is looked at by its controller after a while, and after a while again. */
async function namespaceGone(name: string): Promise<void> {
  const look = () => plane.request({ path: `/api/v1/namespaces/${name}` });
  const left = async () => [(await look()).body, await new Namespace(plane, name).list(PROJECTION_REBUILDS)];
  await until(`namespace ${name} is gone`, async () => (await look()).status === 404, left, WAIT_MS);
}

it(
  'in the whole cluster: one after the other over namespaces, and a namespace that is deleted goes with what runs in it',
  async () => {
    const home = await createNamespace(plane, 'home');
    user = await createOperator(plane, [home], { isClusterWide: true });
    operator = await startTestOperator(user, [home], gateway, { isClusterWide: true });
    // Made when it is at work already.
    const [one, two] = [new Namespace(plane, await createNamespace(plane)), new Namespace(plane, await createNamespace(plane))];
    const { id: first } = await one.running(gateway, 'first');
    const second = uidOf(await two.create('second'));
    expect((await two.phase('second', 'Waiting', 'OlderRebuild')).status?.waitsFor?.name).toBe(`${one.name}/first`);
    const deletedAt = new Date().toISOString();
    await deleteNamespace(one.name);
    await namespaceGone(one.name);
    expect(gateway.rows.get(first)?.state).toBe('cancelled');
    await two.phase('second', 'Running');
    gateway.set(second, 'swapped');
    await two.phase('second', 'Swapped');
    const refused = (await plane.auditLog(user.name)).filter(({ status, resource }) => status === 403 && resource !== 'events');
    // Nothing is made any more in a namespace that goes: a Job that went before its object did is not made again there.
    const isOfOneThatGoes = ({ namespace, resource, at }: (typeof refused)[number]): boolean =>
      namespace === one.name && resource === 'jobs' && at >= deletedAt;
    expect(refused.filter((request) => !isOfOneThatGoes(request))).toEqual([]);
  },
  TEST_MS,
);

it(
  'a namespace whose operator went first stays, and goes with the command that the README has',
  async () => {
    const name = await createNamespace(plane);
    const space = new Namespace(plane, name);
    operator = await startTestOperator(await createOperator(plane, [name]), [name], gateway);
    await space.running(gateway, 'orphan');
    await operator.stop();
    operator = null;
    await deleteNamespace(name);
    await until('what is left is told', async () => {
      const { body } = await plane.request({ path: `/api/v1/namespaces/${name}` });
      const { conditions = [] } = (body as { status: { conditions?: { type: string; status: string }[] } }).status;
      return conditions.some(({ type, status }) => type === 'NamespaceFinalizersRemaining' && status === 'True');
    });
    expect(await space.get(PROJECTION_REBUILDS, 'orphan')).not.toBeNull();
    expect(await space.get(JOBS, 'orphan-1')).toBeNull();
    const names = (await plane.kubectl(['get', 'projectionrebuilds', '-n', name, '-o', 'name'])).trim().split('\n');
    await plane.kubectl(['patch', '-n', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}', ...names]);
    await namespaceGone(name);
  },
  TEST_MS,
);

it(
  'objects that are deleted before their namespace and their operator leave nothing behind',
  async () => {
    const name = await createNamespace(plane);
    const space = new Namespace(plane, name);
    operator = await startTestOperator(await createOperator(plane, [name]), [name], gateway);
    const { id } = await space.running(gateway, 'tidy');
    await plane.kubectl(['delete', 'projectionschedules,projectionrebuilds', '--all', '-n', name]);
    expect(gateway.rows.get(id)?.state).toBe('cancelled');
    await operator.stop();
    operator = null;
    await deleteNamespace(name);
    await namespaceGone(name);
  },
  TEST_MS,
);
