import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { START_TIMEOUT_MS, startControlPlane } from '../../../k8s-operator/testing/control-plane/index.ts';
import type { ControlPlane, User } from '../../../k8s-operator/testing/control-plane/index.ts';
import { CHART, only, render, REQUIRED } from './chart.ts';

const NAMESPACE = 'ledgerflow';
const DEFINITION = 'projectionrebuilds.ledgerflow.io';
const WAIT = ['--wait', '--timeout', '60s'];
const RELEASE_TIMEOUT_MS = 180_000;
const REBUILD = {
  apiVersion: 'ledgerflow.io/v1alpha1',
  kind: 'ProjectionRebuild',
  metadata: { name: 'kept', namespace: NAMESPACE },
  spec: { projection: 'all' },
};

interface Pods {
  items: { metadata: { name: string; deletionTimestamp?: string }; spec: { nodeName: string } }[];
}

/** One release on one API server, through its life: each test goes on from the one before. */
describe('a release of the chart', () => {
  let plane: ControlPlane;
  let nextChart: string;

  beforeAll(async () => {
    plane = await startControlPlane({ withController: true, withScheduler: true, withKwok: { finishesJobs: false } });
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/enforce-version': 'latest' };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } };
    await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(namespace) });
    nextChart = await mkdtemp(join(tmpdir(), 'ledgerflow-chart-'));
    await cp(CHART, nextChart, { recursive: true });
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await plane?.stop();
    if (nextChart !== undefined) await rm(nextChart, { recursive: true, force: true });
  });

  const helm = async (command: string, ...args: string[]): Promise<string> =>
    plane.helm([command, 'operator', ...args, '--namespace', NAMESPACE]);
  const kubectl = async (...args: string[]): Promise<string> => plane.kubectl(['--namespace', NAMESPACE, ...args]);
  const get = async <T>(...args: string[]): Promise<T> => JSON.parse(await kubectl('get', ...args, '-o', 'json')) as T;
  const columns = async (): Promise<string[]> => {
    type Definition = { spec: { versions: { additionalPrinterColumns: { name: string }[] }[] } };
    const { spec } = await get<Definition>('crd', DEFINITION);
    return spec.versions[0]?.additionalPrinterColumns.map(({ name }) => name) ?? [];
  };
  const deployment = async () =>
    get<{ spec: { replicas: number }; status: { readyReplicas?: number; updatedReplicas?: number } }>(
      'deployment',
      'operator-k8s-operator',
    );

  it(
    'is refused with wrong values and leaves nothing',
    async () => {
      await expect(helm('install', CHART, ...REQUIRED, '--set', 'replica=3')).rejects.toThrow(
        "additional properties 'replica' not allowed",
      );
      await expect(helm('install', CHART)).rejects.toThrow("at '/gateway/tokenUrl'");
      expect(await plane.helm(['list', '-A', '-q'])).toBe('');
      expect(await kubectl('get', 'crd', '-o', 'name')).toBe('');
    },
    RELEASE_TIMEOUT_MS,
  );

  it(
    'installs under restricted pod security, a pod in each zone',
    async () => {
      const notes = await helm('install', CHART, ...REQUIRED, ...WAIT);
      expect(notes).toContain('looks after ledgerflow.');
      expect(notes).toContain('secret ledgerflow/ledgerflow-operator with the key client-secret');
      expect((await deployment()).status).toMatchObject({ readyReplicas: 2 });
      const pods = await get<Pods>('pods');
      expect(pods.items.map(({ spec }) => spec.nodeName).sort()).toEqual(['node-a', 'node-b']);
      await kubectl('wait', `crd/${DEFINITION}`, '--for=condition=Established', '--timeout=30s');
      await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(REBUILD) });
    },
    RELEASE_TIMEOUT_MS,
  );

  it('refuses a second release over the same namespace', async () => {
    const second = ['install', 'second', CHART, '--namespace', NAMESPACE, ...REQUIRED, '--set', 'crds.install=false'];
    await expect(plane.helm(second)).rejects.toThrow('release operator in namespace ledgerflow looks after ledgerflow already');
  });

  it('has a template whose pods the namespace takes, and would not take with more rights', async () => {
    const configMap = only(await render(...REQUIRED), 'ConfigMap')['data'] as Record<string, string>;
    const template = parse(configMap['job-template.yaml'] ?? '') as { spec: { securityContext: Record<string, unknown> } };
    const pod = (spec: object): string =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'rebuild', namespace: NAMESPACE }, spec });
    const create = ['create', '--dry-run=server', '-f', '-'];
    const spec = { ...template.spec, serviceAccountName: 'operator-k8s-operator-rebuild' };
    await expect(plane.kubectl(create, { input: pod(spec) })).resolves.toContain('pod/rebuild created');
    await expect(plane.kubectl(create, { input: pod({ ...spec, hostNetwork: true }) })).rejects.toThrow(
      'violates PodSecurity "restricted:latest"',
    );
  });

  it('gives the operator the rights of its role where it is at work, and no others', async () => {
    const operator: User = await plane.serviceAccount(NAMESPACE, 'operator-k8s-operator');
    const may = async (verb: string, resource: string, namespace = NAMESPACE): Promise<boolean> =>
      plane.kubectl(['auth', 'can-i', verb, resource, '-n', namespace], { as: operator }).then(
        () => true,
        () => false,
      );
    expect(await may('create', 'jobs.batch')).toBe(true);
    expect(await may('patch', 'projectionrebuilds.ledgerflow.io/status')).toBe(true);
    expect(await may('update', 'leases.coordination.k8s.io/operator-k8s-operator')).toBe(true);
    expect(await may('update', 'leases.coordination.k8s.io/another')).toBe(false);
    expect(await may('create', 'jobs.batch', 'default')).toBe(false);
    expect(await may('get', 'secrets')).toBe(false);
    expect(await may('create', 'pods')).toBe(false);
  });

  it(
    'is upgraded together with its definitions',
    async () => {
      const file = join(nextChart, 'files', 'crds', 'projectionrebuilds.yaml');
      const definition = parseDocument(await readFile(file, 'utf8'));
      definition.addIn(['spec', 'versions', 0, 'additionalPrinterColumns'], {
        name: 'Attempt',
        type: 'integer',
        jsonPath: '.status.attempt',
      });
      await writeFile(file, definition.toString());
      expect(await columns()).not.toContain('Attempt');
      await helm('upgrade', nextChart, ...REQUIRED, '--set', 'replicas=3', '--set', 'logLevel=debug', ...WAIT);
      expect(await columns()).toContain('Attempt');
      expect((await deployment()).status).toMatchObject({ readyReplicas: 3, updatedReplicas: 3 });
      expect(await get('projectionrebuild', 'kept')).toMatchObject({ spec: { projection: 'all' } });
    },
    RELEASE_TIMEOUT_MS,
  );

  it(
    'goes back by itself when an upgrade does not become ready, and the pods that served go on',
    async () => {
      const before = (await get<Pods>('pods')).items.map(({ metadata }) => metadata.name).sort();
      const nowhere = ['--set', 'nodeSelector.nowhere=here', '--rollback-on-failure', '--wait', '--timeout', '5s'];
      await expect(helm('upgrade', nextChart, ...REQUIRED, '--set', 'replicas=3', '--set', 'logLevel=debug', ...nowhere)).rejects.toThrow(
        /not ready|deadline exceeded|timed out/,
      );
      expect((await deployment()).status).toMatchObject({ readyReplicas: 3, updatedReplicas: 3 });
      const after = (await get<Pods>('pods')).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      expect(after.map(({ metadata }) => metadata.name).sort()).toEqual(before);
    },
    RELEASE_TIMEOUT_MS,
  );

  it(
    'is rolled back, the definitions too',
    async () => {
      await helm('rollback', '1', ...WAIT);
      expect((await deployment()).status).toMatchObject({ readyReplicas: 2 });
      expect(await columns()).not.toContain('Attempt');
      expect(await get('projectionrebuild', 'kept')).toMatchObject({ spec: { projection: 'all' } });
    },
    RELEASE_TIMEOUT_MS,
  );

  it(
    'leaves the definitions and the objects when it is uninstalled, and finds them again',
    async () => {
      expect(await helm('uninstall', ...WAIT)).toContain('kept due to the resource policy');
      expect(await kubectl('get', 'deployment,serviceaccount,role', '-o', 'name')).toBe('serviceaccount/default\n');
      expect(await get('projectionrebuild', 'kept')).toMatchObject({ spec: { projection: 'all' } });
      await helm('install', CHART, ...REQUIRED, '--set', 'scope.clusterWide=true', ...WAIT);
      expect(await get('projectionrebuild', 'kept')).toMatchObject({ spec: { projection: 'all' } });
      const operator = await plane.serviceAccount(NAMESPACE, 'operator-k8s-operator');
      await plane.kubectl(['get', 'projectionrebuilds', '--all-namespaces'], { as: operator });
    },
    RELEASE_TIMEOUT_MS,
  );
});
