import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { kubeAccess, KubeConfigAccess, ServiceAccountAccess } from './access.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'service-account-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('in a pod: what Kubernetes put there, as it is now', async () => {
  await writeFile(join(folder, 'token'), 'first\n');
  await writeFile(join(folder, 'ca.crt'), 'authority');
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443', SERVICE_ACCOUNT_FOLDER: folder };
  const access = await kubeAccess(pod);
  expect(access).toBeInstanceOf(ServiceAccountAccess);
  expect(access.server).toBe('https://10.0.0.1:6443');
  expect(await access.credentials()).toEqual({ headers: { authorization: 'Bearer first' }, ca: Buffer.from('authority') });
  await writeFile(join(folder, 'token'), 'second\n');
  expect(await access.credentials()).toMatchObject({ headers: { authorization: 'Bearer second' } });
  expect((await kubeAccess({ ...pod, KUBERNETES_SERVICE_HOST: 'fd00::1' })).server).toBe('https://[fd00::1]:6443');
});

it('with a KUBECONFIG: what the client library makes of it', async () => {
  expect(await kubeAccess({ KUBECONFIG: 'x', KUBERNETES_SERVICE_HOST: '10.0.0.1', SERVICE_ACCOUNT_FOLDER: folder })).toBeInstanceOf(
    KubeConfigAccess,
  );
});
