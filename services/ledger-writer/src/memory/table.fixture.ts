import { expect } from '@jest/globals';
import type { Outcome } from '../domain/batch.ts';
import type { CommandBody } from '../domain/definition.ts';
import { execute, say, submit, verdict } from './fixtures.ts';
import { makeMemoryStore } from './store.ts';
import { verifyLedger } from './verify.ts';

/** recorded_at of the last command of a row. */
export const ROW_NOW = 1_800_000_000_000_000n;

/** A record type or a refusal code, or a refusal in full. */
export type Expected = string | [code: string, parameters: Record<string, string>];
/** One row of a table of decisions: the title, what happened before, the command, what comes of it. */
export type Row = [title: string, given: CommandBody[], when: CommandBody, then: Expected];

/** An open ledger with a little money; the accounts' versions are 2, 1 and 2. */
export const OPEN = say.openLedger('USD', 'EUR');
export const ALICE = say.open('alice', 'USD', { initialBalance: '100' });
export const BOB = say.open('bob', 'USD');
export const CAROL = say.open('carol', 'EUR', { initialBalance: '100' });
export const START = [OPEN, ALICE, BOB, CAROL];

/** Commands one by one, the last at exactly ROW_NOW; its answer. The log that is left is verified. */
export async function run(bodies: readonly CommandBody[]): Promise<Outcome> {
  let clock = ROW_NOW - BigInt(bodies.length);
  const { store, directory } = makeMemoryStore({ clock: () => (clock += 1n) });
  const location = await directory.allocate('test');
  let outcome: Outcome | undefined;
  for (const body of bodies) [outcome] = await execute(store, location, [submit(body)]);
  await verifyLedger(store, location);
  return outcome as Outcome;
}

export async function checkRow(_: string, given: readonly CommandBody[], when: CommandBody, then: Expected): Promise<void> {
  const outcome = await run([...given, when]);
  if (typeof then === 'string') expect(verdict(outcome)).toBe(then);
  else expect(outcome).toEqual({ kind: 'refusal', refusal: { code: then[0], parameters: then[1] }, replayed: false });
}
