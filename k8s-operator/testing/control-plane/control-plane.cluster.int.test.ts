import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BatchV1Api, CoreV1Api } from '@kubernetes/client-node';
import { START_TIMEOUT_MS, startControlPlane } from './index.ts';
import type { ControlPlane } from './index.ts';
import { until } from '../until.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const configMap = (name: string, text = 'x'): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text } });
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const versionOf = (body: unknown): string => (body as { metadata: { resourceVersion: string } }).metadata.resourceVersion;

describe('etcd and an API server', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ watchCache: false });
  }, START_TIMEOUT_MS);
  afterAll(async () => plane?.stop());

  it('answer the administrator', async () => {
    const { body, status } = await plane.request({ path: '/version' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ gitVersion: expect.stringMatching(/^v1\.\d+/) });
    const core = plane.admin.kubeConfig.makeApiClient(CoreV1Api);
    expect((await core.listNamespace()).items.map(({ metadata }) => metadata?.name)).toContain('default');
  });

  it('let a service account do what its role says, and nothing else', async () => {
    const rules = 'apiVersion: rbac.authorization.k8s.io/v1';
    await plane.kubectl(['apply', '-f', '-'], {
      input: `apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: default }
---
${rules}
kind: Role
metadata: { name: reader, namespace: default }
rules: [{ apiGroups: [''], resources: [configmaps], verbs: [list] }]
---
${rules}
kind: RoleBinding
metadata: { name: reader, namespace: default }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: reader, namespace: default }]
`,
    });
    const reader = await plane.serviceAccount('default', 'reader');
    await until('the role counts', async () => (await plane.request({ path: CONFIG_MAPS }, reader)).status === 200);
    const refused = await plane.request({ path: '/api/v1/namespaces/default/secrets' }, reader);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ message: expect.stringContaining('cannot list resource "secrets"') });
    await expect(plane.kubectl(['get', 'secrets'], { as: reader })).rejects.toThrow('Forbidden');

    const requests = await plane.auditLog('system:serviceaccount:default:reader');
    expect(requests).toContainEqual(
      expect.objectContaining({ verb: 'list', group: '', resource: 'secrets', subresource: null, namespace: 'default', status: 403 }),
    );
    expect(requests.every(({ user }) => user === reader.name)).toBe(true);
    await expect(plane.serviceAccount('default', 'nobody')).rejects.toThrow('default/nobody');
  });

  it('keep their objects when the API server is killed', async () => {
    await plane.request({ method: 'POST', path: CONFIG_MAPS, body: configMap('kept') });
    const before = plane.pids();
    await plane.stopApiServer();
    expect((await plane.request({ path: CONFIG_MAPS })).status).toBe(0);
    await plane.restartApiServer();
    expect((await plane.request({ path: `${CONFIG_MAPS}/kept` })).status).toBe(200);
    const after = plane.pids();
    expect(after['etcd']).toBe(before['etcd']);
    expect(after['kube-apiserver']).not.toBe(before['kube-apiserver']);
  });

  it('know nothing of what was before a compaction', async () => {
    const old = versionOf((await plane.request({ path: CONFIG_MAPS })).body);
    for (const name of ['newer', 'newest']) await plane.request({ method: 'POST', path: CONFIG_MAPS, body: configMap(name) });
    const watch = async (): Promise<string> => {
      const { status, body } = await plane.request({ path: `${CONFIG_MAPS}?watch=true&timeoutSeconds=1&resourceVersion=${old}` });
      return `${status} ${typeof body === 'string' ? body : JSON.stringify(body)}`;
    };
    expect(await watch()).toMatch(/^200 .*"ADDED".*"newer".*"ADDED".*"newest"/s);
    await plane.compactEtcd();
    // As the answer's status, or as its first event.
    expect(await watch()).toMatch(/^410 |^200 \{"type":"ERROR".*"code":410/);
  });
});

describe('a whole control plane', () => {
  let plane: ControlPlane;
  let other: ControlPlane;
  beforeAll(async () => {
    [plane, other] = await Promise.all([
      startControlPlane({ withController: true, withScheduler: true, withKwok: true }),
      startControlPlane({ withController: true, withScheduler: true, withKwok: { finishesJobs: false } }),
    ]);
  }, START_TIMEOUT_MS);
  afterAll(async () => Promise.all([plane?.stop(), other?.stop()]));

  const container = { name: 'main', image: 'example/none:1' };
  const job = (name: string) => ({ metadata: { name }, spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } });

  it('runs a pod and finishes a Job', async () => {
    const core = plane.admin.kubeConfig.makeApiClient(CoreV1Api);
    const batch = plane.admin.kubeConfig.makeApiClient(BatchV1Api);
    await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'stays' }, spec: { containers: [container] } } });
    await batch.createNamespacedJob({ namespace: 'default', body: job('ends') });
    const podIsRunning = async () => (await core.readNamespacedPod({ namespace: 'default', name: 'stays' })).status?.phase === 'Running';
    await until('the pod runs', podIsRunning);
    const jobIsDone = async () => (await batch.readNamespacedJob({ namespace: 'default', name: 'ends' })).status?.succeeded === 1;
    await until('the Job is done', jobIsDone);
  });

  it("leaves the end of a Job's pod to the test when that is asked for", async () => {
    const core = other.admin.kubeConfig.makeApiClient(CoreV1Api);
    const batch = other.admin.kubeConfig.makeApiClient(BatchV1Api);
    await batch.createNamespacedJob({ namespace: 'default', body: job('mine') });
    const pod = async () => (await core.listNamespacedPod({ namespace: 'default', labelSelector: 'job-name=mine' })).items[0];
    await until('the pod runs', async () => (await pod())?.status?.phase === 'Running');
    const { metadata } = (await pod())!;
    const path = `/api/v1/namespaces/default/pods/${metadata?.name}/status`;
    const terminated = { exitCode: 5, reason: 'Error', startedAt: new Date().toISOString(), finishedAt: new Date().toISOString() };
    const containerStatuses = [
      { name: container.name, image: container.image, imageID: '', restartCount: 0, ready: false, state: { terminated } },
    ];
    const body = { status: { phase: 'Failed', containerStatuses } };
    await other.request({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
    const failed = async () => (await batch.readNamespacedJob({ namespace: 'default', name: 'mine' })).status?.failed === 1;
    await until('the Job has a pod that failed', failed);
  });

  it('stands beside another, with nothing in common', async () => {
    expect(plane.url).not.toBe(other.url);
    await plane.request({ method: 'POST', path: CONFIG_MAPS, body: configMap('here') });
    expect((await other.request({ path: `${CONFIG_MAPS}/here` })).status).toBe(404);
    expect((await other.request({ path: CONFIG_MAPS }, plane.admin)).status).toBe(401);
  });

  it('is spoken to by kubectl and helm', async () => {
    expect(JSON.parse(await plane.kubectl(['version', '-o', 'json']))).toMatchObject({ serverVersion: { major: '1' } });
    expect(await plane.kubectl(['get', 'nodes', '-o', 'name'])).toBe('node/node-a\nnode/node-b\n');
    expect(JSON.parse(await plane.helm(['list', '-A', '-o', 'json']))).toEqual([]);
    await expect(plane.helm(['status', 'nothing'])).rejects.toThrow(/release: not found/);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const pids = Object.values(other.pids());
    expect(pids).toHaveLength(5);
    await other.stop();
    await other.stop();
    expect(pids.filter((pid) => pid !== null && isAlive(pid))).toEqual([]);
    expect(existsSync(other.dir)).toBe(false);
  });
});

it('ends when the process that started it is killed', async () => {
  const script = `
    import { startControlPlane } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
    const { pids, dir } = await startControlPlane().then((plane) => ({ pids: plane.pids(), dir: plane.dir }));
    console.log(JSON.stringify({ pids, dir }));
    setInterval(() => undefined, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { pids, dir } = JSON.parse(line) as { pids: Record<string, number>; dir: string };
  expect(Object.values(pids).map(isAlive)).toEqual([true, true]);
  const killedAt = performance.now();
  child.kill('SIGKILL');
  await until('the programs have ended', () => !Object.values(pids).some(isAlive));
  // Without their folder they would end as well, in half a minute.
  expect(performance.now() - killedAt).toBeLessThan(5_000);
  await until('the folder is gone', () => !existsSync(dir));
});
