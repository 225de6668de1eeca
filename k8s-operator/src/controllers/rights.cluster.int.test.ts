import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createNamespace, createOperator, installDefinitions } from '../../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane, type User } from '../../testing/control-plane/index.ts';
import { kindOf, outsideOfItsRights, requestsOf, RULES } from '../../testing/rights.ts';
import { PROJECTION_REBUILDS, PROJECTION_SCHEDULES } from '../api/v1alpha1/index.ts';
import { FakeGateway } from '../gateway/testing.ts';
import { JOBS } from '../kube/resources.ts';
import { Namespace, startTestOperator, type TestOperator, uidOf, until } from './testing.ts';

let plane: ControlPlane;
let user: User;
let space: Namespace;
let gateway: FakeGateway;
let operator: TestOperator;
let aheadMs = 0;

beforeAll(async () => {
  plane = await startControlPlane({ withController: true });
  await installDefinitions(plane);
  gateway = await new FakeGateway().start();
  const name = await createNamespace(plane);
  space = new Namespace(plane, name);
  user = await createOperator(plane, [name]);
  operator = await startTestOperator(user, [name], gateway, { now: () => Date.now() + aheadMs });
}, START_TIMEOUT_MS);
afterAll(async () => {
  await operator?.stop();
  await gateway?.stop();
  await plane?.stop();
});

/** The whole life of everything the operator looks after: made, suspended, resumed, its Job gone, ended, deleted; by hand and by the clock. */
async function everything(): Promise<void> {
  const object = await space.create('life', { ttlSecondsAfterFinished: 1 });
  await space.phase('life', 'Running');
  await space.pod('life-1');
  gateway.set(uidOf(object), 'running');
  for (const suspend of [true, false, true, false]) {
    await space.patch(PROJECTION_REBUILDS, 'life', { spec: { suspend } });
    await space.phase('life', suspend ? 'Suspended' : 'Running');
    await until('its Job is so too', async () => (await space.job('life-1')).spec?.suspend === suspend);
  }
  gateway.set(uidOf(object), 'swapped');
  await space.gone(PROJECTION_REBUILDS, 'life');
  const late = await space.create('late', { deadlineSeconds: 60, retries: 0 });
  await space.pod('late-1');
  gateway.set(uidOf(late), 'running');
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '');
  await space.patch(PROJECTION_REBUILDS, 'late', { status: { activeSince: hourAgo } }, 'status');
  await space.phase('late', 'Failed');
  await space.gone(JOBS, 'late-1');
  await space.schedule('clock', { schedule: '* * * * *', concurrencyPolicy: 'Replace' });
  for (let hour = 1; hour <= 2; hour++) {
    aheadMs = hour * 3_600_000;
    await space.patch(PROJECTION_SCHEDULES, 'clock', { metadata: { labels: { hour: `${hour}` } } });
    await until(
      `${hour} were made`,
      async () => (await space.events('clock')).filter((reason) => reason === 'Made').length >= hour,
      async () => [await space.events('clock'), await space.get(PROJECTION_SCHEDULES, 'clock')],
    );
  }
}

it('the operator asks for nothing that it may not, and may do nothing that it does not', async () => {
  await everything();
  // Gives the lease back.
  await operator.stop();
  const requests = await requestsOf(plane, user);
  expect(outsideOfItsRights(requests)).toEqual([]);
  expect(requests.filter(({ status }) => status === 403)).toEqual([]);
  const may = RULES.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );
  const did = new Set(requests.map((request) => `${request.verb} ${request.group}/${kindOf(request)}`));
  // What is not there yet is created by server-side apply, a patch to whoever writes the audit log; the API server asks for both rights.
  if (did.has('patch batch/jobs')) did.add('create batch/jobs');
  expect(may.filter((right) => !did.has(right))).toEqual([]);
});
