import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Container, V1Deployment } from '@kubernetes/client-node';
import { parseConfig } from '@ledgerflow/platform/config';
import { INSTALL_FILE, installManifest } from '../../../k8s-operator/manifests/render.ts';
import { CONFIG } from '../../../k8s-operator/src/config.ts';
import { ENVIRONMENT } from '../../../k8s-operator/src/environment.ts';
import { parseTemplate } from '../../../k8s-operator/src/controllers/projection-rebuild/template.ts';
import { electionRules, WORK_RULES } from '../../../k8s-operator/src/rbac.ts';
import { ensurePrograms } from '../../../k8s-operator/testing/control-plane/programs.ts';
import { START_TIMEOUT_MS } from '../../../k8s-operator/testing/control-plane/index.ts';
import { only, render, REQUIRED } from './chart.ts';
import type { Manifest } from './chart.ts';

beforeAll(async () => ensurePrograms(['helm']), START_TIMEOUT_MS);

const set = (...settings: string[]): string[] => [...REQUIRED, ...settings.flatMap((setting) => ['--set', setting])];
const EVERYTHING = set(
  'serviceMonitor.enabled=true',
  'gateway.caConfigMap=ca',
  'priorityClassName=high',
  'imagePullSecrets[0].name=pull',
  'job.podLabels.team=ledger',
  'job.nodeSelector.disk=fast',
  'extraEnv[0].name=A,extraEnv[0].value=b',
  'scope.namespaces={one,two}',
);
const VARIANTS: [string, string[]][] = [
  ['the defaults', REQUIRED],
  ['everything', EVERYTHING],
  ['the whole cluster', set('scope.clusterWide=true')],
];
const CLUSTER_KINDS = ['CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding'];

const deploymentOf = (manifests: Manifest[]): V1Deployment => only(manifests, 'Deployment') as unknown as V1Deployment;
const jobTemplateTextOf = (manifests: Manifest[]): string =>
  (only(manifests, 'ConfigMap')['data'] as Record<string, string>)['job-template.yaml'] ?? '';
const jobTemplateOf = (manifests: Manifest[]): ReturnType<typeof parseTemplate> => parseTemplate(jobTemplateTextOf(manifests));
const valueOf = (container: V1Container | undefined, name: string): string | undefined =>
  container?.env?.find((one) => one.name === name)?.value;

describe.each(VARIANTS)('what is rendered with %s', (_, args) => {
  let manifests: Manifest[];
  beforeAll(async () => {
    manifests = await render(...args);
  });

  it('has only restricted pods with resources and an image that is named', () => {
    const templates = [deploymentOf(manifests).spec?.template, jobTemplateOf(manifests)];
    for (const spec of templates.map((template) => template?.spec)) {
      expect(spec).toMatchObject({
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect([spec?.hostNetwork, spec?.hostPID, spec?.hostIPC, spec?.volumes?.find(({ hostPath }) => hostPath !== undefined)]).toEqual(
        Array(4).fill(undefined),
      );
      for (const container of spec?.containers ?? []) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(container.resources).toMatchObject({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
        expect(container.image).toMatch(/:\d+\.\d+\.\d+$/);
      }
    }
    expect(jobTemplateOf(manifests).spec).toMatchObject({ automountServiceAccountToken: false, restartPolicy: 'Never' });
  });

  it('has probes, a spread over zones and nodes, and a budget for evictions', () => {
    const { spec } = deploymentOf(manifests);
    expect(spec?.replicas).toBe(2);
    expect(spec?.template.spec?.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
    const [container] = spec?.template.spec?.containers ?? [];
    expect([container?.startupProbe, container?.livenessProbe, container?.readinessProbe].map((probe) => probe?.httpGet?.path)).toEqual([
      '/healthz',
      '/healthz',
      '/readyz',
    ]);
    const port = container?.ports?.find(({ name }) => name === container.readinessProbe?.httpGet?.port)?.containerPort;
    expect(valueOf(container, 'OPS_PORT')).toBe(String(port));
    expect(only(manifests, 'PodDisruptionBudget')['spec']).toMatchObject({ maxUnavailable: 1, selector: spec?.selector });
    expect(only(manifests, 'NetworkPolicy', 'operator-k8s-operator')['spec']).toMatchObject({
      podSelector: spec?.selector,
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(only(manifests, 'Service')['spec']).toMatchObject({ selector: spec?.selector?.matchLabels });
  });

  it('gives the operator an environment that its configuration knows and finds complete', () => {
    const [container] = deploymentOf(manifests).spec?.template.spec?.containers ?? [];
    const variables = container?.env ?? [];
    const names = variables.map(({ name }) => name);
    const known = [...Object.keys(CONFIG.schema.properties), 'NODE_EXTRA_CA_CERTS', 'A', ...Object.keys(ENVIRONMENT)];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    expect(names).toEqual([...new Set(names)]);
    for (const [name, value] of Object.entries(ENVIRONMENT)) expect([name, valueOf(container, name)]).toEqual([name, value]);
    const folder = mkdtempSync(join(tmpdir(), 'ledgerflow-chart-'));
    try {
      const file = join(folder, 'job-template.yaml');
      writeFileSync(file, jobTemplateTextOf(manifests));
      const environment = Object.fromEntries(variables.map(({ name, value }) => [name, value ?? 'from-the-pod']));
      expect(parseConfig(CONFIG, { ...environment, JOB_TEMPLATE_FILE: file })).toMatchObject({
        LEASE_NAME: 'operator-k8s-operator',
        OPS_PORT: 9090,
        WORKERS: 16,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('lets nobody into the pods of the rebuilds, in each namespace that it knows', () => {
    const scope = valueOf(deploymentOf(manifests).spec?.template.spec?.containers[0], 'WATCH_NAMESPACES') ?? '';
    const policies = manifests.filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name.endsWith('-rebuild'));
    expect(policies.map(({ metadata }) => metadata.namespace).join(',')).toBe(scope);
    const labels = jobTemplateOf(manifests).metadata?.labels;
    for (const { spec } of policies as unknown as { spec: { podSelector: { matchLabels: object } } }[]) {
      expect(labels).toMatchObject(spec.podSelector.matchLabels);
      expect(spec).toEqual({ podSelector: spec.podSelector, policyTypes: ['Ingress'] });
    }
  });

  it('names a namespace for all that has one, and keeps the definitions', () => {
    for (const { kind, metadata } of manifests) {
      expect([kind, metadata.name, metadata.namespace !== undefined]).toEqual([kind, metadata.name, !CLUSTER_KINDS.includes(kind)]);
      expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'ledgerflow', 'app.kubernetes.io/instance': 'operator' });
    }
    const definitions = manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(definitions.map(({ metadata }) => metadata.name).sort()).toEqual([
      'projectionrebuilds.ledgerflow.io',
      'projectionschedules.ledgerflow.io',
    ]);
    for (const { metadata } of definitions) expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  it('starts the pods anew when the template of the Jobs is another one', async () => {
    const annotation = (all: Manifest[]) => deploymentOf(all).spec?.template.metadata?.annotations?.['checksum/job-template'];
    expect(annotation(await render(...args))).toBe(annotation(manifests));
    expect(annotation(await render(...args, '--set', 'job.image.tag=9.9.9'))).not.toBe(annotation(manifests));
  });
});

describe('the rights of the operator', () => {
  const scopeOf = (manifests: Manifest[]): string | undefined =>
    valueOf(deploymentOf(manifests).spec?.template.spec?.containers[0], 'WATCH_NAMESPACES');
  const rolesOf = (manifests: Manifest[], kind: string): unknown[] =>
    manifests.filter((one) => one.kind === kind).map(({ metadata, ...more }) => [metadata.namespace, metadata.name, more['rules']]);
  const election = ['ledgerflow', 'operator-k8s-operator-election', electionRules('operator-k8s-operator')];

  it('are a role in its own namespace by default', async () => {
    const manifests = await render(...REQUIRED);
    expect(scopeOf(manifests)).toBe('ledgerflow');
    expect(rolesOf(manifests, 'Role')).toEqual([election, ['ledgerflow', 'operator-k8s-operator', WORK_RULES]]);
    expect(rolesOf(manifests, 'ClusterRole')).toEqual([]);
  });

  it('are a role in each namespace that is named', async () => {
    const manifests = await render(...EVERYTHING);
    expect(scopeOf(manifests)).toBe('one,two');
    const expected = [election, ['one', 'operator-k8s-operator', WORK_RULES], ['two', 'operator-k8s-operator', WORK_RULES]];
    expect(rolesOf(manifests, 'Role')).toHaveLength(3);
    expect(rolesOf(manifests, 'Role')).toEqual(expect.arrayContaining(expected));
    const bindings = manifests.filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings).toHaveLength(3);
    for (const { subjects } of bindings as unknown as { subjects: object[] }[])
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'operator-k8s-operator', namespace: 'ledgerflow' }]);
  });

  it('are a cluster role only when it looks after the whole cluster', async () => {
    const manifests = await render(...REQUIRED, '--set', 'scope.clusterWide=true');
    expect(scopeOf(manifests)).toBe('');
    expect(rolesOf(manifests, 'ClusterRole')).toEqual([[undefined, 'operator-k8s-operator-ledgerflow', WORK_RULES]]);
    expect(rolesOf(manifests, 'Role')).toEqual([election]);
    expect(jobTemplateOf(manifests).spec?.serviceAccountName).toBe('default');
  });
});

describe('the values', () => {
  const REFUSED: [string, string[], string][] = [
    ['no token endpoint', [], "at '/gateway/tokenUrl': '' does not match pattern"],
    ['a name that is not known', set('replica=3'), "additional properties 'replica' not allowed"],
    ['a name that is not known further down', set('gateway.adress=x'), "at '/gateway': additional properties 'adress' not allowed"],
    ['no replica', set('replicas=0'), "at '/replicas': minimum: got 0, want 1"],
    ['a text for a number', [...REQUIRED, '--set-string', 'replicas=2'], "at '/replicas': got string, want integer"],
    ['the tag latest', set('image.tag=latest'), "at '/image/tag'"],
    ['a digest that is none', set('job.image.digest=sha256:1'), "at '/job/image/digest'"],
    [
      'the cluster and namespaces',
      set('scope.clusterWide=true', 'scope.namespaces={a}'),
      "at '/scope/namespaces': maxItems: got 1, want 0",
    ],
    ['a log level that is none', set('logLevel=loud'), "at '/logLevel': value must be one of"],
    ['a gateway without http', set('gateway.url=gateway:8080'), "at '/gateway/url'"],
    ['resources that are none', set('resources.limit.cpu=1'), "at '/resources': additional properties 'limit' not allowed"],
  ];

  it.each(REFUSED)('are refused: %s', async (_, args, message) => {
    await expect(render(...args)).rejects.toThrow(message);
  });

  it('choose an image by its digest', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const manifests = await render(...REQUIRED, '--set', `image.digest=${digest}`);
    expect(deploymentOf(manifests).spec?.template.spec?.containers[0]?.image).toBe(`ledgerflow/k8s-operator@${digest}`);
  });
});

it('install.yaml is what the chart renders (npm run manifests)', async () => {
  expect(readFileSync(INSTALL_FILE, 'utf8')).toBe(await installManifest());
});
