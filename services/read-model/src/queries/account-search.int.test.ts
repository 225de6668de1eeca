import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import type { AccountSearchFilter, SearchKey } from '../types.ts';
import { listAccounts } from './list-accounts.ts';
import { searchAccounts } from './search-accounts.ts';

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
  ledger.open('user:1', { ownerId: 'cust-9', details: { name: 'Jonathan Smith', metadata: { city: 'Lisbon', tier: 'gold' } } });
  ledger.open('user:2', { ownerId: "o'9", details: { name: 'Anna Größer', metadata: { city: 'Lisbon', tier: 'silver' } } });
  ledger.open('user:3', { currency: 'JPY', details: { name: 'John Smithson' } });
  ledger.open('smith', { details: { name: 'Petty cash' } });
  ledger.open('user:4', { details: { name: 'Иван Петров' } });
  ledger.open('user:5', { details: { name: '張偉' } });
  ledger.open('user:6', { details: { metadata: { note: 'son of smith' } } });
  for (let i = 0; i < 3_000; i++) ledger.open(`bulk:${i}`, { details: { name: `Common ${i % 7}` } });
  ledger.transfer('@world:USD', 'user:1', 5n);
  await loadRest();
  const foreign = new TestLedger('foreign', 8);
  foreign.open('elsewhere', { details: { name: 'Jonathan Smith' } });
  await load(db.builder, foreign.records);
}, 60_000);
afterAll(() => server.stop());

async function search(text: string, filter: AccountSearchFilter = {}, limit = 20): Promise<string[]> {
  const found = await searchAccounts(db.gateway, 'books', text, filter, { after: null, limit });
  expect(found?.checkpoint.position).toBe(ledger.position);
  return found!.value.rows.map(({ account }) => account);
}

describe('searches of accounts', () => {
  it.each<[string, AccountSearchFilter, string[]]>([
    // The id as a whole before a name, a name before metadata; beginnings of words last.
    ['smith', {}, ['smith', 'user:1', 'user:6', 'user:3']],
    ['SMITH jon', {}, ['user:1']],
    ['Jonathan Smith', {}, ['user:1']],
    ['user:2', {}, ['user:2']],
    ['GROSSER', {}, []],
    ['größer', {}, ['user:2']],
    ['groß anna', {}, ['user:2']],
    ['иван', {}, ['user:4']],
    ['張', {}, ['user:5']],
    ['cust-9', {}, ['user:1']],
    ['lisbon', {}, ['user:1', 'user:2']],
    ['lisbon', { ownerId: "o'9" }, ['user:2']],
    ['smith', { currency: 'JPY' }, ['user:3']],
    ['smith', { status: 'frozen' }, []],
    // As they are misspelled: neighbours exchanged, a letter wrong, missing, or too many.
    ['jhon', {}, ['user:3']],
    ['lisbno', {}, ['user:1', 'user:2']],
    ['jonatan', {}, ['user:1']],
    ['smithsonn', {}, ['user:3', 'smith', 'user:1', 'user:6']],
    ['иввн', {}, ['user:4']],
    ['петроф', {}, ['user:4']],
    ['nothing like it', {}, []],
    ['& | ! ( ) : * \' " \\', {}, []],
    ['%', {}, []],
    ['@world', {}, ['@world:USD']],
    ['world', {}, []],
    ['elsewhere', {}, []],
  ])('%s %j', async (text, filter, expected) => expect((await search(text, filter)).slice(0, 4)).toEqual(expected));

  it('carries the balance, and says nothing of an unknown ledger', async () => {
    const found = await searchAccounts(db.gateway, 'books', 'jonathan', {}, { after: null, limit: 1 });
    expect(found?.value).toMatchObject({ rows: [{ account: 'user:1', posted: 5n, ownerId: 'cust-9' }], next: null, isSample: false });
    expect(await searchAccounts(db.gateway, 'nowhere', 'jonathan', {}, { after: null, limit: 1 })).toBeNull();
  });

  it('pages by (score, id) give each account once, and a whole search the same', async () => {
    // The exact word first, then those that begin with it.
    const all = await search('29', {}, 1_000);
    expect(all).toHaveLength(111);
    expect(all[0]).toBe('bulk:29');
    const paged: string[] = [];
    let after: SearchKey | null = null;
    for (let pages = 0; pages < 20; pages++) {
      const page = await searchAccounts(db.gateway, 'books', '29', {}, { after, limit: 20 });
      paged.push(...page!.value.rows.map(({ account }) => account));
      after = page!.value.next;
      if (after === null) break;
    }
    expect(paged).toEqual(all);
  });

  it('of a word that too many have a sample is ranked, the same each time, and an id that is the word comes first', async () => {
    ledger.open('common');
    ledger.open('bulk:common', { details: { name: 'Common bulk' } });
    await loadRest();
    const first = await searchAccounts(db.gateway, 'books', 'common', {}, { after: null, limit: 1_000 });
    expect(first!.value.isSample).toBe(true);
    expect(first!.value.rows.length).toBeGreaterThan(300);
    expect(first!.value.rows.length).toBeLessThan(1_200);
    expect(first!.value.rows[0]!.account).toBe('common');
    expect((await search('bulk:common'))[0]).toBe('bulk:common');
    expect(await search('common', { currency: 'JPY' })).toEqual([]);
    const second = await searchAccounts(db.gateway, 'books', 'common', {}, { after: null, limit: 1_000 });
    expect(second!.value.rows).toEqual(first!.value.rows);
  });

  it('follows what changes: names, metadata, status', async () => {
    ledger.setTerms('user:1', 'MetadataChanged', {}, { name: 'Zacharias', metadata: { city: 'Porto' } });
    ledger.setTerms('user:2', 'AccountFrozen', { status: 'frozen', freezeScope: 'all' });
    await loadRest();
    expect(await search('jonathan')).toEqual([]);
    expect(await search('zacharias porto')).toEqual(['user:1']);
    expect(await search('zaccharias')).toEqual(['user:1']);
    expect(await search('größer', { status: 'open' })).toEqual([]);
    expect(await search('größer', { status: 'frozen' })).toEqual(['user:2']);
  });
});

describe('lists of accounts by a part of id or name', () => {
  const list = async (q: string, limit = 10, after: string | null = null): Promise<string[]> =>
    (await listAccounts(db.gateway, 'books', { q }, { after, limit }))!.value.rows.map(({ account }) => account);

  it.each([
    ['rößE', ['user:2']],
    ['rosse', []],
    ['rößer', ['user:2']],
    ['roßer', []],
    ['ван пет', ['user:4']],
    ['張偉', ['user:5']],
    [
      'lk:299',
      ['bulk:299', 'bulk:2990', 'bulk:2991', 'bulk:2992', 'bulk:2993', 'bulk:2994', 'bulk:2995', 'bulk:2996', 'bulk:2997', 'bulk:2998'],
    ],
    ['silver', []],
    ['user_1', []],
    ['%%%', []],
    ['world', []],
  ])('%s', async (q, expected) => expect(await list(q)).toEqual(expected));

  it('many and few are in order of id and paged alike', async () => {
    const everyone = Array.from({ length: 3_000 }, (_, i) => `bulk:${i}`).sort();
    expect(await list('bulk', 1_000)).toEqual(everyone.slice(0, 1_000));
    expect(await list('bulk', 1_000, everyone[999])).toEqual(everyone.slice(1_000, 2_000));
    const some = everyone.filter((id) => id.includes('123'));
    expect(await list('123', 3)).toEqual(some.slice(0, 3));
    expect(await list('123', 3, some[2])).toEqual(some.slice(3, 6));
  });

  it('a projection that is behind is not asked: the list is as far as the accounts are', async () => {
    await db.builder.query(`update read.projections set position = position - 1 where ledger = 7 and projection = 'account_search'`);
    await db.builder.query('delete from read.account_search where generation = 7 and id = $1', ['user:2']);
    const page = await listAccounts(db.gateway, 'books', { q: 'rößer' }, { after: null, limit: 2 });
    expect(page!.value.rows.map(({ account }) => account)).toEqual(['user:2']);
    expect(page!.checkpoint.position).toBe(ledger.position);
    const found = await searchAccounts(db.gateway, 'books', 'rößer', {}, { after: null, limit: 2 });
    expect(found!.checkpoint.position).toBe(ledger.position - 1n);
  });

  it('a ledger whose search is not there yet answers lists, and searches at position 0', async () => {
    await db.builder.query(`delete from read.projections where ledger = 7 and projection = 'account_search'`);
    expect(await list('user:3')).toEqual(['user:3']);
    const found = await searchAccounts(db.gateway, 'books', 'cash', {}, { after: null, limit: 2 });
    expect(found).toMatchObject({ checkpoint: { position: 0n }, value: { rows: [], next: null } });
  });
});
