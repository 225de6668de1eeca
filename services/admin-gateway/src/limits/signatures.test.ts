import { describe, expect, it } from '@jest/globals';
import { Signatures } from './signatures.ts';

const codeOf = (error: unknown): unknown => (error as { code: string }).code;

describe('checks of tokens', () => {
  it('cost an address nothing while they are good, however many there are', async () => {
    const checks = new Signatures({ wrongPerSecond: 3 }).of('a');
    const check = async (): Promise<void> => (await checks.begin())(false);
    await Promise.all(Array.from({ length: 1_000 }, check));
  });

  it('are refused after so many wrong ones, to that address, and no more than 64 run until that is seen', async () => {
    const signatures = new Signatures({ wrongPerSecond: 3 });
    const checks = signatures.of('a');
    const ends: ((isWrong: boolean) => void)[] = [];
    const outcomes = Array.from({ length: 200 }, () => checks.begin().then((over) => void ends.push(over), codeOf));
    await new Promise((resolve) => setImmediate(resolve));
    expect(ends).toHaveLength(64);
    for (const over of ends) over(true);
    expect((await Promise.all(outcomes)).filter((code) => code === 'rate_limited')).toHaveLength(136);
    expect(ends).toHaveLength(64);
    (await signatures.of('b').begin())(false);
  });

  it('wait, so many of an address, and more are refused', async () => {
    const checks = new Signatures({ wrongPerSecond: 3 }).of('a');
    const all = Array.from({ length: 2_100 }, () => checks.begin().then((over) => over(false), codeOf));
    expect((await Promise.all(all)).filter((code) => code === 'overloaded')).toHaveLength(2_100 - 64 - 2_000);
  });
});
