import { describe, expect, it } from '@jest/globals';
import type { Attempt, Write } from '../../history/history.ts';
import { FAULTS } from '../registry.ts';
import { commandOf, longestGapMs } from './experiment.ts';

const attempt = (endedMs: number, kind: 'ok' | 'unknown'): Attempt => ({
  requestId: '',
  client: 0,
  invokedMs: endedMs,
  endedMs,
  outcome: kind === 'ok' ? { kind, answer: '', replayed: false } : { kind, reason: '' },
});

function historyOf(answers: Readonly<Record<string, readonly number[]>>) {
  const writes = Object.entries(answers).flatMap(([ledger, times]) =>
    times.map((endedMs, id) => ({ ledger, id, attempts: [attempt(endedMs - 1, 'unknown'), attempt(endedMs, 'ok')] }) as unknown as Write),
  );
  return { writes, ledgers: Object.keys(answers).map((id) => ({ id, seededTo: 0n })) };
}

describe('the longest gap', () => {
  it('is that of the ledger that waited longest, begun before or ended after the window too', () => {
    expect(longestGapMs(historyOf({ a: [0, 10, 20, 30, 40], b: [0, 5, 38, 40] }), 15, 35)).toBe(33);
    expect(longestGapMs(historyOf({ a: [0, 10, 20, 30, 40] }), 15, 35)).toBe(10);
  });

  it('is the window where nothing was ever answered', () => expect(longestGapMs(historyOf({ a: [] }), 15, 35)).toBe(20));
});

describe('the registry', () => {
  it('has each row once, named as the command line takes it', () => {
    const ids = FAULTS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(commandOf('gateway-killed', 7)).toBe('npm run faults -- --rows=gateway-killed --seed=7');
  });
});
