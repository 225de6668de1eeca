import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool, type Queryable } from '@ledgerflow/platform/postgres';
import { LARGE_LEDGER, largeLedger, startReadServer, type LargeLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import { listAccounts } from './list-accounts.ts';
import { listEntries } from './list-entries.ts';
import { searchAccounts } from './search-accounts.ts';

const SIZES = { accounts: 60_000, entries: 60_000, letters: 10, seed: 1 };
const PAGE = 20;
/** A page of a statement: a few probes and its rows. A walk would be a thousand and more. */
const PAGE_BLOCKS_MAX = 60;
/** A search: lists of the index and some hundreds of rows, most on a block of their own (1,441 at most when this was written). All matches of a word that 60,000 have would be twice as many and more. */
const SEARCH_BLOCKS_MAX = 3_000;

let server: ReadServer;
let db: ReadDatabase;
let owner: Pool;
let large: LargeLedger;

/** Runs a query under explain; the blocks that it read. */
async function blocksOf(ask: (db: Queryable) => Promise<unknown>): Promise<number> {
  let blocks = -1;
  const query = async ({ text, values }: { text: string; values: unknown[] }): Promise<{ rows: unknown[] }> => {
    const { rows } = await db.gateway.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
      `explain (analyze, buffers, format json) ${text}`,
      values,
    );
    const plan = rows[0]!['QUERY PLAN'][0]!.Plan;
    blocks = plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
    return { rows: [] };
  };
  await ask({ query } as unknown as Queryable);
  return blocks;
}

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
  owner = createPool({ url: db.ownerUrl, max: 1, applicationName: 'owner', log: silentLogger });
  large = await largeLedger(owner, db.builder, SIZES);
}, 180_000);
afterAll(async () => {
  await owner.end();
  await server.stop();
});

describe.each([
  ['before anything was analyzed', false],
  ['after it was analyzed', true],
])('%s', (_, isAnalyzed) => {
  beforeAll(async () => {
    if (isAnalyzed) await owner.query('analyze');
  }, 60_000);

  it.each([1, SIZES.entries / 2, SIZES.entries - PAGE])('a page of a statement after entry %d reads few blocks, both ways', async (n) => {
    const after = { position: large.entryPosition(n), index: 1 };
    for (const newestFirst of [false, true])
      expect(await blocksOf((on) => listEntries(on, LARGE_LEDGER, 'busy', { newestFirst }, { after, limit: PAGE }))).toBeLessThan(
        PAGE_BLOCKS_MAX,
      );
  });

  it.each(['all', 'common', 'rare', 'pair', 'one', 'misspelled'] as const)(
    'a search for a word that %s have reads few blocks',
    async (word) => {
      const page = { after: null, limit: PAGE };
      expect(await blocksOf((on) => searchAccounts(on, LARGE_LEDGER, large.words[word], {}, page))).toBeLessThan(SEARCH_BLOCKS_MAX);
      const found = await searchAccounts(db.gateway, LARGE_LEDGER, large.words[word], {}, page);
      expect(found!.value.rows.length).toBeGreaterThan(0);
      if (word === 'one') expect(found!.value.rows[0]!.account).toBe(large.words.one);
    },
  );

  it('a list by a part that few, and that nearly all have', async () => {
    const blocks = (q: string, after: string | null = null) =>
      blocksOf((on) => listAccounts(on, LARGE_LEDGER, { q }, { after, limit: PAGE }));
    expect(await blocks(large.words.one.slice(2))).toBeLessThan(SEARCH_BLOCKS_MAX);
    expect(await blocks('ser:00')).toBeLessThan(SEARCH_BLOCKS_MAX);
    expect(await blocks('ser:00', 'user:0030000')).toBeLessThan(SEARCH_BLOCKS_MAX);
    const page = await listAccounts(db.gateway, LARGE_LEDGER, { q: large.words.one.slice(2) }, { after: null, limit: PAGE });
    expect(page!.value.rows.map(({ account }) => account)).toEqual([large.words.one]);
  });
});
