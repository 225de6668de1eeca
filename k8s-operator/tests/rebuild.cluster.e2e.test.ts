import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { CLI } from '../../services/e2e/stack/builder-commands.ts';
import { Hammer } from '../../services/e2e/stack/hammer.ts';
import { until } from '../../services/e2e/stack/wait.ts';
import { conditionOf, PROJECTION_REBUILDS } from '../src/api/v1alpha1/index.ts';
import { GatewayClient } from '../src/gateway/client.ts';
import { JOBS } from '../src/kube/resources.ts';
import { START_TIMEOUT_MS } from '../testing/control-plane/index.ts';
import { outsideOfItsRights, requestsOf } from '../testing/rights.ts';
import { DEPOSITS, Ground, LEDGER, PROJECTION, SLOW, WAIT_MS } from './ground.ts';

const TEST_MS = 240_000;

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
}, START_TIMEOUT_MS);
afterEach(async () => {
  await ground.clear();
  // Whatever a test has them do.
  for (const account of ground.replicas.accounts) expect(outsideOfItsRights(await requestsOf(ground.plane, account))).toEqual([]);
}, TEST_MS);
afterAll(async () => ground?.close(), 120_000);

/** A rebuild in the middle, what happens to it then, and that it is one rebuild by one Job and one process all the same. */
async function throughout(name: string, happens: () => Promise<void>): Promise<void> {
  const before = await ground.rebuildIds();
  const { metadata } = await ground.create(name, { maxRatePerSecond: SLOW });
  await ground.inTheMiddle(name);
  const hammer = new Hammer(ground.api, {
    ledger: LEDGER,
    account: 'hot',
    posted: BigInt((await ground.balance()).replace('.', '')),
    readsPerWrite: 50,
  });
  hammer.start();
  try {
    await happens();
    await ground.inPhase(name, 'Swapped');
  } finally {
    await hammer.stop();
  }
  const status = ground.statusOf(name)!;
  expect(hammer.failures).toEqual([]);
  expect(status).toMatchObject({ rebuildId: metadata.uid, attempt: 1, progress: 100, job: { name: `${name}-1` } });
  expect(ground.phasesOf(name)).toEqual(['Running', 'Swapped']);
  const progress = ground.progressOf(name);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  await until('its process has ended', () => ground.runsOf(name)[0]?.exitCode === 0, WAIT_MS);
  expect(ground.idsOf(name)).toEqual([metadata.uid]);
  expect([...(ground.jobs.get(`${name}-1`) ?? [])]).toEqual([status.job?.uid]);
  expect([...ground.jobs.keys()].filter((job) => job.startsWith(`${name}-`))).toEqual([`${name}-1`]);
  expect((await ground.rebuildIds()).filter((id) => !before.includes(id))).toEqual([metadata.uid]);
}

it(
  'runs a rebuild to its swap, under a reader that never gets a stale or failed answer',
  async () => {
    const before = await ground.generation();
    const hammer = new Hammer(ground.api, { ledger: LEDGER, account: 'hot', posted: BigInt(DEPOSITS), readsPerWrite: 20 });
    hammer.start();
    const { metadata } = await ground.create('whole', { maxRatePerSecond: 200 });
    const status = await ground.inPhase('whole', 'Swapped');
    const readsThen = hammer.reads;
    await until('it is read after the swap', () => hammer.reads > readsThen + 20);
    await hammer.stop();
    expect(hammer.failures).toEqual([]);
    expect(hammer.writes).toBeGreaterThan(5);

    expect(await ground.generation()).not.toBe(before);
    expect(ground.phasesOf('whole')).toEqual(['Running', 'Swapped']);
    const progress = ground.progressOf('whole');
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.some((percent) => percent > 0 && percent < 100)).toBe(true);
    const rows = await ground.rowsOf(metadata.uid!);
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
    await until('its process has ended', () => ground.runsOf('whole')[0]?.exitCode === 0, WAIT_MS);
    expect(ground.runsOf('whole')).toHaveLength(1);
    expect(ground.runsOf('whole')[0]!.command).toEqual([
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
    await until(
      'the Job is complete',
      async () => ((await ground.admin.get(JOBS, ground.namespace, 'whole-1'))?.status?.succeeded ?? 0) === 1,
      WAIT_MS,
    );
    const reasons = await until('its events are there', async () => {
      const { body } = await ground.plane.request({ path: `/apis/events.k8s.io/v1/namespaces/${ground.namespace}/events` });
      const { items } = body as { items: { regarding: { name: string }; reason: string }[] };
      const found = items.filter(({ regarding }) => regarding.name === 'whole').map(({ reason }) => reason);
      return found.includes('Swapped') && found;
    });
    expect(reasons).toContain('Running');
  },
  TEST_MS,
);

it('an identity that may not see all ledgers is refused, and not told that nothing is there', async () => {
  const { issuer, url } = ground.stack;
  const gatewayFor = async (ledgers: string[]): Promise<GatewayClient> => {
    const token = await issuer.token({ roles: ['admin'], ledgers, subject: 'operator' });
    return new GatewayClient({ url, timeoutMs: 10_000, token: { get: () => Promise.resolve(token), forget: () => undefined } });
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
    const before = await ground.generation();
    await ground.create('proof', { proofGate: 'ProveOnly' });
    const status = await ground.inPhase('proof', 'Proven');
    expect(status).toMatchObject({ progress: 100, digest: expect.stringMatching(/^[0-9a-f]{16,}$/) });
    expect(conditionOf(status.conditions, 'Verified')?.status).toBe('True');
    expect(conditionOf(status.conditions, 'Swapped')).toMatchObject({ status: 'False', reason: 'ProveOnly' });
    expect(await ground.generation()).toBe(before);
  },
  TEST_MS,
);

it(
  'deleted in the middle: cancels the rebuild and leaves what is live',
  async () => {
    const [before, posted] = [await ground.generation(), await ground.balance()];
    const { metadata } = await ground.create('dropped', { maxRatePerSecond: SLOW });
    const { run } = await ground.inTheMiddle('dropped');
    await ground.admin.delete(PROJECTION_REBUILDS, ground.namespace, 'dropped', { propagationPolicy: 'Background' });
    await until(
      'the object is gone',
      async () => (await ground.admin.get(PROJECTION_REBUILDS, ground.namespace, 'dropped')) === null,
      WAIT_MS,
    );
    expect(await ground.rowsOf(metadata.uid!)).toMatchObject({ state: 'cancelled' });
    await until('the Job is gone', async () => (await ground.admin.get(JOBS, ground.namespace, 'dropped-1')) === null, WAIT_MS);
    await until('its process has ended', () => run.exitCode !== null, WAIT_MS);
    expect([await ground.generation(), await ground.balance()]).toEqual([before, posted]);
  },
  TEST_MS,
);

it(
  'its pod killed in the middle: the next one goes on with the same rebuild',
  async () => {
    const { metadata } = await ground.create('killed', { maxRatePerSecond: SLOW });
    const { run } = await ground.inTheMiddle('killed');
    run.child.kill('SIGKILL');
    expect(await ground.inPhase('killed', 'Swapped')).toMatchObject({ rebuildId: metadata.uid, attempt: 1 });
    await until('the second pod has ended', () => ground.runsOf('killed')[1]?.exitCode === 0, WAIT_MS);
    expect(ground.runsOf('killed').map(({ exitCode }) => exitCode)).toEqual([137, 0]);
    expect(ground.idsOf('killed')).toEqual([metadata.uid, metadata.uid]);
    // It did not begin anew.
    const progress = ground.progressOf('killed');
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  },
  TEST_MS,
);

it(
  'suspended in the middle: nothing runs until it is resumed, then it goes on',
  async () => {
    const { metadata } = await ground.create('paused', { maxRatePerSecond: SLOW });
    const { run } = await ground.inTheMiddle('paused');
    await ground.admin.patch(PROJECTION_REBUILDS, ground.namespace, 'paused', { spec: { suspend: true } });
    await ground.inPhase('paused', 'Suspended');
    await until('its process has ended', () => run.exitCode !== null, WAIT_MS);
    // It was given back, and nobody else may have it.
    const { rows } = await ground.database.query<{ isFree: boolean; isByIdOnly: boolean; done: string }>(
      'select lease_until is null or lease_until < clock_timestamp() as "isFree", by_id_only as "isByIdOnly", records_done as done from read.rebuilds where id = $1 and finished_at is null',
      [metadata.uid],
    );
    expect(rows).toMatchObject([{ isFree: true, isByIdOnly: true }]);
    const done = Number(rows[0]!.done);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(DEPOSITS);
    expect(ground.runsOf('paused')).toHaveLength(1);
    await ground.admin.patch(PROJECTION_REBUILDS, ground.namespace, 'paused', { spec: { suspend: false } });
    expect(await ground.inPhase('paused', 'Swapped')).toMatchObject({ rebuildId: metadata.uid, attempt: 1, progress: 100 });
    expect(ground.idsOf('paused')).toEqual([metadata.uid, metadata.uid]);
    expect(ground.phasesOf('paused')).toEqual(['Running', 'Suspended', 'Running', 'Swapped']);
  },
  TEST_MS,
);

it(
  'the gateway killed in the middle: says that it does not know, and goes on when it is back',
  async () => {
    const { metadata } = await ground.create('unheard', { maxRatePerSecond: SLOW });
    const { status } = await ground.inTheMiddle('unheard');
    await ground.stack.gateway.kill();
    const away = await until(
      'the object says so',
      () => {
        const now = ground.statusOf('unheard');
        return conditionOf(now?.conditions, 'Running')?.reason === 'GatewayUnreachable' && now;
      },
      WAIT_MS,
    );
    expect(away).toMatchObject({ phase: 'Running', rebuildId: metadata.uid });
    expect(away.progress).toBeGreaterThanOrEqual(status.progress!);
    expect(conditionOf(away.conditions, 'Running')?.status).toBe('Unknown');
    await ground.stack.gateway.restart();
    expect(await ground.inPhase('unheard', 'Swapped')).toMatchObject({ rebuildId: metadata.uid, attempt: 1 });
    await until('its process has ended', () => ground.runsOf('unheard')[0]?.exitCode === 0, WAIT_MS);
    expect(ground.runsOf('unheard')).toHaveLength(1);
  },
  TEST_MS,
);

it(
  'its Job deleted in the middle: another one goes on with the same rebuild',
  async () => {
    const { metadata } = await ground.create('jobless', { maxRatePerSecond: SLOW });
    await ground.inTheMiddle('jobless');
    await ground.admin.delete(JOBS, ground.namespace, 'jobless-1', { propagationPolicy: 'Background' });
    expect(await ground.inPhase('jobless', 'Swapped')).toMatchObject({ rebuildId: metadata.uid, attempt: 1 });
    expect(ground.jobs.get('jobless-1')?.size).toBe(2);
    await until('the second process has ended', () => ground.runsOf('jobless')[1]?.exitCode === 0, WAIT_MS);
    expect(ground.idsOf('jobless')).toEqual([metadata.uid, metadata.uid]);
  },
  TEST_MS,
);

it(
  'its pod evicted in the middle: another one goes on with the same rebuild, and it does not count as a failure',
  async () => {
    const { metadata } = await ground.create('evicted', { maxRatePerSecond: SLOW });
    const { run } = await ground.inTheMiddle('evicted');
    const { status } = await ground.plane.request({
      method: 'POST',
      path: `/api/v1/namespaces/${ground.namespace}/pods/${run.pod}/eviction`,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: run.pod, namespace: ground.namespace } },
    });
    expect(status).toBe(201);
    expect(await ground.inPhase('evicted', 'Swapped')).toMatchObject({ rebuildId: metadata.uid, attempt: 1 });
    await until('the second process has ended', () => ground.runsOf('evicted')[1]?.exitCode === 0, WAIT_MS);
    expect(ground.idsOf('evicted')).toEqual([metadata.uid, metadata.uid]);
    expect((await ground.admin.get(JOBS, ground.namespace, 'evicted-1'))?.status?.failed ?? 0).toBe(0);
  },
  TEST_MS,
);

it(
  'the leading operator killed in the middle: another leads, and there is one rebuild',
  () =>
    throughout('handed-over', async () => {
      const { identity, leader } = await ground.replicas.leaderAndOther();
      await leader.process.kill();
      await until('another leads', async () => ![identity, ''].includes(await ground.replicas.holder()), WAIT_MS);
    }),
  TEST_MS,
);

it(
  'the leading operator stopped in the middle, and woken when the other one has written: it writes nothing more and ends',
  () =>
    throughout('stopped', async () => {
      const { leader, other } = await ground.replicas.leaderAndOther();
      const ends = leader.ends.length;
      leader.process.signal('SIGSTOP');
      const stoppedAt = Date.now();
      await until('it is stopped', () => leader.process.isSuspended());
      const [first] = await until(
        'the other one writes',
        async () => {
          const writes = await ground.replicas.writesOf(other, stoppedAt);
          return writes.length > 0 && writes;
        },
        WAIT_MS,
      );
      expect(ground.statusOf('stopped')?.phase).toBe('Running');
      leader.process.signal('SIGCONT');
      await until('the first one ends', () => leader.ends.length > ends, WAIT_MS);
      const endedAt = leader.ends[ends]!.at;
      expect(leader.ends[ends]!.code).toBe(0);
      const late = (await ground.replicas.writesOf(leader, Date.parse(first!.at))).filter(({ at }) => Date.parse(at) <= endedAt);
      expect(late.map(({ verb, path }) => `${verb} ${path}`)).toEqual([]);
      expect((await ground.replicas.holder()).split('_')[0]).toBe(other.name);
    }),
  TEST_MS,
);

it.each([
  ['killed in the middle and back', 'unserved', false],
  ['killed in the middle and back, its history compacted meanwhile', 'compacted', true],
])(
  'the API server %s',
  (_what, name, isCompacted) =>
    throughout(name, async () => {
      const { other } = await ground.replicas.leaderAndOther();
      await ground.plane.stopApiServer();
      if (isCompacted) await ground.plane.compactEtcd();
      await ground.plane.restartApiServer();
      await until('somebody leads', async () => (await ground.replicas.holder()) !== '', WAIT_MS);
      if (!isCompacted) return;
      // One that lives through it: its watches can not go on from where they were.
      const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${other.process.ports['ops']}/metrics`)).text();
      await until('it lists anew', async () => /watch_restarts_total\{[^}]*reason="expired"[^}]*\} [1-9]/.test(await metrics()), WAIT_MS);
    }),
  TEST_MS,
);
