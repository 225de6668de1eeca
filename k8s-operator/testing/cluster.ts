import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { electionRules, WORK_RULES } from '../src/rbac.ts';
import type { Rule } from '../src/rbac.ts';
import type { ControlPlane, User } from './control-plane/index.ts';

const DEFINITIONS = join(import.meta.dirname, '../../helm/k8s-operator/files/crds');
const ESTABLISHED_TIMEOUT_MS = 30_000;
const RIGHTS_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
const RBAC = 'rbac.authorization.k8s.io';

/** The kinds of the operator, as the chart installs them; returns when they are served. */
export async function installDefinitions(plane: ControlPlane): Promise<void> {
  const files = globSync('*.yaml', { cwd: DEFINITIONS });
  const texts = await Promise.all(files.map((file) => readFile(join(DEFINITIONS, file), 'utf8')));
  await plane.kubectl(['apply', '--server-side', '-f', '-'], { input: texts.join('\n---\n') });
  const names = files.map((file) => `crd/${file.replace(/\.yaml$/, '.ledgerflow.io')}`);
  await plane.kubectl(['wait', ...names, '--for=condition=Established', `--timeout=${ESTABLISHED_TIMEOUT_MS / 1_000}s`]);
}

/** A namespace for one test. Pods are held to the restricted standard, as in production. */
export async function createNamespace(plane: ControlPlane, prefix = 'test'): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  const metadata = { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } };
  const { status, body } = await plane.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata },
  });
  if (status !== 201) throw new Error(`namespace ${name}: ${JSON.stringify(body)}`);
  return name;
}

/** In one namespace, or, without one, in all. */
function role(name: string, namespace: string | null, rules: readonly Rule[], subject: { name: string; namespace: string }): object[] {
  const [kind, metadata] = namespace === null ? ['ClusterRole', { name }] : ['Role', { name, namespace }];
  return [
    { apiVersion: `${RBAC}/v1`, kind, metadata, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: RBAC, kind, name },
      subjects: [{ kind: 'ServiceAccount', ...subject }],
    },
  ];
}

/**
 * A service account in the first namespace with the chart's rights: the lease there, the work in all of them, or in the whole cluster. Returns when the rights count.
 */
export async function createOperator(
  plane: ControlPlane,
  namespaces: readonly [string, ...string[]],
  {
    name = 'operator',
    leaseName = 'ledgerflow-operator',
    isClusterWide = false,
  }: { name?: string; leaseName?: string; isClusterWide?: boolean } = {},
): Promise<User> {
  const [home] = namespaces;
  const subject = { name, namespace: home };
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: subject },
    ...role(`${name}-election`, home, electionRules(leaseName), subject),
    ...(isClusterWide
      ? role(`${name}-${home}`, null, WORK_RULES, subject)
      : namespaces.flatMap((namespace) => role(name, namespace, WORK_RULES, subject))),
  ];
  await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) });
  const operator = await plane.serviceAccount(home, name);
  const deadline = Date.now() + RIGHTS_TIMEOUT_MS;
  const mayList = async (where: string): Promise<boolean> =>
    (await plane.request({ path: `/apis/batch/v1/${where}jobs?limit=1` }, operator)).status === 200;
  for (const where of isClusterWide ? [''] : namespaces.map((namespace) => `namespaces/${namespace}/`)) {
    while (!(await mayList(where))) {
      if (Date.now() > deadline) throw new Error(`${operator.name} has no rights in ${where} after ${RIGHTS_TIMEOUT_MS} ms`);
      await delay(POLL_MS);
    }
  }
  return operator;
}

/** The environment by which a process finds the API server and its service account as it would in a pod. */
export async function inPod(plane: ControlPlane, { name, token, kubeConfig }: User): Promise<Record<string, string>> {
  const folder = join(plane.dir, `pod-of-${name.replaceAll(/[^A-Za-z0-9-]/g, '_')}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'token'), token, { mode: 0o600 });
  await writeFile(join(folder, 'ca.crt'), Buffer.from(kubeConfig.getCurrentCluster()?.caData ?? '', 'base64'));
  const { hostname, port } = new URL(plane.url);
  return { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, SERVICE_ACCOUNT_FOLDER: folder };
}
