import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { expectNoSecrets } from '@ledgerflow/platform/log/testing';
import { createNamespace, createOperator, installDefinitions } from '../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from '../testing/control-plane/index.ts';
import { PROJECTION_REBUILDS } from './api/v1alpha1/index.ts';
import { Namespace, until, uidOf } from './controllers/testing.ts';
import { FakeGateway } from './gateway/testing.ts';
import { LEASES } from './kube/resources.ts';

const TOKEN = 'token-of-the-operator-for-the-gateway';
let plane: ControlPlane;
let gateway: FakeGateway;
const children: ChildProcess[] = [];
const logs: string[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
  await installDefinitions(plane);
  gateway = await new FakeGateway().start();
}, START_TIMEOUT_MS);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await gateway?.stop();
  await plane?.stop();
});

/** The process as the chart starts it, and the port of its operations server. */
async function start(environment: Record<string, string>): Promise<{ child: ChildProcess; ops: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PATH: process.env.PATH, HOME: plane.dir, ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  children.push(child);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => logs.push(text));
  const [message] = (await once(child, 'message')) as [{ type: string; ports: { ops: number } }];
  expect(message.type).toBe('ready');
  return { child, ops: `http://127.0.0.1:${message.ports.ops}` };
}

it('the process works, says how it is, and hands over when it is told to end', async () => {
  const name = await createNamespace(plane);
  const user = await createOperator(plane, [name]);
  const space = new Namespace(plane, name);
  const template = join(plane.dir, 'job.yaml');
  const token = join(plane.dir, 'token');
  await writeFile(template, 'spec: { containers: [{ name: rebuild, image: "builder:1" }] }');
  await writeFile(token, TOKEN);
  const environment = {
    KUBECONFIG: user.kubeConfigFile,
    POD_NAME: 'one',
    POD_NAMESPACE: name,
    WATCH_NAMESPACES: name,
    GATEWAY_URL: gateway.url,
    GATEWAY_TOKEN_FILE: token,
    JOB_TEMPLATE_FILE: template,
    // No whole number of milliseconds is a third of it, and it is no longer than GATEWAY_TIMEOUT_MS.
    LEASE_SECONDS: '5',
    POLL_INTERVAL_MS: '200',
  };
  const holder = async (): Promise<string> => (await space.get(LEASES, 'ledgerflow-operator'))?.spec?.holderIdentity ?? '';
  const one = await start(environment);
  await until('it is ready', async () => (await fetch(`${one.ops}/readyz`)).status === 200);
  const object = await space.create('first');
  await space.phase('first', 'Running');
  expect(gateway.asked.at(-1)?.token).toBe(TOKEN);
  expect(await holder()).toMatch(/^one_/);
  const metrics = await (await fetch(`${one.ops}/metrics`)).text();
  for (const line of [
    'ledgerflow_operator_rebuilds{phase="Running",service="k8s-operator"} 1',
    'ledgerflow_operator_leader{service="k8s-operator"} 1',
  ])
    expect(metrics).toContain(line);

  const two = await start({ ...environment, POD_NAME: 'two' });
  await until('the other one is ready', async () => (await fetch(`${two.ops}/readyz`)).status === 200);
  // One that waits gathers nothing and counts nothing: a sum over both is right.
  const waiting = await (await fetch(`${two.ops}/metrics`)).text();
  expect(waiting).not.toContain('ledgerflow_operator_rebuilds{');
  for (const controller of ['projection-rebuild', 'projection-schedule'])
    expect(waiting).toContain(`ledgerflow_operator_queue_depth{controller="${controller}",service="k8s-operator"} 0`);
  const ended = once(one.child, 'close');
  one.child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await until('the other one leads', async () => (await holder()).startsWith('two_'));
  gateway.set(uidOf(object), 'swapped');
  await space.phase('first', 'Swapped');
  const dropped = uidOf(await space.create('second'));
  await space.phase('second', 'Running');
  gateway.set(dropped, 'running');
  await space.delete(PROJECTION_REBUILDS, 'second');
  await space.gone(PROJECTION_REBUILDS, 'second');
  expect(gateway.rows.get(dropped)?.state).toBe('cancelled');
  const last = once(two.child, 'close');
  two.child.kill('SIGTERM');
  expect(await last).toEqual([0, null]);
  expect(await holder()).toBe('');
  expect(logs.join('')).toContain('at work');
  const known = [TOKEN, user.token].map((value) => ({ kind: 'a token', value }));
  expectNoSecrets([{ name: "the operator's log", text: logs.join('') }], known);
});
