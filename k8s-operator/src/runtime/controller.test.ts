import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import { KubeError, NotLeaderError } from '../kube/errors.ts';
import { counted, testMetrics } from '../kube/testing.ts';
import { Controller, type ControllerOptions, type Reconcile } from './controller.ts';

let registry: Registry;
let controller: Controller;
const log = { ...silentLogger, warn: jest.fn(), error: jest.fn(), debug: jest.fn() };

beforeEach(() => {
  jest.useFakeTimers();
  for (const level of [log.warn, log.error, log.debug]) level.mockClear();
});
afterEach(async () => {
  const stopped = controller.stop({ graceMs: 10 });
  await jest.advanceTimersByTimeAsync(100);
  await stopped;
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function begin(reconcile: Reconcile, options: Partial<ControllerOptions> = {}): Controller {
  const made = testMetrics();
  registry = made.registry;
  const given = { name: 'things', reconcile, workers: 2, deadlineMs: 1_000, log: log as never, metrics: made.metrics, ...options };
  controller = new Controller(given);
  controller.start([]);
  return controller;
}

const outcomes = (outcome: string): Promise<number> => counted(registry, 'ledgerflow_operator_reconcile_seconds', { outcome }, '_count');
const pass = (ms: number): Promise<unknown> => jest.advanceTimersByTimeAsync(ms);
const conflict = new KubeError('no', { status: 409, reason: 'Conflict' });

describe('a controller', () => {
  it('that was not started keeps nothing, however much it is told; it begins with what there is then', async () => {
    const calls: string[] = [];
    const made = testMetrics();
    const reconcile: Reconcile = async (namespace, name) => void calls.push(`${namespace}/${name}`);
    controller = new Controller({ name: 'things', reconcile, workers: 2, deadlineMs: 1_000, log: log as never, metrics: made.metrics });
    for (const name of ['a', 'b', 'gone']) controller.enqueue({ namespace: 'default', name });
    controller.enqueue({ namespace: 'default', name: 'later' }, 1_000);
    await pass(60_000);
    expect(await counted(made.registry, 'ledgerflow_operator_queue_depth', {})).toBe(0);
    expect(await counted(made.registry, 'ledgerflow_operator_queue_oldest_seconds', {})).toBe(0);
    controller.start(['a', 'b'].map((name) => ({ metadata: { namespace: 'default', name } })));
    controller.enqueue({ namespace: 'default', name: 'c' });
    await pass(0);
    expect(calls).toEqual(['default/a', 'default/b', 'default/c']);
  });

  it('reconciles what it is told of, and again when the reconcile says so', async () => {
    const calls: string[] = [];
    begin(async (namespace, name) => {
      calls.push(`${namespace}/${name}`);
      return calls.length === 1 ? { requeueAfterMs: 5_000 } : undefined;
    });
    controller.enqueue({ metadata: { namespace: 'default', name: 'a' } });
    await pass(0);
    expect(calls).toEqual(['default/a']);
    await pass(4_999);
    expect(calls).toHaveLength(1);
    await pass(1);
    expect(calls).toHaveLength(2);
    await pass(100_000);
    expect(calls).toHaveLength(2);
    expect(await outcomes('done')).toBe(2);
  });

  it('has so many workers and no more', async () => {
    let running = 0;
    let most = 0;
    begin(
      async () => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setTimeout(resolve, 100));
        running -= 1;
      },
      { workers: 3 },
    );
    for (let i = 0; i < 20; i++) controller.enqueue({ namespace: 'default', name: `${i}` });
    await pass(2_000);
    expect(most).toBe(3);
    expect(await outcomes('done')).toBe(20);
  });

  it('tries again what failed, with back-off, and says which object', async () => {
    let calls = 0;
    begin(async () => {
      calls += 1;
      throw new Error('broken');
    });
    controller.enqueue({ namespace: 'default', name: 'a' });
    await pass(0);
    expect(calls).toBe(1);
    expect(log.warn).toHaveBeenCalledWith(
      expect.objectContaining({ controller: 'things', namespace: 'default', name: 'a', failures: 1, err: new Error('broken') }),
      expect.any(String),
    );
    await pass(300);
    expect(calls).toBe(2);
    await pass(10 * 60_000);
    // 250 ms doubling to 5 minutes, less up to a quarter.
    expect(calls).toBeGreaterThan(11);
    expect(calls).toBeLessThan(16);
    expect(await outcomes('failed')).toBe(calls);
  });

  it('begins with the first back-off again after a success', async () => {
    let calls = 0;
    begin(async () => {
      calls += 1;
      if (calls % 2 === 1) throw new Error('broken');
      return { requeueAfterMs: 1 };
    });
    controller.enqueue({ namespace: 'default', name: 'a' });
    await pass(5_000);
    expect(calls).toBeGreaterThan(30);
  });

  it('tries a conflict again at once, a few times, and then as any failure', async () => {
    let calls = 0;
    begin(async () => {
      calls += 1;
      throw conflict;
    });
    controller.enqueue({ namespace: 'default', name: 'a' });
    for (let ms = 0; calls < 6 && ms < 500; ms++) await pass(1);
    expect(calls).toBe(6);
    expect([await outcomes('conflict'), await outcomes('failed')]).toEqual([5, 1]);
  });

  it('leaves the server alone for as long as it asks', async () => {
    let calls = 0;
    begin(async () => {
      calls += 1;
      if (calls === 1) throw new KubeError('later', { status: 429, reason: 'TooManyRequests', retryAfterMs: 7_000 });
    });
    controller.enqueue({ namespace: 'default', name: 'a' });
    await pass(6_999);
    expect(calls).toBe(1);
    await pass(1);
    expect(calls).toBe(2);
    expect(await outcomes('throttled')).toBe(1);
  });

  it('writes nothing while it is not the leader, and goes on when it is still', async () => {
    let calls = 0;
    begin(async () => {
      calls += 1;
      if (calls === 1) throw new NotLeaderError('the lease ends in 3 s');
    });
    controller.enqueue({ namespace: 'default', name: 'a' });
    await pass(300);
    expect(calls).toBe(2);
    expect(await outcomes('not_leader')).toBe(1);
  });
});

describe('a deadline', () => {
  it('aborts the reconcile, which is tried again', async () => {
    let calls = 0;
    begin(async (_namespace, _name, signal) => {
      calls += 1;
      if (calls === 1) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    });
    controller.enqueue({ namespace: 'default', name: 'a' });
    await pass(999);
    expect(await outcomes('deadline')).toBe(0);
    await pass(1);
    expect(await outcomes('deadline')).toBe(1);
    await pass(300);
    expect(calls).toBe(2);
  });

  it('that is not minded: red, and the object is not worked on a second time', async () => {
    let release: () => void = () => undefined;
    let calls = 0;
    begin(async () => {
      calls += 1;
      if (calls === 1) await new Promise<void>((resolve) => (release = resolve));
    });
    controller.enqueue({ namespace: 'default', name: 'a' });
    await pass(1_500);
    expect(controller.verdict()).toEqual({ ok: true });
    controller.enqueue({ namespace: 'default', name: 'a' });
    await pass(1_000);
    expect(controller.verdict()).toEqual({ ok: false, reason: 'things: the reconcile of default/a has not ended for 3 s' });
    expect(calls).toBe(1);
    release();
    await pass(0);
    expect(controller.verdict()).toEqual({ ok: true });
    expect(calls).toBe(2);
  });
});

describe('stopping', () => {
  it('waits for what is under way and begins nothing', async () => {
    const done: string[] = [];
    begin(
      async (_namespace, name) => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        done.push(name);
      },
      { workers: 1 },
    );
    for (const name of ['a', 'b']) controller.enqueue({ namespace: 'default', name });
    await pass(100);
    const stopped = controller.stop();
    await pass(1_000);
    await stopped;
    expect(done).toEqual(['a']);
  });

  it('aborts what does not end, and leaves behind what does not mind', async () => {
    let aborted = false;
    begin(
      (_namespace, name, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            if (name === 'a') reject(new Error('aborted'));
          });
        }),
      { deadlineMs: 60_000 },
    );
    for (const name of ['a', 'b']) controller.enqueue({ namespace: 'default', name });
    await pass(0);
    const stopped = controller.stop({ graceMs: 100 });
    await pass(100);
    expect(aborted).toBe(true);
    await pass(100);
    await stopped;
    expect(await outcomes('stopped')).toBe(1);
    expect(log.error).toHaveBeenCalledWith({ controller: 'things', objects: ['default/b'] }, expect.any(String));
    jest.clearAllTimers();
  });
});

it('counts how long keys wait and how many there are', async () => {
  begin(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    },
    { workers: 1, deadlineMs: 5_000 },
  );
  for (let i = 0; i < 4; i++) controller.enqueue({ namespace: 'default', name: `${i}` });
  await pass(500);
  expect(await counted(registry, 'ledgerflow_operator_queue_depth', { controller: 'things' })).toBe(3);
  expect(await counted(registry, 'ledgerflow_operator_queue_oldest_seconds', { controller: 'things' })).toBe(0.5);
  await pass(4_000);
});
