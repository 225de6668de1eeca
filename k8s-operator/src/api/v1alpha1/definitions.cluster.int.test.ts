import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createNamespace, installDefinitions } from '../../../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from '../../../testing/control-plane/index.ts';
import { path } from '../../kube/resources.ts';
import { API_VERSION, PROJECTION_REBUILDS, PROJECTION_SCHEDULES } from './index.ts';

let plane: ControlPlane;
let namespace: string;
beforeAll(async () => {
  plane = await startControlPlane();
  await installDefinitions(plane);
  namespace = await createNamespace(plane);
}, START_TIMEOUT_MS);
afterAll(async () => plane?.stop());

interface Answer {
  status: number;
  body: { message?: string; spec?: Record<string, unknown>; metadata?: { name: string; resourceVersion: string } };
}
let number = 0;

async function create(kind: 'ProjectionRebuild' | 'ProjectionSchedule', spec: unknown, name = `o-${number++}`): Promise<Answer> {
  const resource = kind === 'ProjectionRebuild' ? PROJECTION_REBUILDS : PROJECTION_SCHEDULES;
  const body = { apiVersion: API_VERSION, kind, metadata: { name }, spec };
  return (await plane.request({ method: 'POST', path: `${path(resource, namespace)}?fieldValidation=Strict`, body })) as Answer;
}

const SPEC = { projection: 'account_summary' };
const SCHEDULE = { schedule: '0 3 * * *', template: { spec: SPEC } };
const FIVE = 'schedule is five fields of a crontab: minute 0-59, hour 0-23, day of the month 1-31';
const RESERVED = "of ledgerflow.io/, kubernetes.io/ and k8s.io/ are the operator's and Kubernetes' own";

describe('a ProjectionRebuild', () => {
  it('has defaults', async () => {
    const { status, body } = await create('ProjectionRebuild', SPEC);
    expect(status).toBe(201);
    expect(body.spec).toEqual({ ...SPEC, scope: {}, retries: 2, suspend: false, proofGate: 'Required' });
  });

  it.each<[string, unknown]>([
    ['everything that may be said', { ...SPEC, scope: { ledger: 'main', account: '@world:USD' }, maxRatePerSecond: 1, deadlineSeconds: 60, retries: 0, ttlSecondsAfterFinished: 0, suspend: true, podTemplate: { nodeSelector: { 'kubernetes.io/arch': 'amd64' }, tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }], priorityClassName: 'low', resources: { requests: { cpu: 1, memory: '1Gi' }, limits: { cpu: '500m', 'ephemeral-storage': '1.5Gi' } } } }],
    ['all, to be proven only', { projection: 'all', proofGate: 'ProveOnly' }],
    ['one ledger, to be proven only', { projection: 'all', scope: { ledger: 'main' }, proofGate: 'ProveOnly' }],
  ])('may say %s', async (_what, spec) => {
    expect(await create('ProjectionRebuild', spec)).toMatchObject({ status: 201 });
  }); // prettier-ignore

  it.each<[string, unknown, string]>([
    ['no spec', undefined, 'spec: Required value'],
    ['no projection', {}, 'spec.projection: Required value'],
    ['a projection that can be none', { projection: 'Account Summary' }, "spec.projection: Invalid value: \"Account Summary\": spec.projection in body should match '^[a-z][a-z0-9_]*$'"],
    ['an account without its ledger', { ...SPEC, scope: { account: 'alice' } }, 'spec.scope: Invalid value: scope.account needs scope.ledger: an account is known within its ledger only'],
    ['a ledger that is no id', { ...SPEC, scope: { ledger: 'my ledger' } }, "spec.scope.ledger: Invalid value: \"my ledger\": spec.scope.ledger in body should match '^[A-Za-z0-9_.:@-]+$'"],
    ['a ledger that is a way', { ...SPEC, scope: { ledger: '..' } }, 'spec.scope.ledger: Invalid value: "..": scope.ledger must not be . or ..'],
    ['the proof alone for an account', { ...SPEC, scope: { ledger: 'main', account: 'alice' }, proofGate: 'ProveOnly' }, 'spec: Invalid value: proofGate ProveOnly needs a scope of whole ledgers: the rows of one account are repaired in place, nothing is there to be dropped'],
    ['no proof', { ...SPEC, proofGate: 'None' }, 'spec.proofGate: Unsupported value: "None": supported values: "Required", "ProveOnly"'],
    ['a rate of nothing', { ...SPEC, maxRatePerSecond: 0 }, 'spec.maxRatePerSecond: Invalid value: 0: spec.maxRatePerSecond in body should be greater than or equal to 1'],
    ['too short a deadline', { ...SPEC, deadlineSeconds: 59 }, 'spec.deadlineSeconds: Invalid value: 59: spec.deadlineSeconds in body should be greater than or equal to 60'],
    ['too many retries', { ...SPEC, retries: 11 }, 'spec.retries: Invalid value: 11: spec.retries in body should be less than or equal to 10'],
    ['a time to live before the end', { ...SPEC, ttlSecondsAfterFinished: -1 }, 'spec.ttlSecondsAfterFinished: Invalid value: -1: spec.ttlSecondsAfterFinished in body should be greater than or equal to 0'],
    ['a label', { ...SPEC, podTemplate: { labels: { app: 'admin-gateway' } } }, 'strict decoding error: unknown field "spec.podTemplate.labels"'],
    ['an annotation', { ...SPEC, podTemplate: { annotations: { 'sidecar.istio.io/proxyImage': 'other' } } }, 'strict decoding error: unknown field "spec.podTemplate.annotations"'],
    ['a toleration of everything', { ...SPEC, podTemplate: { tolerations: [{ operator: 'Exists' }] } }, 'spec.podTemplate.tolerations[0].key: Required value'],
    ['a toleration of the control plane', { ...SPEC, podTemplate: { tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] } }, 'podTemplate.tolerations: the nodes of the control plane are not for rebuilds'],
    ["Kubernetes' own priority", { ...SPEC, podTemplate: { priorityClassName: 'system-node-critical' } }, "podTemplate.priorityClassName: classes that begin with system- are Kubernetes' own"],
    ['an amount that is none', { ...SPEC, podTemplate: { resources: { limits: { memory: 'lots' } } } }, 'spec.podTemplate.resources.limits.memory: Invalid value: "lots": spec.podTemplate.resources.limits.memory in body should match'],
    ['an image', { ...SPEC, podTemplate: { image: 'other' } }, 'strict decoding error: unknown field "spec.podTemplate.image"'],
    ['a command', { ...SPEC, command: ['rm'] }, 'strict decoding error: unknown field "spec.command"'],
  ])('must not say %s', async (_what, spec, message) => {
    const answer = await create('ProjectionRebuild', spec);
    expect({ refused: answer.status >= 400 && answer.status < 500, message: answer.body.message }).toEqual({ refused: true, message: expect.stringContaining(message) });
  }); // prettier-ignore

  it('stays as it is, but for suspend', async () => {
    const message = 'spec: Invalid value: spec is immutable but for suspend: delete this ProjectionRebuild and make another';
    const full = { ...SPEC, scope: { ledger: 'main' }, deadlineSeconds: 600, podTemplate: { nodeSelector: { a: 'b' } } };
    const { body } = await create('ProjectionRebuild', full);
    const name = body.metadata?.name ?? '';
    const patch = (spec: unknown) =>
      plane.request({
        method: 'PATCH',
        path: path(PROJECTION_REBUILDS, namespace, name),
        body: { spec },
        contentType: 'application/merge-patch+json',
      }) as Promise<Answer>;
    expect(await patch({ suspend: true })).toMatchObject({ status: 200, body: { spec: { suspend: true } } });
    expect(await patch({ suspend: false })).toMatchObject({ status: 200 });
    for (const change of [
      { projection: 'all' },
      { scope: { ledger: 'other' } },
      { scope: { account: 'alice' } },
      { maxRatePerSecond: 5 },
      { deadlineSeconds: 700 },
      { deadlineSeconds: null },
      { retries: 3 },
      { ttlSecondsAfterFinished: 5 },
      { proofGate: 'ProveOnly' },
      { podTemplate: { nodeSelector: { a: 'c' } } },
      { podTemplate: null },
    ]) {
      const { status, body: refused } = await patch(change);
      expect({ change, status, message: refused.message }).toEqual({ change, status: 422, message: expect.stringContaining(message) });
    }
  });

  it('is listed with what a person looks for', async () => {
    await create('ProjectionRebuild', { ...SPEC, scope: { ledger: 'main' } }, 'listed');
    await plane.request({
      method: 'PATCH',
      path: path(PROJECTION_REBUILDS, namespace, 'listed', 'status'),
      body: { status: { phase: 'Running', scope: 'main', progress: 42 } },
      contentType: 'application/merge-patch+json',
    });
    const text = await plane.kubectl(['get', 'prb', 'listed', '-n', namespace]);
    expect(text.replaceAll(/ +/g, ' ')).toMatch(
      /^NAME PROJECTION SCOPE PHASE PROGRESS AGE\nlisted account_summary main Running 42 \d+s\n$/,
    );
    expect(await plane.kubectl(['explain', 'prb.spec.proofGate'])).toContain('Nothing goes live unproven');
  });
});

describe('a ProjectionSchedule', () => {
  it('has defaults', async () => {
    const { status, body } = await create('ProjectionSchedule', SCHEDULE);
    expect(status).toBe(201);
    expect(body.spec).toEqual({
      schedule: '0 3 * * *',
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      successfulHistoryLimit: 3,
      failedHistoryLimit: 3,
      suspend: false,
      template: { spec: { ...SPEC, scope: {}, retries: 2, proofGate: 'Required' } },
    });
  });

  it.each(['*/5 * * * *', '0 3 * * MON-FRI', '0,30 1-5/2 1,15 JAN *', '59 23 31 12 7', '05 03 01 dec Sun', '*/59 * * * 0-6'])(
    'may be meant as %s',
    async (schedule) => {
      expect(await create('ProjectionSchedule', { ...SCHEDULE, schedule, timeZone: 'America/Argentina/Buenos_Aires' })).toMatchObject({
        status: 201,
      });
    },
  );

  it('may change', async () => {
    await create('ProjectionSchedule', SCHEDULE, 'changing');
    const answer = await plane.request({
      method: 'PATCH',
      path: path(PROJECTION_SCHEDULES, namespace, 'changing'),
      body: { spec: { schedule: '0 4 * * *', suspend: true, template: { spec: { retries: 5 } } } },
      contentType: 'application/merge-patch+json',
    });
    expect(answer.status).toBe(200);
  });

  it.each<[string, unknown, string]>([
    ['four fields', { ...SCHEDULE, schedule: '0 3 * * ' }, FIVE],
    ['seconds', { ...SCHEDULE, schedule: '0 0 3 * * *' }, FIVE],
    ['a nickname', { ...SCHEDULE, schedule: '@midnight' }, FIVE],
    ...['60 * * * *', '*/0 * * * *', '0 24 * * *', '0 0 32 * *', '0 0 * 13 *', '30 3 * * FOO', '30 3 * * 8', '*/99 * * * *', '30 3 L * *'].map((schedule): [string, unknown, string] => [schedule, { ...SCHEDULE, schedule }, FIVE]),
    ['an offset', { ...SCHEDULE, timeZone: '+02:00' }, 'timeZone is a name such as Europe/Berlin, not an offset'],
    ['a zone within the fields', { ...SCHEDULE, schedule: 'TZ=Europe/Berlin 0 3 * * *' }, FIVE],
    ['a zone that is none', { ...SCHEDULE, timeZone: 'Mars/Olympus' }, 'timeZone is not a time zone that is known here, such as Europe/Berlin or Etc/UTC'],
    ["the operator's own zone", { ...SCHEDULE, timeZone: 'Local' }, 'timeZone is a name such as Europe/Berlin'],
    ['another policy', { ...SCHEDULE, concurrencyPolicy: 'Maybe' }, 'spec.concurrencyPolicy: Unsupported value: "Maybe"'],
    ['too short a deadline', { ...SCHEDULE, startingDeadlineSeconds: 5 }, 'spec.startingDeadlineSeconds in body should be greater than or equal to 10'],
    ['too long a history', { ...SCHEDULE, successfulHistoryLimit: 101 }, 'spec.successfulHistoryLimit in body should be less than or equal to 100'],
    ['no template', { schedule: '0 3 * * *' }, 'spec.template: Required value'],
    ['an account without its ledger', { ...SCHEDULE, template: { spec: { ...SPEC, scope: { account: 'a' } } } }, 'scope.account needs scope.ledger'],
    ['rebuilds that are suspended', { ...SCHEDULE, template: { spec: { ...SPEC, suspend: true } } }, 'unknown field "spec.template.spec.suspend"'],
    ["a label of the operator's", { ...SCHEDULE, template: { metadata: { labels: { 'ledgerflow.io/schedule': 'x' } }, spec: SPEC } }, `template.metadata.labels: labels ${RESERVED}`],
  ])('must not say %s', async (_what, spec, message) => {
    const answer = await create('ProjectionSchedule', spec);
    expect({ refused: answer.status >= 400 && answer.status < 500, message: answer.body.message }).toEqual({ refused: true, message: expect.stringContaining(message) });
  }); // prettier-ignore

  it('has a name that leaves room for those of its rebuilds', async () => {
    expect(await create('ProjectionSchedule', SCHEDULE, 'n'.repeat(52))).toMatchObject({ status: 201 });
    const { status, body } = await create('ProjectionSchedule', SCHEDULE, 'n'.repeat(53));
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message: expect.stringContaining('the name of a ProjectionSchedule has at most 52 characters: those of its rebuilds are longer'),
    });
  });
});
