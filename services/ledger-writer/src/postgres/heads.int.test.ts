import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute, say, submit } from '../memory/fixtures.ts';
import { type LedgerPostgres, openWriter, startLedgerPostgres, type TestWriter } from './writer.fixture.ts';

describe('heads', () => {
  let postgres: LedgerPostgres;
  let writer: TestWriter;

  beforeAll(async () => {
    postgres = await startLedgerPostgres();
    writer = openWriter({ clusters: { main: (await postgres.database()).serviceUrl } });
  });
  afterAll(async () => {
    await writer?.close();
    await postgres?.stop();
  });

  it('are answered since a time of the clock that records get theirs from', async () => {
    const { store, directory } = writer;
    const [still, moved] = [await directory.allocate('still'), await directory.allocate('moved')];
    for (const location of [still, moved])
      await execute(store, location, [submit(say.openLedger('USD')), submit(say.open('alice', 'USD'))]);
    const since = async (recordedSince: bigint): Promise<string[]> =>
      (await store.readHeads({ slots: [still.slot, moved.slot], recordedSince })).map(({ location }) => location.ledger);
    const before = await store.readClock();
    expect(await since(before - 60_000_000n)).toEqual(['still', 'moved']);
    expect(await since(before)).toEqual([]);
    await execute(store, moved, [submit(say.deposit('alice', '1', 'USD'))]);
    expect(await since(before)).toEqual(['moved']);
  });
});
