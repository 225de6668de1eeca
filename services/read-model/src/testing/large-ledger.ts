import type { Pool } from '@ledgerflow/platform/postgres';
import { accountSearch } from '../projections/account-search/apply.ts';
import type { SearchChange } from '../projections/account-search/project.ts';
import { below, randomOf, type Random } from './corrected-log.ts';
import { load } from './load.ts';
import { TestLedger } from './test-ledger.ts';

export const LARGE_LEDGER = 'large';
const NUMBER = 7;
const BATCH = 5_000;
/** So many at once take seconds: a builder's transaction may not take a minute. */
const ENTRIES_BATCH = 50_000;
const STEP_MICROS = 1_000_000;
/** Of the names, few are very common and most are rare, as those of people are. */
const SKEW = 3;
const SYLLABLES = [
  'an',
  'be',
  'cor',
  'da',
  'el',
  'fi',
  'gus',
  'ha',
  'il',
  'jo',
  'ka',
  'lo',
  'mi',
  'na',
  'or',
  'pe',
  'qui',
  'ro',
  'sa',
  'ti',
  'ul',
  'vi',
];

export interface LargeSizes {
  accounts: number;
  /** Entries of the account `busy`. */
  entries: number;
  /** Parked records. */
  letters: number;
  seed: number;
}

export interface LargeLedger {
  /** Position of the n-th entry of `busy`, from 1. */
  entryPosition(n: number): bigint;
  /** Words that nearly all accounts, many, some and one of them have, and one that is misspelled. */
  words: { all: string; common: string; rare: string; pair: string; one: string; misspelled: string };
}

interface Person {
  id: string;
  name: string;
  ownerId: string;
  metadata: string;
}

function people(random: Random): (n: number) => Person {
  const name = (syllables: number): string => Array.from({ length: syllables }, () => SYLLABLES[below(random, SYLLABLES.length)]).join('');
  const [first, last, cities] = [2_000, 20_000, 500].map((count, i) => Array.from({ length: count }, () => name(i === 0 ? 2 : 3))) as [
    string[],
    string[],
    string[],
  ];
  first[0] = 'john';
  last[0] = 'smithers';
  const skewed = (list: string[]): string => list[Math.floor(list.length * random() ** SKEW)] as string;
  return (n) => ({
    id: `user:${String(n).padStart(7, '0')}`,
    name: `${skewed(first)} ${skewed(last)}`,
    ownerId: `cust-${below(random, 1_000_000)}`,
    metadata: `${random() < 0.5 ? 'gold' : 'silver'} ${skewed(cities)} branch${below(random, 900)}`,
  });
}

/** Indexes that a filled table gets at once cost a tenth of what they cost row by row. */
async function withoutIndexes(owner: Pool, tables: readonly string[], fill: () => Promise<void>): Promise<void> {
  const { rows } = await owner.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
     where i.indrelid = any($1::regclass[]) and not i.indisprimary`,
    [tables],
  );
  for (const { name } of rows) await owner.query(`drop index ${name}`);
  await fill();
  for (const { definition } of rows) await owner.query(definition);
}

async function fillAccounts(builder: Pool, first: number, { accounts, seed }: LargeSizes): Promise<void> {
  const person = people(randomOf(seed));
  for (let at = 0; at < accounts; at += BATCH) {
    const some = Array.from({ length: Math.min(BATCH, accounts - at) }, (_, i) => ({ number: first + at + i, ...person(at + i + 1) }));
    const changes = some.map(({ number, id, name, ownerId, metadata }): SearchChange => ({
      account: id,
      accountNumber: number,
      opening: { currency: 'USD', ownerId },
      status: 'open',
      name,
      metadata,
    }));
    await accountSearch.apply(builder, [{ generation: NUMBER, changes: [changes] }]);
    await builder.query(
      `insert into read.account_summary (generation, account, id, currency, scale, owner_id, status, posted, held, version, name, opened_at, updated_at)
       select $1, n, id, 'USD', 2, owner_id, 'open', 0, 0, 1, name, 1, 1 from unnest($2::int[], $3::text[], $4::text[], $5::text[]) as a(n, id, owner_id, name)`,
      [NUMBER, some.map((one) => one.number), some.map((one) => one.id), some.map((one) => one.ownerId), some.map((one) => one.name)],
    );
  }
}

/**
 * A ledger as large as is asked, in a database of the read model that is empty. Its rows are those which the projections write, but for balances and digests; most are made by SQL, and the statistics know
 * nothing of them. `owner` is a pool of the role that owns the tables.
 */
export async function largeLedger(owner: Pool, builder: Pool, sizes: LargeSizes): Promise<LargeLedger> {
  const ledger = new TestLedger(LARGE_LEDGER, NUMBER);
  ledger.open('@world:USD');
  ledger.open('busy');
  ledger.transfer('@world:USD', 'busy', 1n);
  await load(builder, ledger.records);
  const last = ledger.position;
  for (let from = 1; from < sizes.entries; from += ENTRIES_BATCH)
    await builder.query(
      `insert into read.account_statement (generation, account, position, event_index, type, transaction_index, in_batch, version, amount, posted_after, held_after, recorded_at, effective_at)
       select s.generation, s.account, s.position + n, s.event_index, s.type, s.transaction_index, s.in_batch, s.version + n, s.amount, s.posted_after + n, s.held_after,
         s.recorded_at + n * $4::bigint, s.effective_at + n * $4::bigint
       from read.account_statement s join read.account_summary a using (generation, account), generate_series($3::int, $5::int) n
       where s.generation = $1 and s.position = $2 and a.id = 'busy'`,
      [NUMBER, last.toString(), from, STEP_MICROS, Math.min(from + ENTRIES_BATCH, sizes.entries) - 1],
    );
  await withoutIndexes(owner, ['read.account_search', 'read.account_words', 'read.account_summary'], () =>
    fillAccounts(builder, ledger.accounts.size + 1, sizes),
  );
  await builder.query(
    `insert into read.dead_letters (ledger, position, accounts, projections, error, record)
     select $1, $2::bigint + n, array[n], '{account_summary}', case when n % 10 = 1 then 'refused' end, repeat('x', 400) from generate_series(1, $3::int) n`,
    [NUMBER, last.toString(), sizes.letters],
  );
  return {
    entryPosition: (n) => last + BigInt(n - 1),
    words: {
      all: 'user',
      common: 'gold',
      rare: 'branch7',
      pair: 'john smithers',
      one: `user:${String(sizes.accounts).padStart(7, '0')}`,
      misspelled: 'smihters',
    },
  };
}
