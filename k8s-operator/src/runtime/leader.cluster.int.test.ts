import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane, type User } from '../../testing/control-plane/index.ts';
import { until } from '../../testing/until.ts';
import { KubeClient } from '../kube/client.ts';
import { type Lease, LEASES } from '../kube/resources.ts';
import { testMetrics } from '../kube/testing.ts';
import { Leader } from './leader.ts';

const WAIT_MS = 60_000;
/** As in testing/candidate.ts. */
const LEASE = { leaseMs: 5_000, renewMs: 1_000, retryMs: 500 };
/** For a machine that is busy with other things. */
const SLACK_MS = 4_000;
const NAMESPACE = 'default';

let plane: ControlPlane;
let admin: KubeClient;
const users: Record<string, User> = {};
const children: ChildProcess[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
  admin = new KubeClient({ kubeConfig: plane.admin.kubeConfig, fieldManager: 'test' });
  for (const name of ['a', 'b']) {
    await plane.kubectl(['create', 'serviceaccount', name]);
    await plane.kubectl(['create', 'clusterrolebinding', name, '--clusterrole=cluster-admin', `--serviceaccount=${NAMESPACE}:${name}`]);
    const user = await plane.serviceAccount(NAMESPACE, name);
    users[name] = user;
    await mkdir(join(plane.dir, name));
    await writeFile(join(plane.dir, name, 'token'), user.token);
    await writeFile(join(plane.dir, name, 'ca.crt'), Buffer.from(user.kubeConfig.getCurrentCluster()?.caData ?? '', 'base64'));
  }
}, START_TIMEOUT_MS);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await admin?.close();
  await plane?.stop();
});

interface Candidate {
  child: ChildProcess;
  said(word: string): Promise<unknown>;
  ended: Promise<number | NodeJS.Signals | null>;
}

function candidate(lease: string, name: string): Candidate {
  const { hostname, port } = new URL(plane.url);
  const script = join(import.meta.dirname, 'testing/candidate.ts');
  const child = spawn(process.execPath, [script, NAMESPACE, lease, name, hostname, port, join(plane.dir, name)], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const words: string[] = [];
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => void words.push(line));
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  return { child, ended, said: (word) => soon(`${name} says ${word}`, () => words.includes(word)) };
}

const soon = (what: string, look: () => Promise<boolean> | boolean): Promise<unknown> => until(what, look, () => '', WAIT_MS);
const leaseOf = async (name: string): Promise<Lease | null> => admin.get(LEASES, NAMESPACE, name);
const holderOf = async (name: string): Promise<string | undefined> => (await leaseOf(name))?.spec?.holderIdentity?.split('_')[0];
/** Requests of a candidate that would change something, since a time in ms. */
const writesOf = async (name: string, since: number): Promise<unknown[]> =>
  (await plane.auditLog(users[name]?.name)).filter(({ verb, at }) => !['get', 'list', 'watch'].includes(verb) && Date.parse(at) >= since);

it('of several that begin together one leads; when it stops the next one does', async () => {
  const leaders = Array.from(
    { length: 4 },
    (_, i) =>
      new Leader({
        client: admin,
        namespace: NAMESPACE,
        name: 'race',
        identity: `candidate-${i}`,
        leaseMs: 15_000,
        renewMs: 1_000,
        retryMs: 200,
        log: silentLogger,
        metrics: testMetrics().metrics,
      }),
  );
  for (const leader of leaders) leader.start();
  const left = new Set(leaders);
  for (let turn = 0; turn < leaders.length; turn++) {
    await soon('one leads', () => [...left].some(({ isLeader }) => isLeader));
    const leading = [...left].filter(({ isLeader }) => isLeader);
    expect(leading).toHaveLength(1);
    const [first] = leading as [Leader];
    expect((await leaseOf('race'))?.spec).toMatchObject({ leaseTransitions: turn, leaseDurationSeconds: 15 });
    left.delete(first);
    await first.stop();
  }
  expect((await leaseOf('race'))?.spec?.holderIdentity ?? '').toBe('');
});

it('killed: another leads when the lease has run out', async () => {
  const a = candidate('killed', 'a');
  await a.said('leading');
  const b = candidate('killed', 'b');
  await b.said('ready');
  await soon('a writes', async () => (await writesOf('a', 0)).length > 20);
  a.child.kill('SIGKILL');
  const killedAt = Date.now();
  await b.said('leading');
  expect(Date.now() - killedAt).toBeLessThan(LEASE.leaseMs + LEASE.retryMs + SLACK_MS);
  expect((await writesOf('a', killedAt)).length).toBeLessThanOrEqual(4);
  b.child.kill('SIGTERM');
  expect(await b.ended).toBe(0);
  expect((await holderOf('killed')) ?? '').toBe('');
});

it('told to end: another leads at once', async () => {
  const a = candidate('told', 'a');
  await a.said('leading');
  const b = candidate('told', 'b');
  await b.said('ready');
  await soon('a leads', async () => (await holderOf('told')) === 'a');
  a.child.kill('SIGTERM');
  expect(await a.ended).toBe(0);
  const endedAt = Date.now();
  await b.said('leading');
  expect(Date.now() - endedAt).toBeLessThan(LEASE.retryMs + SLACK_MS);
});

it('stopped in the middle of its writes, and woken after another took over: sends nothing more and ends', async () => {
  const a = candidate('stopped', 'a');
  await a.said('leading');
  const b = candidate('stopped', 'b');
  await b.said('ready');
  const beganAt = Date.now();
  await soon('a writes', async () => (await writesOf('a', beganAt)).length > 20);
  a.child.kill('SIGSTOP');
  await b.said('leading');
  await soon('b writes', async () => (await writesOf('b', beganAt)).length > 20);
  const wokenAt = Date.now();
  a.child.kill('SIGCONT');
  expect(await a.ended).toBe(3);
  expect(await writesOf('a', wokenAt)).toEqual([]);
  // Nor did it write while b led: the first of b's writes comes after the last of a's.
  const first = (await plane.auditLog(users['b']?.name)).find(({ resource, at }) => resource === 'configmaps' && Date.parse(at) >= beganAt);
  expect(await writesOf('a', Date.parse(first?.at ?? ''))).toEqual([]);
  expect(await holderOf('stopped')).toBe('b');
});

it('cut off from the API server: stops writing, and ends by itself', async () => {
  const a = candidate('cut-off', 'a');
  await a.said('leading');
  await plane.stopApiServer();
  expect(await a.ended).toBe(3);
  await plane.restartApiServer();
  const b = candidate('cut-off', 'b');
  await b.said('leading');
});
