import { describe, expect, it } from '@jest/globals';
import { Periodic } from './periodic.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('periodic work', () => {
  it('is never done twice at once, and once more for all who woke it meanwhile', async () => {
    let begun = 0;
    let release: () => void = () => undefined;
    const work = new Periodic(
      () => {
        begun += 1;
        return new Promise((resolve) => (release = resolve));
      },
      { intervalMs: 60_000, onError: () => undefined },
    );
    for (let i = 0; i < 5; i++) work.wake();
    expect(begun).toBe(1);
    release();
    await turn();
    expect(begun).toBe(2);
    release();
    await turn();
    expect(begun).toBe(2);
    await work.stop();
  });

  it('goes on after a failure, and not after its stop', async () => {
    let failures = 0;
    const { promise: twice, resolve } = Promise.withResolvers<void>();
    const work = new Periodic(() => Promise.reject(new Error('no')), {
      intervalMs: 1,
      onError: () => {
        failures += 1;
        if (failures === 2) resolve();
      },
    });
    work.wake();
    await twice;
    await work.stop();
    const before = failures;
    work.wake();
    await turn();
    expect(failures).toBe(before);
  });
});
