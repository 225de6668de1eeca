import { describe, expect, it } from '@jest/globals';
import { AdaptiveLimit } from './adaptive.ts';
import { Gate } from './gate.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A gate of one, a clock that stands still until it is moved, and work that ends when it is told to. */
function oneAtATime() {
  let nowMs = 0;
  const gate = new Gate({ min: 1, max: 1_000, now: () => nowMs });
  const ends: (() => void)[] = [];
  const outcomes = { done: 0, overloaded: 0 };
  const come = (): void => {
    const command = async (): Promise<void> => {
      gate.come();
      try {
        await gate.run(() => new Promise<void>((resolve) => ends.push(resolve)));
      } finally {
        gate.leave();
      }
    };
    command().then(
      () => (outcomes.done += 1),
      ({ code }: { code: 'overloaded' }) => (outcomes[code] += 1),
    );
  };
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    await turn();
  };
  /** For so long one is done every 10 ms, and so many come. */
  const during = async (ms: number, perEnd: number): Promise<void> => {
    for (let i = 0; i < ms / 10; i++) {
      for (let k = 0; k < perEnd; k++) come();
      nowMs += 10;
      await endOne();
    }
  };
  return { gate, come, endOne, outcomes, during, pass: (ms: number) => (nowMs += ms) };
}

describe('the gate of commands', () => {
  it('lets a burst wait for its turn', async () => {
    const { gate, come, during, outcomes } = oneAtATime();
    for (let i = 0; i < 90; i++) come();
    expect(gate.state).toMatchObject({ running: 1, waiting: 89 });
    await during(900, 0);
    expect(outcomes).toEqual({ done: 90, overloaded: 0 });
    expect(gate.state).toMatchObject({ running: 0, waiting: 0 });
  });

  it('lets a burst wait that takes a while to come', async () => {
    const { during, outcomes } = oneAtATime();
    await during(50, 0);
    await during(180, 5);
    await during(700, 0);
    await during(5_000, 1);
    expect(outcomes).toEqual({ done: 588, overloaded: 0 });
  });

  it('lets callers wait for a moment who ask again when they are answered', async () => {
    const { gate, come, during, outcomes } = oneAtATime();
    for (let i = 0; i < 10; i++) come();
    await during(5_000, 1);
    expect(outcomes).toEqual({ done: 500, overloaded: 0 });
    expect(gate.state).toMatchObject({ isOverloaded: false });
    expect(gate.state.waiting).toBeGreaterThan(5);
  });

  it('refuses newcomers when there are so many such callers that everybody waits long, until nobody does; no fewer are served', async () => {
    const { gate, come, during, outcomes } = oneAtATime();
    for (let i = 0; i < 80; i++) come();
    await during(1_000, 1);
    expect(outcomes).toEqual({ done: 100, overloaded: 0 });
    await during(1_000, 1);
    await during(3_000, 2);
    expect(outcomes.done).toBe(500);
    expect(outcomes.overloaded).toBeGreaterThan(250);
    expect(gate.state.waiting).toBeLessThanOrEqual(2);
  });

  it('sees that everybody waits long when work ends in bursts that are far apart, and callers come between', async () => {
    const [AT_ONCE, BURST_MS, STEP_MS, CALLERS] = [30, 200, 50, 200];
    let nowMs = 0;
    const gate = new Gate({ min: AT_ONCE, max: 1_000, now: () => nowMs });
    const ends: (() => void)[] = [];
    let overloaded = 0;
    const command = async (): Promise<void> => {
      gate.come();
      await gate.run(() => new Promise<void>((resolve) => ends.push(resolve))).finally(() => gate.leave());
    };
    /** Asks again when he is answered; when he is refused, a second later. */
    const again: number[] = Array.from({ length: CALLERS }, () => 0);
    const call = (): Promise<unknown> =>
      command().then(
        () => again.push(nowMs),
        () => {
          overloaded += 1;
          again.push(nowMs + 1_000);
        },
      );
    for (let step = 0; nowMs < 12_000; step++, nowMs += STEP_MS) {
      for (const atMs of again.splice(0)) {
        if (atMs > nowMs) again.push(atMs);
        else void call();
      }
      void command().catch(() => (overloaded += 1));
      if (step % (BURST_MS / STEP_MS) === 0) for (const end of ends.splice(0, AT_ONCE)) end();
      for (let i = 0; i < 5; i++) await turn();
    }
    expect(overloaded).toBeGreaterThan(100);
    for (let i = 0; i < 20; i++) {
      for (const end of ends.splice(0)) end();
      await turn();
    }
  });

  it('refuses newcomers while more come than can be served, so that who gets in waits no longer than a moment; and not when it is over', async () => {
    const { gate, during, outcomes } = oneAtATime();
    await during(400, 3);
    expect(gate.state.isOverloaded).toBe(true);
    await during(3_000, 3);
    expect(gate.state.waiting).toBeLessThanOrEqual(3);
    const { overloaded } = outcomes;
    expect(overloaded).toBeGreaterThan(500);
    expect(gate.shed).toBe(overloaded);
    await during(300, 0);
    await during(1_000, 1);
    expect(gate.state).toMatchObject({ isOverloaded: false });
    expect(outcomes.overloaded).toBe(overloaded);
  });

  it('finds out that slightly more come than can be served', async () => {
    const { gate, during, outcomes } = oneAtATime();
    for (let i = 0; i < 60; i++) {
      await during(90, 1);
      await during(10, 6);
    }
    expect(outcomes.overloaded).toBeGreaterThan(0);
    expect(gate.state.waiting).toBeLessThan(150);
  });

  it('lets nobody wait for ever when nothing moves', async () => {
    const { come, endOne, outcomes, pass } = oneAtATime();
    come();
    come();
    pass(5_001);
    const endMs = Date.now() + 5_000;
    while (outcomes.overloaded === 0 && Date.now() < endMs) await turn();
    expect(outcomes).toEqual({ done: 0, overloaded: 1 });
    await endOne();
  });

  it('keeps no more waiting than it may', async () => {
    const gate = new Gate({ min: 1, max: 2 });
    const held = gate.run(() => turn());
    const waiting = [gate.run(() => 1), gate.run(() => 2)];
    await expect(gate.run(() => 3)).rejects.toMatchObject({ code: 'overloaded' });
    await held;
    expect(await Promise.all(waiting)).toEqual([1, 2]);
  });

  it('goes on when work fails', async () => {
    const gate = new Gate({ min: 1, max: 2 });
    await expect(gate.run(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(await gate.run(() => 1)).toBe(1);
  });
});

describe('the adaptive limit', () => {
  /** A server that takes 2 ms, and longer once more than its capacity are at once. */
  const settle = (limit: AdaptiveLimit, capacity: number, fromMs: number, windows = 400): number => {
    let nowMs = fromMs;
    for (let i = 0; i < windows * 20; i++) {
      const running = limit.value;
      limit.record(2 * Math.max(1, running / capacity), running, nowMs);
      nowMs += 10;
    }
    return nowMs;
  };

  it('finds how much a server can do, and follows when that changes', () => {
    const limit = new AdaptiveLimit({ min: 10, max: 2_000 });
    let nowMs = settle(limit, 100, 0);
    expect(limit.value).toBeGreaterThan(150);
    expect(limit.value).toBeLessThan(260);
    nowMs = settle(limit, 40, nowMs);
    expect(limit.value).toBeLessThan(110);
    expect(limit.value).toBeGreaterThanOrEqual(60);
  });

  it('stays between its bounds, and does not grow by what is not used', () => {
    const limit = new AdaptiveLimit({ min: 10, max: 50 });
    let nowMs = settle(limit, 1_000, 0);
    expect(limit.value).toBe(50);
    nowMs = settle(limit, 1, nowMs);
    expect(limit.value).toBe(10);
    const idle = new AdaptiveLimit({ min: 10, max: 50 });
    for (let i = 0; i < 1_000; i++) idle.record(2, 3, nowMs + i * 10);
    expect(idle.value).toBe(10);
  });
});
