import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createNamespace } from '../../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from '../../testing/control-plane/index.ts';
import { until } from '../../testing/until.ts';
import { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import { EventRecorder } from './events.ts';
import { Informer } from './informer.ts';
import { EVENTS, type KubeObject, type Resource } from './resources.ts';
import { counted, testMetrics } from './testing.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };
const CONFIG_MAPS: Resource<ConfigMap> = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const WAIT_MS = 30_000;

let plane: ControlPlane;
let client: KubeClient;
let namespace: string;
const { metrics, registry } = testMetrics();
const informers: Informer<ConfigMap>[] = [];

beforeAll(async () => {
  // Without the cache a compaction is felt at once.
  plane = await startControlPlane({ watchCache: false });
  client = new KubeClient({ kubeConfig: plane.admin.kubeConfig, fieldManager: 'test', metrics });
}, START_TIMEOUT_MS);
afterEach(async () => {
  for (const informer of informers.splice(0)) await informer.stop();
});
afterAll(async () => {
  await client?.close();
  await plane?.stop();
});

const configMap = (name: string, n: number): ConfigMap => ({ ...kindOf, metadata: { namespace, name }, data: { n: `${n}` } });
const kindOf = { apiVersion: CONFIG_MAPS.apiVersion, kind: CONFIG_MAPS.kind };

/** An informer in a namespace of its own. It begins no watch before `gate`. */
async function begin(gate: () => Promise<void> = () => Promise.resolve()): Promise<{ informer: Informer<ConfigMap>; told: string[] }> {
  namespace = await createNamespace(plane);
  const told: string[] = [];
  const gated: Pick<KubeClient, 'list' | 'watch'> = {
    list: (resource, where, options) => client.list(resource, where, options),
    async *watch(resource, where, options) {
      await gate();
      yield* client.watch(resource, where, options);
    },
  };
  const informer = new Informer({
    client: gated,
    resource: CONFIG_MAPS,
    namespaces: [namespace],
    onChange: (object, change) => void told.push(`${change} ${object.metadata.name} ${object.data?.['n']}`),
    pageLimit: 2,
    awayMaxMs: 100,
    log: silentLogger,
    metrics,
  });
  informers.push(informer);
  return { informer, told };
}

it('an informer lists in pages and is told of what follows', async () => {
  const { informer, told } = await begin();
  for (let n = 0; n < 5; n++) await client.create(CONFIG_MAPS, namespace, configMap(`c${n}`, 0));
  informer.start();
  await informer.synced(WAIT_MS);
  expect(told).toEqual([0, 1, 2, 3, 4].map((n) => `added c${n} 0`));
  await client.apply(CONFIG_MAPS, configMap('c1', 1));
  await client.delete(CONFIG_MAPS, namespace, 'c2', { propagationPolicy: 'Background' });
  await until('both changes', () => told.length === 7);
  expect(told.slice(5)).toEqual(['changed c1 1', 'deleted c2 0']);
  expect(informer.get(namespace, 'c1')).toMatchObject({ ...kindOf, data: { n: '1' } });
  expect(informer.get(namespace, 'c1')?.metadata.managedFields).toBeUndefined();
});

it('an informer goes on after the API server was killed and came back', async () => {
  const { informer, told } = await begin();
  await client.create(CONFIG_MAPS, namespace, configMap('kept', 0));
  informer.start();
  await informer.synced(WAIT_MS);
  await plane.stopApiServer();
  await until('red', () => !informer.verdict().ok);
  expect(informer.verdict()).toMatchObject({ reason: expect.stringMatching(/^configmaps in .*: no watch for/) });
  await plane.restartApiServer();
  await client.create(CONFIG_MAPS, namespace, configMap('new', 1));
  await until('the new one', () => told.length === 2);
  expect(told).toEqual(['added kept 0', 'added new 1']);
  await until('green', () => informer.verdict().ok);
});

it('an informer lists anew when its version was compacted away, and tells of deletions it did not see', async () => {
  let gate = Promise.resolve();
  const { informer, told } = await begin(() => gate);
  for (const name of ['changes', 'goes', 'stays']) await client.create(CONFIG_MAPS, namespace, configMap(name, 0));
  informer.start();
  await informer.synced(WAIT_MS);
  const before = await counted(registry, 'ledgerflow_operator_watch_restarts_total', { reason: 'expired' });
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  await plane.stopApiServer();
  await plane.restartApiServer();
  await client.apply(CONFIG_MAPS, configMap('changes', 1));
  await client.delete(CONFIG_MAPS, namespace, 'goes', { propagationPolicy: 'Background' });
  await client.create(CONFIG_MAPS, namespace, configMap('comes', 1));
  await plane.compactEtcd();
  resolve();
  await until('the gap', () => told.length >= 6);
  expect(told.slice(3)).toEqual(['deleted goes 0', 'changed changes 1', 'added comes 1']);
  expect(await counted(registry, 'ledgerflow_operator_watch_restarts_total', { reason: 'expired' })).toBe(before + 1);
});

it('an apply that carries a version is refused once somebody else has written', async () => {
  namespace = await createNamespace(plane);
  const first = await client.create(CONFIG_MAPS, namespace, configMap('a', 0));
  const second = await client.apply(CONFIG_MAPS, { ...configMap('a', 1), metadata: first.metadata });
  await expect(client.apply(CONFIG_MAPS, { ...configMap('a', 2), metadata: first.metadata })).rejects.toMatchObject({ isConflict: true });
  await expect(client.replace(CONFIG_MAPS, { ...configMap('a', 2), metadata: first.metadata })).rejects.toMatchObject({ isConflict: true });
  const { resourceVersion } = first.metadata;
  await expect(client.patch(CONFIG_MAPS, namespace, 'a', { metadata: { resourceVersion } })).rejects.toMatchObject({ isConflict: true });
  const preconditions = { resourceVersion };
  await expect(client.delete(CONFIG_MAPS, namespace, 'a', { propagationPolicy: 'Background', preconditions })).rejects.toMatchObject({
    isConflict: true,
  });
  await expect(client.create(CONFIG_MAPS, namespace, configMap('a', 2))).rejects.toMatchObject({ isAlreadyExists: true });
  expect(await client.get(CONFIG_MAPS, namespace, 'a')).toMatchObject({
    data: { n: '1' },
    metadata: { resourceVersion: second.metadata.resourceVersion },
  });
  await client.delete(CONFIG_MAPS, namespace, 'a', { propagationPolicy: 'Background', preconditions: { uid: first.metadata.uid } });
  expect(await client.get(CONFIG_MAPS, namespace, 'a')).toBeNull();
});

it('a member the server does not know is refused, not dropped', async () => {
  namespace = await createNamespace(plane);
  const misspelt = { ...configMap('a', 0), dataa: {} } as ConfigMap;
  const refused = await client.create(CONFIG_MAPS, namespace, misspelt).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(KubeError);
  expect(refused).toMatchObject({ status: 400, message: expect.stringContaining('unknown field "dataa"') });
});

it('an event that comes again is one with a count', async () => {
  namespace = await createNamespace(plane);
  const about = await client.create(CONFIG_MAPS, namespace, configMap('a', 0));
  const recorder = new EventRecorder({
    client,
    reportingController: 'ledgerflow.io/operator',
    instance: 'test',
    underWayMax: 32,
    log: silentLogger,
  });
  for (let i = 0; i < 3; i++) await recorder.record(about, 'Warning', 'Stuck', 'Rebuild', 'it does not move');
  await recorder.record(about, 'Normal', 'Started', 'Rebuild', 'it moves');
  const { items } = await client.list(EVENTS, namespace);
  expect(items).toHaveLength(2);
  expect(items.find(({ reason }) => reason === 'Stuck')).toMatchObject({
    type: 'Warning',
    note: 'it does not move',
    series: { count: 2 },
    regarding: { kind: 'ConfigMap', name: 'a', uid: about.metadata.uid },
  });
  expect(await plane.kubectl(['describe', 'configmap', 'a', '-n', namespace])).toContain('it does not move');
});
