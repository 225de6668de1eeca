import { describe, expect, it } from '@jest/globals';
import { PROBLEMS, RECORD_TYPE_CODES, recordFromJson } from '@ledgerflow/contracts';
import fc from 'fast-check';
import { cut, openingCommands, randomCommands } from '../memory/commands.arbitrary.ts';
import { execute, verdict } from '../memory/fixtures.ts';
import { makeMemoryStore } from '../memory/store.ts';
import type { Replayed } from '../memory/verify.ts';
import { verifyLedger } from '../memory/verify.ts';
import type { Outcome } from './batch.ts';
import { decideBatch } from './batch.ts';
import { needsOf } from './needs.ts';
import type { Submission } from './state.ts';

const START = 1_800_000_000_000_000n;
/** fast-check prints the seed and path of a failure; put them here (`seed`, `path`) to repeat it. */
const RUNS = { numRuns: 150, verbose: 1 } as const;
const UUID = '0190c1a0-0000-7000-8000-00000000000a';

/** The clock stands still, so each record is one microsecond after the one before, however the commands are cut into batches. */
async function drive(commands: readonly Submission[], size: number): Promise<{ outcomes: Outcome[]; replayed: Replayed }> {
  const { store, directory } = makeMemoryStore({ clock: () => START, uuid: () => UUID });
  const location = await directory.allocate('test');
  const outcomes: Outcome[] = [];
  for (const batch of cut([...openingCommands('test'), ...commands], size)) outcomes.push(...(await execute(store, location, batch)));
  return { outcomes, replayed: await verifyLedger(store, location) };
}

const commands = randomCommands({ now: START });

describe('random commands', () => {
  it('leave a log whose replay is the accounts and the head: sums, limits, versions, chain, Merkle frontier, digests', async () => {
    await fc.assert(
      fc.asyncProperty(commands, fc.integer({ min: 1, max: 70 }), async (list, size) => void (await drive(list, size))),
      RUNS,
    );
  });

  it('give the same answers and records however they are cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(commands, fc.integer({ min: 2, max: 70 }), async (list, size) => {
        const [one, many] = [await drive(list, 1), await drive(list, size)];
        expect(many.outcomes).toEqual(one.outcomes);
        expect(many.replayed).toEqual(one.replayed);
      }),
      RUNS,
    );
  });

  it('are decided without touching what was read, and the same way twice', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const { store, directory } = makeMemoryStore({ clock: () => START, uuid: () => UUID });
        const location = await directory.allocate('test');
        await execute(store, location, openingCommands('test'));
        const plain = (value: unknown): string =>
          JSON.stringify(value, (_, v: unknown) =>
            typeof v === 'bigint' ? `${v}n` : v instanceof Map ? [...(v as Map<unknown, unknown>)] : v,
          );
        await store.transact(location, needsOf(list), (view) => {
          const before = plain([list, view]);
          const all = (): string => {
            const { writes, outcomes } = decideBatch(list, view);
            return plain([writes?.seal(), writes, outcomes()]);
          };
          const first = all();
          expect(plain([list, view])).toBe(before);
          expect(all()).toBe(first);
          return { writes: null, result: null };
        });
      }),
      RUNS,
    );
  });

  it('have one effect a key: an accepted key is in the log once, and every later answer is the same', async () => {
    await fc.assert(
      fc.asyncProperty(commands, fc.integer({ min: 1, max: 20 }), async (list, size) => {
        const { outcomes, replayed } = await drive(list, size);
        const keys = replayed.records.map((record) => record.key);
        expect(new Set(keys).size).toBe(keys.length);
        const fresh = outcomes.flatMap((outcome) =>
          outcome.kind === 'record' && !outcome.replayed ? [recordFromJson(outcome.record).position] : [],
        );
        const dry = list.filter(({ command }) => command.dryRun).length;
        expect(fresh.length - replayed.records.length).toBeLessThanOrEqual(dry);
        expect(new Set(fresh).size).toBe(
          replayed.records.length + [...new Set(fresh)].filter((position) => position > BigInt(replayed.records.length)).length,
        );
      }),
      RUNS,
    );
  });

  it('reach every refusal and every record type, so that the properties above mean something', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        for (const outcome of (await drive(list, 10)).outcomes) seen.add(verdict(outcome));
      }),
      { ...RUNS, numRuns: 300, seed: 7 },
    );
    const rare = ['ledger_not_found', 'record_too_large'];
    const codes = Object.entries(PROBLEMS).flatMap(([code, { by }]) => (by === 'writer' && !rare.includes(code) ? [code] : []));
    expect([...codes, ...Object.keys(RECORD_TYPE_CODES)].filter((code) => !seen.has(code))).toEqual([]);
  });
});
