import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { Gate } from './gate.ts';

describe('a gate', () => {
  it('closes behind those who work, and keeps others out until it is opened', async () => {
    const gate = new Gate();
    const told: string[] = [];
    const work = Promise.withResolvers<void>();
    const first = gate.through(() => work.promise);
    const closing = gate.close().then((open) => {
      told.push('closed');
      return open;
    });
    const second = gate.through(async () => void told.push('second'));
    await turn();
    expect(told).toEqual([]);
    work.resolve();
    const open = await closing;
    await first;
    await turn();
    expect(told).toEqual(['closed']);
    open();
    await second;
    expect(told).toEqual(['closed', 'second']);
  });

  it('closes at once when nobody works, also after work that failed', async () => {
    const gate = new Gate();
    await expect(gate.through(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    (await gate.close())();
    expect(await gate.through(async () => 1)).toBe(1);
  });
});
