import { describe, expect, it } from '@jest/globals';
import { gather } from '../evidence.ts';
import type { Fault, Read } from '../history.ts';
import { wrongRead } from './reads.ts';

const LEDGER = { id: 'l', seededTo: 0n };
const read = (token: bigint | null, reason: string): Read => ({
  id: 1,
  ledger: LEDGER.id,
  client: 0,
  question: { kind: 'balance', account: 'a' },
  token,
  isFinal: false,
  invokedMs: 10,
  endedMs: 11,
  outcome: { kind: 'failed', reason },
});
const raised = (beganMs: number): Fault => ({
  kind: 'other',
  target: 'restored',
  how: 'other',
  raisesEpoch: true,
  beganMs,
  endedMs: beganMs,
  recoveredMs: beganMs,
});

function found(one: Read, faults: readonly Fault[]): string[] {
  const told: string[] = [];
  wrongRead.run(gather({ seed: 0, ledgers: [LEDGER], writes: [], reads: [one], faults }, LEDGER, []), (fault) => void told.push(fault));
  return told;
}

describe('a read that is told that its token is of an epoch that is over', () => {
  const superseded = '409 epoch_superseded';
  it('may be told so once an epoch was raised', () => expect(found(read(3n, superseded), [raised(5)])).toEqual([]));
  it('may not before, without a raise, or without a token', () => {
    expect(found(read(3n, superseded), [raised(12)])).toEqual(['failure']);
    expect(found(read(3n, superseded), [{ ...raised(5), raisesEpoch: false }])).toEqual(['failure']);
    expect(found(read(null, superseded), [raised(5)])).toEqual(['failure']);
  });
  it('may be told nothing else instead', () => expect(found(read(3n, '409 other'), [raised(5)])).toEqual(['failure']));
});
