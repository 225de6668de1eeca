import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import { Accesses } from './accesses.ts';
import type { Access } from './store.ts';

const access = (target: number, over: Partial<Access> = {}): Access => ({
  recordedAt: 1n,
  actor: 'ann',
  roles: [],
  action: 'getLedger',
  ledger: null,
  target: String(target),
  parameters: {},
  requestId: '0190c1a0-0000-7000-8000-0000000000cc',
  outcome: 'forbidden',
  ...over,
});
const unknown = (target: number, address: string): Access => access(target, { actor: null, parameters: { address } });

/** A store that a test can take away; `held` settles when it is let go. */
class Store {
  readonly batches: string[][] = [];
  failure: Error | null = null;
  hold: Promise<void> | null = null;
  attempts = 0;
  private waiters: { done: () => boolean; resolve: () => void }[] = [];

  async append(batch: readonly Access[]): Promise<void> {
    this.attempts += 1;
    this.look();
    if (this.hold !== null) await this.hold;
    if (this.failure !== null) throw this.failure;
    this.batches.push(batch.map(({ target }) => target as string));
    this.look();
  }

  private look(): void {
    for (const waiter of this.waiters.filter(({ done }) => done())) waiter.resolve();
  }

  /** The test's own time-out bounds it. */
  until(done: () => boolean): Promise<void> {
    return done() ? Promise.resolve() : new Promise((resolve) => this.waiters.push({ done, resolve }));
  }

  get written(): number {
    return this.batches.flat().length;
  }
}

function begin(over: { queueMax?: number; unknownPerSecond?: number; now?: () => number } = {}) {
  const store = new Store();
  const metrics = new Registry();
  const accesses = new Accesses({ store, log: silentLogger, metrics, pauseMs: 1, retryMs: 1, ...over });
  const dropped = async (): Promise<number> => {
    const found = /ledgerflow_audit_accesses_dropped_total (\d+)/.exec(await metrics.metrics());
    return Number(found?.[1]);
  };
  return { store, accesses, dropped };
}

describe('refusals and admin reads on their way to the audit store', () => {
  it('are written in their order, in batches', async () => {
    const { store, accesses, dropped } = begin();
    for (let i = 0; i < 1_200; i++) accesses.add(access(i));
    await store.until(() => store.written === 1_200);
    expect(store.batches.map((batch) => batch.length)).toEqual([500, 500, 200]);
    expect(store.batches.flat()).toEqual(Array.from({ length: 1_200 }, (_, i) => String(i)));
    expect(await dropped()).toBe(0);
    await accesses.stop(100);
  });

  it('wait for a store that does not answer, and what does not fit is dropped and counted', async () => {
    const { store, accesses, dropped } = begin({ queueMax: 10 });
    store.failure = new Error('Query read timeout');
    for (let i = 0; i < 15; i++) accesses.add(access(i));
    expect(await dropped()).toBe(5);
    await store.until(() => store.attempts >= 3);
    expect(store.written).toBe(0);
    store.failure = null;
    await store.until(() => store.written === 10);
    expect(store.batches).toEqual([Array.from({ length: 10 }, (_, i) => String(i))]);
    // What is being written has its room in the queue until it is.
    await new Promise((resolve) => setImmediate(resolve));
    accesses.add(access(99));
    await store.until(() => store.written === 11);
    expect(await dropped()).toBe(5);
    await accesses.stop(100);
  });

  it('of callers who can not be told push out no others, and are so many of an address in a second', async () => {
    let nowMs = 0;
    const { store, accesses, dropped } = begin({ queueMax: 10, unknownPerSecond: 3, now: () => nowMs });
    for (let i = 0; i < 100; i++) accesses.add(unknown(i, '1.1.1.1'));
    expect(await dropped()).toBe(97);
    for (let i = 100; i < 105; i++) accesses.add(unknown(i, `2001:db8::${i}`));
    expect(await dropped()).toBe(99);
    nowMs = 1_000;
    accesses.add(unknown(200, '1.1.1.1'));
    for (let i = 0; i < 50; i++) accesses.add(unknown(300, `3.3.3.${i}`));
    for (let i = 1_000; i < 1_010; i++) accesses.add(access(i));
    await store.until(() => store.written === 20);
    const written = store.batches.flat().map(Number);
    expect(written.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => 1_000 + i));
    expect(written.slice(10)).toEqual([0, 1, 2, 100, 101, 102, 200, 300, 300, 300]);
    await accesses.stop(100);
  });

  it('take no more memory than they may, however long their texts are', async () => {
    const { accesses, dropped } = begin();
    for (let i = 0; i < 100; i++) accesses.add(access(i, { target: 'x'.repeat(100_000) }));
    expect(await dropped()).toBeGreaterThan(10);
    await accesses.stop(100);
  });

  it('do not wait behind a batch that the store will never take', async () => {
    const { store, accesses, dropped } = begin();
    store.failure = Object.assign(new Error('invalid input'), { code: '22P02' });
    for (let i = 0; i < 3; i++) accesses.add(access(i));
    await store.until(() => store.attempts === 1);
    // Settled when the batch is given up: only then another one is tried.
    accesses.add(access(3));
    await store.until(() => store.attempts === 2);
    store.failure = null;
    await accesses.stop(1_000);
    expect(await dropped()).toBe(4);
  });

  it('are written when the gateway stops, all of them', async () => {
    const { store, accesses, dropped } = begin();
    for (let i = 0; i < 1_100; i++) accesses.add(access(i));
    await accesses.stop(5_000);
    expect([store.written, await dropped()]).toEqual([1_100, 0]);
    accesses.add(access(1));
    expect([store.written, await dropped()]).toEqual([1_100, 1]);
  });

  it('keep the stop no longer than it allows', async () => {
    const { store, accesses, dropped } = begin();
    let release = (): void => undefined;
    store.hold = new Promise((resolve) => (release = resolve));
    for (let i = 0; i < 7; i++) accesses.add(access(i));
    const beganMs = performance.now();
    await accesses.stop(20);
    expect(performance.now() - beganMs).toBeLessThan(2_000);
    expect(await dropped()).toBe(7);
    release();
  });
});
