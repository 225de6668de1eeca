import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import fc from 'fast-check';
import { KubeError, NotLeaderError } from '../kube/errors.ts';
import type { Lease } from '../kube/resources.ts';
import { Leader, type LeaderOptions } from './leader.ts';

/** The API server's part: one Lease, with versions. Each request passes `gate`, before and after the deed. */
class LeaseStore {
  lease: Lease | null = null;
  requests = 0;
  private version = 0;

  write(lease: Lease): Lease {
    this.version += 1;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: `${this.version}` } };
    return this.lease;
  }

  /** A client of it. gate: what happens on the way there, and on the way back. */
  client(gate: (way: 'there' | 'back') => Promise<void> = () => Promise.resolve()): LeaderOptions['client'] {
    const ask = async <R>(deed: () => R): Promise<R> => {
      this.requests += 1;
      await gate('there');
      const result = deed();
      await gate('back');
      return result;
    };
    return {
      get: () => ask(() => this.lease as never),
      create: (_resource, _namespace, object) =>
        ask(() => {
          if (this.lease !== null) throw new KubeError('there is one', { status: 409, reason: 'AlreadyExists' });
          return this.write(object as unknown as Lease) as never;
        }),
      replace: (_resource, object) =>
        ask(() => {
          if (this.lease === null) throw new KubeError('there is none', { status: 404, reason: 'NotFound' });
          if (this.lease.metadata.resourceVersion !== object.metadata.resourceVersion)
            throw new KubeError('another version', { status: 409, reason: 'Conflict' });
          return this.write(object as unknown as Lease) as never;
        }),
    };
  }

  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity?.split('_')[0];
  }
}

let store: LeaseStore;
let leaders: Leader[];

beforeEach(() => {
  jest.useFakeTimers();
  store = new LeaseStore();
  leaders = [];
});
afterEach(async () => {
  for (const leader of leaders) await stopped(leader);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

async function stopped(leader: Leader): Promise<void> {
  const stop = leader.stop();
  await pass(60_000);
  await stop;
}

const pass = (ms: number): Promise<unknown> => jest.advanceTimersByTimeAsync(ms);
const unreachable = (): Promise<never> => Promise.reject(new KubeError('nobody there', { status: 0, reason: 'Unreachable' }));

function candidate(identity: string, options: Partial<LeaderOptions> = {}): Leader {
  const leader = new Leader({
    client: store.client(),
    namespace: 'default',
    name: 'operator',
    identity,
    log: silentLogger,
    metrics: { leading: () => undefined, tookOver: () => undefined },
    monotonicNow: () => performance.now(),
    ...options,
  });
  leaders.push(leader);
  leader.start();
  return leader;
}

async function resolved(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await pass(0);
  return done;
}

describe('one of several', () => {
  it('leads, renews, and is not disturbed', async () => {
    const a = candidate('a');
    await a.untilLeader();
    const b = candidate('b');
    await pass(10 * 60_000);
    expect([a.isLeader, b.isLeader]).toEqual([true, false]);
    expect(store.lease?.spec).toMatchObject({ leaseDurationSeconds: 30, leaseTransitions: 0 });
    expect(store.lease?.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect([a.verdict(), b.verdict()]).toEqual([{ ok: true }, { ok: true }]);
    expect(() => a.beforeWrite(10_000)).not.toThrow();
    expect(() => b.beforeWrite(10_000)).toThrow(NotLeaderError);
  });

  it('asks seldom: the leader six times a minute, another less than eight', async () => {
    const a = candidate('a');
    await a.untilLeader();
    store.requests = 0;
    await pass(10 * 60_000);
    expect(store.requests).toBeLessThanOrEqual(61);
    candidate('b');
    await pass(10 * 60_000);
    expect(store.requests).toBeLessThanOrEqual(61 + 61 + 85);
  });

  it('gives the lease back when it stops, and the next one has it within a retry', async () => {
    const a = candidate('a');
    await a.untilLeader();
    const b = candidate('b');
    await pass(20_000);
    await a.stop();
    expect(store.holder).toBe('');
    expect(() => a.beforeWrite(1)).toThrow(NotLeaderError);
    await pass(8_000 * 1.1);
    expect(b.isLeader).toBe(true);
    expect(store.lease?.spec?.leaseTransitions).toBe(1);
    expect(await resolved(a.lost)).toBe(false);
  });

  it('is followed when it dies, after the lease and no sooner', async () => {
    let alive = true;
    const a = candidate('a', { client: store.client(() => (alive ? Promise.resolve() : new Promise(() => undefined))) });
    await a.untilLeader();
    const b = candidate('b');
    await pass(60_000);
    alive = false;
    const last = Date.parse(store.lease?.spec?.renewTime ?? '');
    let tookOverAt = 0;
    void b.untilLeader().then(() => (tookOverAt = Date.now()));
    await pass(60_000);
    expect(tookOverAt - last).toBeGreaterThanOrEqual(30_000);
    expect(tookOverAt - last).toBeLessThanOrEqual(30_000 + 8_000 * 1.1);
    expect(a.isLeader).toBe(false);
    expect(await resolved(a.lost)).toBe(true);
    expect(a.verdict()).toMatchObject({ ok: false });
    leaders = [b];
  });

  it('does not take the lease of its former life for its own', async () => {
    store.write({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'operator', namespace: 'default' },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 30, renewTime: '2020-01-01T00:00:00.000000Z' },
    });
    const a = candidate('a');
    await pass(29_000);
    expect(a.isLeader).toBe(false);
    await pass(2_000);
    expect(a.isLeader).toBe(true);
  });

  it('waits for the end of a lease that was deleted: its holder does not know yet', async () => {
    const a = candidate('a');
    await a.untilLeader();
    const b = candidate('b');
    // Just after a renewal; the other looks before the next one.
    await pass(10_100);
    store.lease = null;
    await pass(9_000);
    expect([a.isLeader, b.isLeader]).toEqual([true, false]);
    await pass(2_000);
    expect(await resolved(a.lost)).toBe(true);
    await pass(30_000);
    expect(b.isLeader).toBe(true);
  });
});

describe('the end of a lease', () => {
  it('is counted from when the renewal was sent, not from its answer', async () => {
    const a = candidate('a', {
      client: store.client((way) => (way === 'back' ? new Promise((resolve) => setTimeout(resolve, 9_000)) : Promise.resolve())),
    });
    // The get, then the create.
    await pass(18_000);
    expect(a.isLeader).toBe(true);
    expect(() => a.beforeWrite(20_690)).not.toThrow();
    expect(() => a.beforeWrite(20_700)).toThrow(NotLeaderError);
  });

  it('writes stop as soon as one could outlast it', async () => {
    let away = false;
    const a = candidate('a', { client: store.client(() => (away ? unreachable() : Promise.resolve())) });
    await a.untilLeader();
    away = true;
    await pass(19_600);
    expect(() => a.beforeWrite(10_000)).not.toThrow();
    await pass(200);
    expect(() => a.beforeWrite(10_000)).toThrow(/the lease ends in 99\d\d ms, a write may take 10000 ms/);
    expect(a.isLeader).toBe(true);
    expect(await resolved(a.lost)).toBe(false);
    // The server is back before the end: nothing is lost.
    away = false;
    await pass(2_100);
    expect(() => a.beforeWrite(10_000)).not.toThrow();
  });

  it('is the end of the leader: it does not come back', async () => {
    let away = false;
    const a = candidate('a', { client: store.client(() => (away ? unreachable() : Promise.resolve())) });
    await a.untilLeader();
    away = true;
    await pass(29_699);
    expect(await resolved(a.lost)).toBe(false);
    await pass(10);
    expect(await resolved(a.lost)).toBe(true);
    away = false;
    await pass(120_000);
    expect(a.isLeader).toBe(false);
    expect(() => a.beforeWrite(0)).toThrow(NotLeaderError);
    expect(store.holder).toBe('a');
  });

  it('shows to a process that was stopped as soon as it goes on, before any timer of it', async () => {
    let stoppedMs = 0;
    const a = candidate('a', { monotonicNow: () => performance.now() + stoppedMs });
    await a.untilLeader();
    stoppedMs = 40_000;
    expect(() => a.beforeWrite(1)).toThrow(NotLeaderError);
    expect(a.isLeader).toBe(false);
    expect(a.verdict()).toMatchObject({ ok: false });
  });

  it('an answer that comes after it is of no use', async () => {
    let slow = false;
    const a = candidate('a', {
      client: store.client((way) => (slow && way === 'back' ? new Promise((resolve) => setTimeout(resolve, 40_000)) : Promise.resolve())),
    });
    await a.untilLeader();
    slow = true;
    await pass(60_000);
    expect(a.isLeader).toBe(false);
    expect(await resolved(a.lost)).toBe(true);
  });
});

describe('a renewal', () => {
  it('whose answer was lost is found, and renewed again', async () => {
    let lose = false;
    const a = candidate('a', {
      client: store.client((way) => (lose && way === 'back' ? ((lose = false), unreachable()) : Promise.resolve())),
    });
    await a.untilLeader();
    lose = true;
    await pass(10 * 60_000);
    expect(a.isLeader).toBe(true);
  });

  it('is not stopped by somebody who annotates the Lease', async () => {
    const a = candidate('a');
    await a.untilLeader();
    const lease = store.lease as Lease;
    store.write({ ...lease, metadata: { ...lease.metadata, annotations: { note: 'hello' } } });
    await pass(60_000);
    expect(a.isLeader).toBe(true);
    expect(store.lease?.metadata.annotations).toEqual({ note: 'hello' });
  });

  it('that finds another holder is the end, at once', async () => {
    const a = candidate('a');
    await a.untilLeader();
    const lease = store.lease as Lease;
    store.write({ ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } });
    await pass(10_100);
    expect(await resolved(a.lost)).toBe(true);
    expect(() => a.beforeWrite(1)).toThrow(NotLeaderError);
    expect(store.holder).toBe('thief');
  });
});

describe('stopping', () => {
  it('gives back a lease that is won in that moment', async () => {
    let slow = true;
    const a = candidate('a', {
      client: store.client((way) => (slow && way === 'back' ? new Promise((resolve) => setTimeout(resolve, 100)) : Promise.resolve())),
    });
    await pass(150);
    expect(store.holder).toBe('a');
    const stop = a.stop();
    slow = false;
    await pass(1_000);
    await stop;
    expect(store.holder).toBe('');
    expect(a.isLeader).toBe(false);
  });

  it('does not fail when the server is away', async () => {
    let away = false;
    const a = candidate('a', { client: store.client(() => (away ? unreachable() : Promise.resolve())) });
    await a.untilLeader();
    away = true;
    await a.stop();
    expect(store.holder).toBe('a');
  });
});

it('who waits to lead can be told to stop waiting', async () => {
  candidate('a');
  await pass(0);
  const abort = new AbortController();
  const b = candidate('b').untilLeader(abort.signal);
  abort.abort(new Error('enough'));
  await expect(b).rejects.toThrow('enough');
});

it('is red when the lease cannot be read for longer than it lasts', async () => {
  const a = candidate('a', { client: store.client(unreachable) });
  await pass(20_000);
  expect(a.verdict()).toEqual({ ok: true });
  await pass(20_000);
  expect(a.verdict()).toMatchObject({ ok: false, reason: expect.stringContaining('nobody there') });
});

describe('whatever the clocks and the network do', () => {
  /** What is done to one of the candidates, and how long until the next. */
  const fault = fc.record({
    who: fc.nat({ max: 2 }),
    what: fc.constantFrom('away', 'answers lost', 'slow', 'fine', 'fine', 'stop and be replaced'),
    thenMs: fc.integer({ min: 100, max: 25_000 }),
  });

  it('no two may write at once, and in quiet times somebody leads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 25 }),
        fc.array(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 3, maxLength: 3 }),
        async (faults, offsets) => {
          store = new LeaseStore();
          const state: string[] = ['fine', 'fine', 'fine'];
          const make = (who: number): Leader =>
            candidate(`${who}`, {
              monotonicNow: () => performance.now() + (offsets[who] ?? 0),
              client: store.client(async (way) => {
                if (state[who] === 'slow') await new Promise((resolve) => setTimeout(resolve, 4_000));
                if (state[who] === 'away' || (state[who] === 'answers lost' && way === 'back')) await unreachable();
              }),
            });
          const mine = [0, 1, 2].map(make);
          const check = (): void => {
            const writers = mine.filter((leader) => {
              try {
                leader.beforeWrite(0);
                return true;
              } catch {
                return false;
              }
            });
            expect(writers.length).toBeLessThanOrEqual(1);
          };
          const passChecked = async (ms: number): Promise<void> => {
            for (let done = 0; done < ms; done += 500) {
              await pass(Math.min(500, ms - done));
              check();
              // A process that lost the leadership ends, and is started again.
              for (const [who, leader] of mine.entries()) {
                const verdict = leader.verdict();
                if (!verdict.ok && verdict.reason.includes('lost')) mine[who] = make(who);
              }
            }
          };
          for (const { who, what, thenMs } of faults) {
            if (what === 'stop and be replaced') {
              const stop = (mine[who] as Leader).stop();
              await passChecked(60_000);
              await stop;
              mine[who] = make(who);
            } else state[who] = what;
            await passChecked(thenMs);
          }
          state.fill('fine');
          await passChecked(60_000);
          expect(mine.filter((leader) => leader.isLeader)).toHaveLength(1);
          for (const leader of leaders.splice(0)) await stopped(leader);
        },
      ),
      { numRuns: 40 },
    );
  });
});
