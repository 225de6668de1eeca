import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { WorkQueue } from './queue.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const turn = (): Promise<unknown> => jest.advanceTimersByTimeAsync(0);

describe('a queue', () => {
  it('hands out keys in the order in which they became due, each once', async () => {
    const queue = new WorkQueue();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.depth).toBe(3);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(['a', 'b', 'c']);
    expect(queue.depth).toBe(0);
  });

  it('hands out a key again only when it is done, though it became due meanwhile', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    await queue.get();
    queue.add('a');
    let second: string | null = null;
    void queue.get().then((key) => (second = key));
    await turn();
    expect(second).toBeNull();
    queue.done('a');
    await turn();
    expect(second).toBe('a');
  });

  it('forgets that a key wanted to be looked at later when it is looked at', async () => {
    const queue = new WorkQueue();
    queue.addAfter('a', 1_000);
    queue.add('a');
    await queue.get();
    queue.done('a');
    await jest.advanceTimersByTimeAsync(2_000);
    expect(queue.depth).toBe(0);
  });

  it('looks at the earliest of several later times', async () => {
    const queue = new WorkQueue();
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 100);
    queue.addAfter('a', 500);
    await jest.advanceTimersByTimeAsync(100);
    expect(queue.depth).toBe(1);
    await queue.get();
    queue.done('a');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(queue.depth).toBe(0);
  });

  it('backs off a key from 250 ms to 5 minutes, until it is forgotten', async () => {
    const queue = new WorkQueue({ random: () => 0 });
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 14; attempt++) {
      queue.addRateLimited('a');
      const from = performance.now();
      const got = queue.get();
      await jest.advanceTimersToNextTimerAsync();
      await got;
      pauses.push(performance.now() - from);
      queue.done('a');
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000, 300_000]);
    queue.forget('a');
    queue.addRateLimited('a');
    await jest.advanceTimersByTimeAsync(250);
    expect(queue.depth).toBe(1);
  });

  it('waits longer when asked to, and shorter for nobody', async () => {
    const queue = new WorkQueue({ random: () => 0 });
    queue.addRateLimited('a', 5_000);
    await jest.advanceTimersByTimeAsync(4_999);
    expect(queue.depth).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(queue.depth).toBe(1);
  });

  it('lets keys that fail come back at a rate', async () => {
    const queue = new WorkQueue({ rate: { perSecond: 10, burst: 5 }, backoff: { baseMs: 1, maxMs: 1 } });
    for (let i = 0; i < 25; i++) queue.addRateLimited(`${i}`);
    await jest.advanceTimersByTimeAsync(50);
    expect(queue.depth).toBe(5);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(queue.depth).toBe(15);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(queue.depth).toBe(25);
  });

  it('says how long the first has been due, and how long each was', async () => {
    const waits: number[] = [];
    const queue = new WorkQueue({ onTaken: (ms) => void waits.push(ms) });
    queue.add('a');
    await jest.advanceTimersByTimeAsync(300);
    queue.add('b');
    await jest.advanceTimersByTimeAsync(100);
    expect(queue.oldestAgeMs).toBe(400);
    await queue.get();
    expect(queue.oldestAgeMs).toBe(100);
    await queue.get();
    expect(queue.oldestAgeMs).toBe(0);
    expect(waits).toEqual([400, 100]);
  });

  it('that is shut down lets those who wait go, and leaves no timer', async () => {
    const queue = new WorkQueue();
    const waiting = queue.get();
    queue.addAfter('a', 1_000);
    queue.shutDown();
    expect(await waiting).toBeNull();
    queue.add('b');
    queue.addRateLimited('c');
    expect(await queue.get()).toBeNull();
    expect(queue.depth).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not look at once for what is due in a month', async () => {
    const queue = new WorkQueue();
    queue.addAfter('a', 31 * 86_400_000);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(queue.depth).toBe(0);
  });
});

type Step =
  { do: 'add' | 'later' | 'fail'; key: string; ms: number } | { do: 'take' } | { do: 'done'; at: number } | { do: 'wait'; ms: number };

describe('whatever happens in whatever order', () => {
  const KEYS = ['a', 'b', 'c', 'd'];
  const key = fc.constantFrom(...KEYS);
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constantFrom('add', 'later', 'fail'), key, ms: fc.integer({ min: 1, max: 2_000 }) }),
    fc.record({ do: fc.constant('take') }),
    fc.record({ do: fc.constant('done'), at: fc.nat() }),
    fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 3_000 }) }),
  ) as fc.Arbitrary<Step>;

  it('no key is worked on twice at once, none is lost, none is handed out that nobody asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = new WorkQueue();
        const working: string[] = [];
        /** Asked for since it was last handed out. */
        const wanted = new Set<string>();
        let takers = 0;
        const take = (): void => {
          takers += 1;
          void queue.get().then((got) => {
            takers -= 1;
            if (got === null) return;
            expect(working).not.toContain(got);
            expect(wanted.delete(got)).toBe(true);
            working.push(got);
          });
        };
        for (const action of steps) {
          if (action.do === 'take') take();
          else if (action.do === 'wait') await jest.advanceTimersByTimeAsync(action.ms);
          else if (action.do === 'done') {
            const [ended] = working.splice(action.at % Math.max(1, working.length), 1);
            if (ended !== undefined) queue.done(ended);
          } else {
            wanted.add(action.key);
            if (action.do === 'add') queue.add(action.key);
            else if (action.do === 'later') queue.addAfter(action.key, action.ms);
            else queue.addRateLimited(action.key);
          }
          await turn();
          expect(queue.depth).toBeLessThanOrEqual(KEYS.length);
          // Nobody waits while something is due.
          expect(takers > 0 && queue.depth > 0).toBe(false);
        }
        // All that was asked for comes, in the end.
        for (let round = 0; round < 3 * KEYS.length; round++) {
          for (const ended of working.splice(0)) queue.done(ended);
          take();
          await jest.advanceTimersByTimeAsync(400_000);
        }
        expect([...wanted]).toEqual([]);
        queue.shutDown();
        await turn();
        expect(takers).toBe(0);
        expect(jest.getTimerCount()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('each pause of a key that fails is longer than the one before it, up to the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 30, maxLength: 30 }), (luck) => {
        let turnOf = 0;
        const at: number[] = [];
        const queue = new WorkQueue({ random: () => luck[turnOf++] ?? 0, rate: { perSecond: 1_000, burst: 1_000 } });
        const spy = jest.spyOn(queue, 'addAfter').mockImplementation((_, ms) => void at.push(ms));
        for (let i = 0; i < luck.length; i++) queue.addRateLimited('a');
        spy.mockRestore();
        for (const [i, ms] of at.entries()) {
          expect(ms).toBeLessThanOrEqual(300_000);
          expect(ms).toBeGreaterThanOrEqual(Math.min(225_000, 187.5 * 2 ** i));
          if (i > 0 && i < 10) expect(ms).toBeGreaterThan(at[i - 1] as number);
        }
      }),
    );
  });
});
