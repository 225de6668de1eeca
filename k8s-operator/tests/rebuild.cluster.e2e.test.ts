import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { freePorts } from '@ledgerflow/local/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { stringify } from 'yaml';
import { CLI, environmentOf } from '../../services/e2e/stack/builder-commands.ts';
import type { ApiClient } from '../../services/e2e/stack/client.ts';
import { Hammer } from '../../services/e2e/stack/hammer.ts';
import { ServiceProcess } from '../../services/e2e/stack/service.ts';
import { Stack } from '../../services/e2e/stack/stack.ts';
import { until } from '../../services/e2e/stack/wait.ts';
import {
  API_VERSION,
  conditionOf,
  PROJECTION_REBUILDS,
  type ProjectionRebuild,
  type ProjectionRebuildStatus,
} from '../src/api/v1alpha1/index.ts';
import { GatewayClient } from '../src/gateway/client.ts';
import { KubeClient } from '../src/kube/client.ts';
import { Informer } from '../src/kube/informer.ts';
import { JOBS, LEASES } from '../src/kube/resources.ts';
import { testMetrics } from '../src/kube/testing.ts';
import { createNamespace, createOperator, inPod, installDefinitions } from '../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane, type User } from '../testing/control-plane/index.ts';
import { Kubelet, type Run } from '../testing/kubelet.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const LEDGER = 'books';
const DEPOSITS = 600;
/** Records a second of a rebuild that something is done to in the middle: it takes a dozen seconds. */
const SLOW = 50;
const PROJECTION = 'account_summary';
const LEASE_SECONDS = 6;
const WAIT_MS = 90_000;
const TEST_MS = 240_000;

let plane: ControlPlane;
let stack: Stack;
let kubelet: Kubelet;
let namespace: string;
let account: User;
let admin: KubeClient;
let api: ApiClient;
let database: Pool;
let folder: string;
let watching: Informer<ProjectionRebuild>;
/** Every version of every object as the watch told of it. */
const seen: ProjectionRebuild[] = [];
const operators = new Map<string, ServiceProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledgerflow-operator-'));
  const [port = 0] = await freePorts(1);
  // The gateway comes back at the same address.
  const environment = { 'admin-gateway': { HTTP_PORT: String(port), CONSISTENCY_WAIT_MS: '10000' } };
  [plane, stack] = await Promise.all([startControlPlane({ withController: true }), Stack.start({ environment })]);
  await installDefinitions(plane);
  namespace = await createNamespace(plane);
  account = await createOperator(plane, [namespace]);
  kubelet = new Kubelet(plane, namespace);
  await kubelet.start();
  admin = new KubeClient({ kubeConfig: plane.admin.kubeConfig, fieldManager: 'test' });
  watching = new Informer({
    client: admin,
    resource: PROJECTION_REBUILDS,
    namespaces: [namespace],
    onChange: (object) => void seen.push(object),
    log: silentLogger,
    metrics: testMetrics().metrics,
  });
  watching.start();
  api = await stack.client({ roles: ['admin'] });
  database = createPool({ url: stack.urls.read, max: 1, applicationName: 'test', log: silentLogger });
  await api.seed(LEDGER, { hot: '0' });
  for (let i = 0; i < DEPOSITS; i += 50)
    await Promise.all(
      Array.from({ length: 50 }, () => api.mustPost(`/ledgers/${LEDGER}/accounts/hot/deposits`, { amount: '0.01', currency: 'USD' })),
    );
  await writeFile(join(folder, 'token'), await stack.issuer.token({ roles: ['admin'], ledgers: ['*'], subject: 'operator' }));
  await writeFile(join(folder, 'template.yaml'), stringify(template()));
  await startOperator('first');
}, START_TIMEOUT_MS);

afterEach(async () => {
  // What a test that failed left behind would keep the next one waiting.
  for (const { metadata } of watching.list())
    await admin.delete(PROJECTION_REBUILDS, namespace, metadata.name, { propagationPolicy: 'Background' });
  await until('all objects are gone', () => watching.list().length === 0, WAIT_MS);
}, TEST_MS);

afterAll(async () => {
  await Promise.all([...operators.values()].map((operator) => operator.stop()));
  await watching?.stop();
  try {
    await kubelet?.stop();
  } finally {
    await admin?.close();
    await database?.end();
    await Promise.all([plane?.stop(), stack?.stop()]);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

/** The administrator's template: what an image would have as its command and environment, by its place on this machine. */
function template(): object {
  const env = Object.entries(environmentOf(stack)).map(([name, value]) => ({ name, value }));
  const container = { name: 'rebuild', image: 'ledgerflow/read-model-builder', command: [process.execPath, CLI], env };
  return { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 30, containers: [container] } };
}

async function startOperator(name: string): Promise<ServiceProcess> {
  const environment = {
    ...(await inPod(plane, account)),
    POD_NAME: name,
    POD_NAMESPACE: namespace,
    WATCH_NAMESPACES: namespace,
    LEASE_SECONDS: String(LEASE_SECONDS),
    JOB_TEMPLATE_FILE: join(folder, 'template.yaml'),
    GATEWAY_URL: stack.url,
    GATEWAY_TOKEN_FILE: join(folder, 'token'),
    POLL_INTERVAL_MS: '200',
    OPS_HOST: '127.0.0.1',
  };
  const operator = new ServiceProcess('k8s-operator', environment, join(folder, `${name}.log`), MAIN);
  operators.set(name, operator);
  await operator.start();
  return operator;
}

async function create(name: string, spec: Partial<ProjectionRebuild['spec']>): Promise<ProjectionRebuild> {
  const object = {
    apiVersion: API_VERSION,
    kind: 'ProjectionRebuild',
    metadata: { name },
    spec: { projection: PROJECTION, scope: { ledger: LEDGER }, ...spec },
  };
  await plane.kubectl(['apply', '--namespace', namespace, '-f', '-'], { input: JSON.stringify(object) });
  const created = await admin.get(PROJECTION_REBUILDS, namespace, name);
  if (created === null) throw new Error(`${name} is not there`);
  return created;
}

const historyOf = (name: string): ProjectionRebuildStatus[] =>
  seen.filter(({ metadata }) => metadata.name === name).flatMap(({ status }) => (status === undefined ? [] : [status]));
const phasesOf = (name: string): (string | undefined)[] =>
  historyOf(name)
    .map(({ phase }) => phase)
    .filter((phase, i, all) => phase !== all[i - 1]);

async function inPhase(name: string, phase: string): Promise<ProjectionRebuildStatus> {
  return until(
    `${name} is ${phase}`,
    () => {
      kubelet.check();
      const status = watching.get(namespace, name)?.status;
      const isOver = ['Swapped', 'Proven', 'Failed', 'Cancelled'].includes(status?.phase ?? '');
      if (isOver && status?.phase !== phase) return Promise.reject(new Error(`${name} is ${status?.phase}: ${status?.message}`));
      return status?.phase === phase ? status : null;
    },
    WAIT_MS,
  );
}

/** The object tells of progress, and most of the rebuild is still to be done. */
async function inTheMiddle(name: string): Promise<{ status: ProjectionRebuildStatus; run: Run }> {
  const status = await until(
    `${name} is in the middle`,
    () => {
      kubelet.check();
      const now = watching.get(namespace, name)?.status;
      return now !== undefined && (now.progress ?? 0) > 0 && now;
    },
    WAIT_MS,
  );
  expect(status.phase).toBe('Running');
  expect(status.progress).toBeLessThan(60);
  const [run] = runsOf(name);
  return { status, run: run! };
}

const runsOf = (name: string): Run[] => kubelet.runs.filter(({ job }) => job === `${name}-1`);
const idsOf = (name: string): (string | undefined)[] =>
  runsOf(name).map(({ command }) => command.find((argument) => argument.startsWith('--id='))?.slice('--id='.length));

async function generation(): Promise<number> {
  const { rows } = await database.query<{ generation: number }>(
    'select generation from read.projections p join read.checkpoints c using (ledger) where c.id = $1 and projection = $2',
    [LEDGER, PROJECTION],
  );
  return rows[0]!.generation;
}

const rowsOf = async (id: string): Promise<Record<string, unknown>> => (await api.get(`/admin/projections/all/rebuilds/${id}`)).body;
const holder = async (): Promise<string | undefined> =>
  (await admin.get(LEASES, namespace, 'ledgerflow-operator'))?.spec?.holderIdentity?.split('_')[0];
const balance = async (): Promise<string> => String((await api.get(`/ledgers/${LEDGER}/accounts/hot/balance`)).body['posted']);

it(
  'runs a rebuild to its swap, under a reader that never gets a stale or failed answer',
  async () => {
    const before = await generation();
    const hammer = new Hammer(api, { ledger: LEDGER, account: 'hot', posted: BigInt(DEPOSITS), readsPerWrite: 20 });
    hammer.start();
    const { metadata } = await create('whole', { maxRatePerSecond: 200 });
    const status = await inPhase('whole', 'Swapped');
    const readsThen = hammer.reads;
    await until('it is read after the swap', () => hammer.reads > readsThen + 20);
    await hammer.stop();
    expect(hammer.failures).toEqual([]);
    expect(hammer.writes).toBeGreaterThan(5);

    expect(await generation()).not.toBe(before);
    expect(phasesOf('whole').filter((phase) => phase !== 'Pending')).toEqual(['Running', 'Swapped']);
    const progress = historyOf('whole').map((one) => one.progress ?? 0);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.some((percent) => percent > 0 && percent < 100)).toBe(true);
    const rows = await rowsOf(metadata.uid!);
    const [part] = rows['parts'] as { position: string; digest: string }[];
    expect(rows['state']).toBe('swapped');
    expect(Number(part!.position)).toBeGreaterThanOrEqual(DEPOSITS);
    expect(status).toMatchObject({
      progress: 100,
      position: part!.position,
      digest: part!.digest,
      rebuildId: metadata.uid,
      attempt: 1,
      scope: LEDGER,
      finishedAt: expect.any(String),
      job: { name: 'whole-1', uid: expect.any(String) },
    });
    expect(part!.digest).toMatch(/^[0-9a-f]{16,}$/);
    for (const type of ['Accepted', 'Verified', 'Swapped'])
      expect(conditionOf(status.conditions, type)).toMatchObject({ status: 'True', observedGeneration: 1 });
    await until('its process has ended', () => runsOf('whole')[0]?.exitCode === 0, WAIT_MS);
    expect(runsOf('whole')).toHaveLength(1);
    expect(runsOf('whole')[0]!.command).toEqual([
      process.execPath,
      CLI,
      'rebuild',
      `--id=${metadata.uid}`,
      '--by-id-only',
      `--projection=${PROJECTION}`,
      `--ledger=${LEDGER}`,
      '--max-rate=200',
      '--json',
    ]);
    // The Job comes to its own end, and nothing changes by it.
    await until('the Job is complete', async () => ((await admin.get(JOBS, namespace, 'whole-1'))?.status?.succeeded ?? 0) === 1, WAIT_MS);
    const reasons = await until('its events are there', async () => {
      const { body } = await plane.request({ path: `/apis/events.k8s.io/v1/namespaces/${namespace}/events` });
      const { items } = body as { items: { regarding: { name: string }; reason: string }[] };
      const found = items.filter(({ regarding }) => regarding.name === 'whole').map(({ reason }) => reason);
      return found.includes('Swapped') && found;
    });
    expect(reasons).toContain('Running');
  },
  TEST_MS,
);

it('an identity that may not see all ledgers is refused, and not told that nothing is there', async () => {
  const gatewayFor = async (ledgers: string[]): Promise<GatewayClient> => {
    const token = await stack.issuer.token({ roles: ['admin'], ledgers, subject: 'operator' });
    return new GatewayClient({ url: stack.url, timeoutMs: 10_000, token: { get: () => Promise.resolve(token), forget: () => undefined } });
  };
  const id = randomUUID();
  expect(await (await gatewayFor(['*'])).getRebuild(id)).toBeNull();
  const limited = await gatewayFor(['elsewhere']);
  await expect(limited.getRebuild(id)).rejects.toMatchObject({ isRefusal: true });
  await expect(limited.listRebuilds(PROJECTION)).rejects.toMatchObject({ isRefusal: true });
});

it(
  'only proves, and leaves what is live',
  async () => {
    const before = await generation();
    await create('proof', { proofGate: 'ProveOnly' });
    const status = await inPhase('proof', 'Proven');
    expect(status).toMatchObject({ progress: 100, digest: expect.stringMatching(/^[0-9a-f]{16,}$/) });
    expect(conditionOf(status.conditions, 'Verified')?.status).toBe('True');
    expect(conditionOf(status.conditions, 'Swapped')).toMatchObject({ status: 'False', reason: 'ProveOnly' });
    expect(await generation()).toBe(before);
  },
  TEST_MS,
);

it(
  'deleted in the middle: cancels the rebuild and leaves what is live',
  async () => {
    const [before, posted] = [await generation(), await balance()];
    const { metadata } = await create('dropped', { maxRatePerSecond: SLOW });
    const { run } = await inTheMiddle('dropped');
    await admin.delete(PROJECTION_REBUILDS, namespace, 'dropped', { propagationPolicy: 'Background' });
    await until('the object is gone', async () => (await admin.get(PROJECTION_REBUILDS, namespace, 'dropped')) === null, WAIT_MS);
    expect(await rowsOf(metadata.uid!)).toMatchObject({ state: 'cancelled' });
    await until('the Job is gone', async () => (await admin.get(JOBS, namespace, 'dropped-1')) === null, WAIT_MS);
    await until('its process has ended', () => run.exitCode !== null, WAIT_MS);
    expect([await generation(), await balance()]).toEqual([before, posted]);
  },
  TEST_MS,
);

it(
  'its pod killed in the middle: the next one goes on with the same rebuild',
  async () => {
    const { metadata } = await create('killed', { maxRatePerSecond: SLOW });
    const { run } = await inTheMiddle('killed');
    run.child.kill('SIGKILL');
    expect(await inPhase('killed', 'Swapped')).toMatchObject({ rebuildId: metadata.uid, attempt: 1 });
    await until('the second pod has ended', () => runsOf('killed')[1]?.exitCode === 0, WAIT_MS);
    expect(runsOf('killed').map(({ exitCode }) => exitCode)).toEqual([137, 0]);
    expect(idsOf('killed')).toEqual([metadata.uid, metadata.uid]);
    // It did not begin anew.
    const progress = historyOf('killed').map((one) => one.progress ?? 0);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  },
  TEST_MS,
);

it(
  'suspended in the middle: nothing runs until it is resumed, then it goes on',
  async () => {
    const { metadata } = await create('paused', { maxRatePerSecond: SLOW });
    const { run } = await inTheMiddle('paused');
    await admin.patch(PROJECTION_REBUILDS, namespace, 'paused', { spec: { suspend: true } });
    await inPhase('paused', 'Suspended');
    await until('its process has ended', () => run.exitCode !== null, WAIT_MS);
    // It was given back, and nobody else may have it.
    const { rows } = await database.query<{ isFree: boolean; isByIdOnly: boolean; done: string }>(
      'select lease_until is null or lease_until < clock_timestamp() as "isFree", by_id_only as "isByIdOnly", records_done as done from read.rebuilds where id = $1 and finished_at is null',
      [metadata.uid],
    );
    expect(rows).toMatchObject([{ isFree: true, isByIdOnly: true }]);
    const done = Number(rows[0]!.done);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(DEPOSITS);
    expect(runsOf('paused')).toHaveLength(1);
    await admin.patch(PROJECTION_REBUILDS, namespace, 'paused', { spec: { suspend: false } });
    expect(await inPhase('paused', 'Swapped')).toMatchObject({ rebuildId: metadata.uid, attempt: 1, progress: 100 });
    expect(idsOf('paused')).toEqual([metadata.uid, metadata.uid]);
    expect(phasesOf('paused').filter((phase) => phase !== 'Pending')).toEqual(['Running', 'Suspended', 'Running', 'Swapped']);
  },
  TEST_MS,
);

it(
  'the gateway killed in the middle: says that it does not know, and goes on when it is back',
  async () => {
    const { metadata } = await create('unheard', { maxRatePerSecond: SLOW });
    const { status } = await inTheMiddle('unheard');
    await stack.gateway.kill();
    const away = await until(
      'the object says so',
      () => {
        const now = watching.get(namespace, 'unheard')?.status;
        return conditionOf(now?.conditions, 'Running')?.reason === 'GatewayUnreachable' && now;
      },
      WAIT_MS,
    );
    expect(away).toMatchObject({ phase: 'Running', rebuildId: metadata.uid });
    expect(away.progress).toBeGreaterThanOrEqual(status.progress!);
    expect(conditionOf(away.conditions, 'Running')?.status).toBe('Unknown');
    await stack.gateway.restart();
    expect(await inPhase('unheard', 'Swapped')).toMatchObject({ rebuildId: metadata.uid, attempt: 1 });
    await until('its process has ended', () => runsOf('unheard')[0]?.exitCode === 0, WAIT_MS);
    expect(runsOf('unheard')).toHaveLength(1);
  },
  TEST_MS,
);

it(
  'the operator killed in the middle: another takes over, and there is one rebuild',
  async () => {
    const { metadata } = await create('handed-over', { maxRatePerSecond: SLOW });
    await inTheMiddle('handed-over');
    expect(await holder()).toBe('first');
    const hammer = new Hammer(api, {
      ledger: LEDGER,
      account: 'hot',
      posted: BigInt((await balance()).replace('.', '')),
      readsPerWrite: 50,
    });
    hammer.start();
    await operators.get('first')!.kill();
    await startOperator('second');
    await until('the second one leads', async () => (await holder()) === 'second', WAIT_MS);
    const status = await inPhase('handed-over', 'Swapped');
    await hammer.stop();
    expect(hammer.failures).toEqual([]);
    expect(status).toMatchObject({ rebuildId: metadata.uid, attempt: 1, job: { name: 'handed-over-1' } });
    await until('its process has ended', () => runsOf('handed-over')[0]?.exitCode === 0, WAIT_MS);
    expect(runsOf('handed-over')).toHaveLength(1);
    const { body } = await api.get<{ data: { id: string; requestedAt: string }[] }>('/admin/projections/all/rebuilds?limit=1');
    expect(body.data).toMatchObject([{ id: metadata.uid }]);
  },
  TEST_MS,
);
