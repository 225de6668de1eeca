import { describe, expect, it } from '@jest/globals';
import { AdaptiveLimit } from './adaptive.ts';
import { Gate } from './gate.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A gate of one, a clock that stands still until it is moved, and work that ends when it is told to. */
function oneAtATime() {
  let nowMs = 0;
  const gate = new Gate({ min: 1, max: 1_000, now: () => nowMs });
  const ends: (() => void)[] = [];
  const outcomes: string[] = [];
  const come = (name: string): void => {
    gate
      .run(() => new Promise<void>((resolve) => ends.push(resolve)))
      .then(
        () => outcomes.push(`${name} done`),
        (error: { code: string }) => outcomes.push(`${name} ${error.code}`),
      );
  };
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    await turn();
  };
  return { gate, come, endOne, outcomes, pass: (ms: number) => (nowMs += ms) };
}

describe('the gate of commands', () => {
  it('lets a burst wait for its turn, in order', async () => {
    const { gate, come, endOne, outcomes, pass } = oneAtATime();
    ['a', 'b', 'c'].forEach(come);
    expect(gate.state).toMatchObject({ running: 1, waiting: 2 });
    for (let i = 0; i < 3; i++) {
      pass(40);
      await endOne();
    }
    expect(outcomes).toEqual(['a done', 'b done', 'c done']);
    expect(gate.state).toMatchObject({ running: 0, waiting: 0 });
  });

  it('refuses who has waited for an interval, when nothing moves too', async () => {
    const { come, endOne, outcomes, pass } = oneAtATime();
    ['a', 'b'].forEach(come);
    pass(101);
    const endMs = Date.now() + 5_000;
    while (outcomes.length === 0 && Date.now() < endMs) await turn();
    expect(outcomes).toEqual(['b overloaded']);
    await endOne();
  });

  it('ends waiting early, and refuses newcomers before any work, while the queue stands; and not when it is over', async () => {
    const { gate, come, endOne, outcomes, pass } = oneAtATime();
    const step = async (name: string): Promise<void> => {
      come(name);
      come(`${name}+`);
      pass(8);
      await endOne();
    };
    for (let i = 0; i < 40; i++) await step(String(i));
    expect(gate.state.isOverloaded).toBe(true);
    expect(outcomes.filter((outcome) => outcome.endsWith('overloaded')).length).toBeGreaterThan(10);
    expect(gate.shed).toBe(outcomes.filter((outcome) => outcome.endsWith('overloaded')).length);
    come('waits');
    pass(6);
    expect(() => gate.refuseEarly()).toThrow();
    pass(20);
    while (gate.state.running > 0) await endOne();
    for (let i = 0; i < 3; i++) {
      pass(150);
      come('alone');
      await endOne();
    }
    expect(gate.state).toMatchObject({ running: 0, waiting: 0, isOverloaded: false });
    expect(() => gate.refuseEarly()).not.toThrow();
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
    expect(limit.value).toBeGreaterThan(200);
    expect(limit.value).toBeLessThan(400);
    nowMs = settle(limit, 40, nowMs);
    expect(limit.value).toBeLessThan(150);
    expect(limit.value).toBeGreaterThanOrEqual(80);
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
