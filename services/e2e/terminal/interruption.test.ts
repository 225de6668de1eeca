import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { EXIT_INTERRUPTED, interruption } from './index.ts';

function interrupted() {
  const source = new EventEmitter();
  const exits: number[] = [];
  let now = 1_000;
  const signal = interruption({ source, exit: (code) => exits.push(code), nowMs: () => now });
  const send = (name: 'SIGINT' | 'SIGTERM', afterMs: number): void => {
    now += afterMs;
    source.emit(name);
  };
  return { signal, exits, send };
}

describe('an interruption', () => {
  it('aborts once, whatever the signal', () => {
    const { signal, exits, send } = interrupted();
    expect(signal.aborted).toBe(false);
    send('SIGTERM', 10_000);
    expect([signal.aborted, exits]).toEqual([true, []]);
  });

  it('takes the same Ctrl-C that arrives twice for one, and a second one for the end', () => {
    const { signal, exits, send } = interrupted();
    send('SIGINT', 0);
    send('SIGINT', 3);
    send('SIGINT', 400);
    expect([signal.aborted, exits]).toEqual([true, []]);
    send('SIGINT', 200);
    expect(exits).toEqual([EXIT_INTERRUPTED]);
  });
});
