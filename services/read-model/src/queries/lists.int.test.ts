import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import type { AccountFilter, EntryFilter, EventKey, Page, PageRequest, TransactionFilter } from '../types.ts';
import { appliedPosition } from './applied-position.ts';
import { getBalance } from './balance.ts';
import { listAccounts } from './list-accounts.ts';
import { listBalances } from './list-balances.ts';
import { listEntries } from './list-entries.ts';
import { listTransactions } from './list-transactions.ts';

let server: ReadServer;
let db: ReadDatabase;
let ledger: TestLedger;
let loaded = 0;

async function loadRest(): Promise<void> {
  await load(db.builder, ledger.records.slice(loaded));
  loaded = ledger.records.length;
}

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
  ledger = new TestLedger('books', 7);
  ledger.open('@world:USD');
  ledger.open('user:1', { ownerId: 'ann', details: { name: 'Änne Größer' } });
  ledger.open('user:2', { ownerId: 'ben' });
  ledger.open('user:3', { ownerId: 'ann', currency: 'JPY' });
  ledger.open('Vault');
  ledger.setTerms('user:2', 'AccountFrozen', { status: 'frozen', freezeScope: 'all' });
  for (let i = 1; i <= 12; i++) {
    ledger.transfer('@world:USD', i % 3 === 0 ? 'Vault' : 'user:1', BigInt(i), {
      externalId: `x-${i}`,
      details: { reference: i % 2 === 0 ? 'even' : 'odd' },
    });
  }
  ledger.post('BatchPosted', [
    {
      postings: [
        { from: 'user:1', to: 'Vault', amount: 1n },
        { from: 'user:1', to: 'Vault', amount: 2n },
      ],
    },
    { postings: [{ from: 'Vault', to: 'user:1', amount: 1n }] },
  ]);
  await loadRest();
});
afterAll(() => server.stop());

/** All rows, page by page, and how many pages that took; `between` runs after each page. */
async function pages<T, K>(
  limit: number,
  list: (page: PageRequest<K>) => Promise<Page<T, K> | undefined>,
  between: () => Promise<void> = async () => undefined,
): Promise<T[]> {
  const rows: T[] = [];
  let after: K | null = null;
  for (let count = 0; count < 100; count++) {
    const page: Page<T, K> = (await list({ after, limit })) as Page<T, K>;
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    rows.push(...page.rows);
    if (page.next === null) return rows;
    after = page.next;
    await between();
  }
  throw new Error('the pages do not end');
}

const accounts = (filter: AccountFilter, limit = 2) =>
  pages(limit, async (page: PageRequest<string>) => (await listAccounts(db.gateway, 'books', filter, page))?.value);
const transactions = (filter: TransactionFilter, limit = 3) =>
  pages(limit, async (page: PageRequest<EventKey>) => (await listTransactions(db.gateway, 'books', filter, page))?.value);
const entries = (account: string, filter: EntryFilter, limit = 3) =>
  pages(limit, async (page: PageRequest<EventKey>) => (await listEntries(db.gateway, 'books', account, filter, page))?.value?.page);

describe('lists', () => {
  const cases: [AccountFilter, string[]][] = [
    [{}, ['Vault', 'user:1', 'user:2', 'user:3']],
    [{ status: 'frozen' }, ['user:2']],
    [{ status: 'open' }, ['Vault', 'user:1', 'user:3']],
    [{ currency: 'JPY' }, ['user:3']],
    [{ ownerId: 'ann' }, ['user:1', 'user:3']],
    [{ q: 'VAU' }, ['Vault']],
    [{ q: 'ä' }, ['user:1']],
    [{ q: 'ÄNNE grÖ' }, ['user:1']],
    [{ q: '%' }, []],
    [{ prefix: 'user:' }, ['user:1', 'user:2', 'user:3']],
    [{ prefix: 'user:', ownerId: 'ann', currency: 'USD', status: 'open', q: 'user' }, ['user:1']],
    [{ prefix: '@' }, ['@world:USD']],
    [{ prefix: 'u_er' }, []],
  ];
  it.each(cases)('accounts by %j', async (filter, expected) => {
    expect((await accounts(filter)).map((row) => row.account)).toEqual(expected);
    expect((await accounts(filter, 1)).map((row) => row.account)).toEqual(expected);
  });

  it('balances by prefix, and one balance', async () => {
    const page = await listBalances(db.gateway, 'books', 'user:', { after: null, limit: 10 });
    expect(page?.value.rows.map(({ account, posted, scale }) => [account, posted, scale])).toEqual([
      ['user:1', 46n, 2],
      ['user:2', 0n, 2],
      ['user:3', 0n, 0],
    ]);
    const balance = await getBalance(db.gateway, 'books', 'user:1');
    expect(balance).toMatchObject({
      checkpoint: { position: ledger.position, recordedAt: ledger.now },
      value: { posted: 46n },
    });
    expect((await getBalance(db.gateway, 'books', 'nobody'))?.value).toBeNull();
    expect(await getBalance(db.gateway, 'nowhere', 'user:1')).toBeNull();
    expect((await appliedPosition(db.gateway, 'books'))?.position).toBe(ledger.position);
  });

  it('entries by position and by time, both ways', async () => {
    const all = await entries('user:1', {});
    expect(all.map((entry) => entry.amount)).toEqual([1n, 2n, 4n, 5n, 7n, 8n, 10n, 11n, -1n, -2n, 1n]);
    expect(all.at(-1)).toMatchObject({ transactionId: '20-1', position: 20n, index: 5 });
    expect(all[0]).toMatchObject({ transactionId: '8', version: 2n, postedAfter: 1n });
    expect(await entries('user:1', { newestFirst: true }, 4)).toEqual([...all].reverse());
    expect(await entries('user:1', { fromPosition: 9n, toPosition: 12n })).toEqual(all.slice(1, 4));
    const [from, to] = [all[1]!.recordedAt, all[3]!.recordedAt];
    expect(await entries('user:1', { fromTime: from, toTime: to })).toEqual(all.slice(1, 4));
    expect(await entries('user:1', { fromTime: from, toTime: to, newestFirst: true }, 2)).toEqual(all.slice(1, 4).reverse());
    expect(await entries('user:1', { fromTime: from + 1n, toTime: to - 1n })).toEqual(all.slice(2, 3));
    expect(await entries('user:1', { fromTime: ledger.now + 1n })).toEqual([]);
    expect((await entries('user:2', { allEvents: true })).map((entry) => entry.type)).toEqual(['AccountOpened', 'AccountFrozen']);
    expect((await entries('user:2', {})).length).toBe(0);
    expect((await listEntries(db.gateway, 'books', 'nobody', {}, { after: null, limit: 1 }))?.value).toBeNull();
  });

  it('transactions by each filter', async () => {
    const ids = async (filter: TransactionFilter, limit?: number): Promise<string[]> =>
      (await transactions(filter, limit)).map(({ id }) => id);
    const all = await ids({});
    expect(all).toEqual(['20-1', '20-0', '19', '18', '17', '16', '15', '14', '13', '12', '11', '10', '9', '8']);
    expect(await ids({}, 1)).toEqual(all);
    for (const limit of [1, 2, 10]) expect(await ids({ account: 'Vault' }, limit)).toEqual(['20-1', '20-0', '19', '16', '13', '10']);
    expect(await ids({ account: 'nobody' })).toEqual([]);
    expect(await ids({ reference: 'even', account: 'Vault' })).toEqual(['19', '13']);
    expect(await ids({ reference: 'odd' })).toEqual(['18', '16', '14', '12', '10', '8']);
    expect(await ids({ externalId: 'x-5' })).toEqual(['12']);
    expect(await ids({ currency: 'USD', minAmount: 3n, maxAmount: 4n })).toEqual(['20-0', '11', '10']);
    expect(await ids({ currency: 'JPY' })).toEqual([]);
    const [from, to] = [ledger.records[8]!.recordedAt, ledger.records[10]!.recordedAt];
    expect(await ids({ fromTime: from, toTime: to })).toEqual(['11', '10', '9']);
  });

  it('pages stay what they were while rows are added', async () => {
    const before = await transactions({ account: 'user:1' }, 2);
    const during = await pages(
      2,
      async (page: PageRequest<EventKey>) => (await listTransactions(db.gateway, 'books', { account: 'user:1' }, page))?.value,
      async () => {
        ledger.transfer('@world:USD', 'user:1', 1_000n);
        await loadRest();
      },
    );
    expect(during).toEqual(before);
  });
});
