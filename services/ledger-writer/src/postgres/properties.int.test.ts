import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LedgerRecord, recordFromJson } from '@ledgerflow/contracts';
import fc from 'fast-check';
import type { Outcome } from '../domain/batch.ts';
import { cut, openingCommands, randomCommands } from '../memory/commands.arbitrary.ts';
import { execute } from '../memory/fixtures.ts';
import { makeMemoryStore } from '../memory/store.ts';
import { verifyLedger } from '../memory/verify.ts';
import { type LedgerPostgres, openWriter, startLedgerPostgres, type TestWriter } from './writer.fixture.ts';

/** A record without what depends on when and where it was written. */
function essence(record: LedgerRecord): string {
  const {
    ledger: _ledger,
    ledgerNumber: _number,
    ledgerUuid: _uuid,
    hash: _hash,
    previousHash: _previous,
    recordedAt,
    effectiveAt,
    transactions,
    events,
    ...rest
  } = record;
  const relative = (time: bigint): string => (time === recordedAt ? 'recorded' : time.toString());
  const stable = events.map((event) => (event.type === 'LedgerOpened' ? event.type : event));
  const times = transactions.map((transaction) => ({ ...transaction, effectiveAt: relative(transaction.effectiveAt) }));
  return JSON.stringify({ ...rest, effectiveAt: relative(effectiveAt), transactions: times, events: stable }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

const answer = (outcome: Outcome): string =>
  `${outcome.replayed} ${outcome.kind === 'record' ? essence(recordFromJson(outcome.record)) : JSON.stringify(outcome.refusal)}`;

describe('PostgreSQL and memory', () => {
  let postgres: LedgerPostgres;
  let writer: TestWriter;
  let runs = 0;

  beforeAll(async () => {
    postgres = await startLedgerPostgres();
    writer = openWriter({ clusters: { main: (await postgres.database()).serviceUrl } });
  });
  afterAll(async () => {
    await writer?.close();
    await postgres?.stop();
  });

  it('give equal answers, records and balances to the same random commands', async () => {
    const now = BigInt(Date.now()) * 1000n;
    await fc.assert(
      fc.asyncProperty(randomCommands({ now, lengthMax: 60 }), fc.integer({ min: 1, max: 25 }), async (commands, size) => {
        const memory = makeMemoryStore();
        const ledger = `random-${++runs}`;
        const places = { memory: await memory.directory.allocate(ledger), postgres: await writer.directory.allocate(ledger) };
        for (const batch of cut([...openingCommands(ledger), ...commands], size)) {
          const expected = await execute(memory.store, places.memory, batch);
          expect((await execute(writer.store, places.postgres, batch)).map(answer)).toEqual(expected.map(answer));
        }
        const [inMemory, inPostgres] = [await verifyLedger(memory.store, places.memory), await verifyLedger(writer.store, places.postgres)];
        expect(inPostgres.records.map(essence)).toEqual(inMemory.records.map(essence));
        expect(inPostgres.accounts).toEqual(inMemory.accounts);
      }),
      { numRuns: 40, verbose: 1 },
    );
  });
});
