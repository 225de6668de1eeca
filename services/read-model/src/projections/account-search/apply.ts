import { subtractDigest } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers, texts } from '../columns.ts';
import { differs, ProjectionError, type AccountProjection, type GenerationChanges, type RowDifference, type Tally } from '../projection.ts';
import { rowDigest, sumPages, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
import { levelOf, lexemesOf, namingOf, vocabularyOf, type SearchTexts } from './lexemes.ts';
import { merge, project, type SearchChange } from './project.ts';
import { countWords, recomputeWords, WordCounts } from './vocabulary.ts';

const NAME = 'account_search';

const STORED = 's.generation, s.account, s.id, s.currency, s.status, s.owner_id, s.name, s.metadata';

/** Primary key; the ledgers' checkpoints are locked, so nothing else has to be. */
const READ = statement(
  `select ${STORED} from unnest($1::int[], $2::int[]) as k(generation, account) join read.account_search s on s.generation = k.generation and s.account = k.account`,
);

const PUT =
  statement(`insert into read.account_search as s (generation, account, level, id, currency, status, owner_id, name, metadata, lexemes, naming)
  select generation, account, level, id, currency, status, owner_id, name, metadata, lexemes::tsvector, naming
  from unnest($1::int[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
    as p(generation, account, level, id, currency, status, owner_id, name, metadata, lexemes, naming)
  on conflict (generation, account) do update
    set status = excluded.status, name = excluded.name, metadata = excluded.metadata, lexemes = excluded.lexemes, naming = excluded.naming`);

interface StoredRow {
  generation: number;
  account: number;
  id: string;
  currency: string;
  status: string;
  owner_id: string | null;
  name: string | null;
  metadata: string | null;
}

const textsOf = ({ id, currency, status, owner_id: ownerId, name, metadata }: StoredRow): SearchTexts => ({
  id,
  currency,
  status,
  ownerId,
  name,
  metadata,
});

const digest = (account: number, { id, currency, status, ownerId, name, metadata }: SearchTexts): bigint =>
  rowDigest([account, JSON.stringify([id, currency, status, ownerId, name, metadata])]);

interface Row {
  generation: number;
  account: number;
  before: SearchTexts | null;
  after: SearchTexts;
}

function afterChange(before: SearchTexts | null, change: SearchChange): SearchTexts {
  if (before === null && change.opening === null) throw new Error(`${change.account} changes before it is opened`);
  if (before !== null && change.opening !== null) throw new Error(`${change.account} is opened again`);
  const { currency, ownerId } = (change.opening ?? before) as Pick<SearchTexts, 'currency' | 'ownerId'>;
  const { status } = change;
  const name = change.name ?? before?.name ?? null;
  const metadata = change.metadata ?? before?.metadata ?? null;
  return { id: change.account, currency, ownerId, status, name, metadata };
}

function mergeBatch(batch: readonly GenerationChanges<SearchChange[]>[]): { generation: number; change: SearchChange }[] {
  return batch.flatMap(({ generation, changes }) => {
    const merged = new Map<number, SearchChange>();
    for (const change of changes.flat()) {
      const earlier = merged.get(change.accountNumber);
      merged.set(change.accountNumber, earlier === undefined ? change : merge(earlier, change));
    }
    return Array.from(merged.values(), (change) => ({ generation, change }));
  });
}

async function readRows(db: Queryable, merged: readonly { generation: number; change: SearchChange }[]): Promise<Row[]> {
  const { rows: stored } = await run<StoredRow>(db, READ, [
    numbers(merged.map((r) => r.generation)),
    numbers(merged.map((r) => r.change.accountNumber)),
  ]);
  const known = new Map(stored.map((row) => [`${row.generation} ${row.account}`, textsOf(row)]));
  return merged.map(({ generation, change }) => {
    const before = known.get(`${generation} ${change.accountNumber}`) ?? null;
    try {
      return { generation, account: change.accountNumber, before, after: afterChange(before, change) };
    } catch (error) {
      throw new ProjectionError(NAME, generation, (error as Error).message);
    }
  });
}

async function put(db: Queryable, rows: readonly Row[]): Promise<void> {
  const levels = rows.map(({ generation, account }) => levelOf(generation, account));
  await run(db, PUT, [
    numbers(rows.map((r) => r.generation)),
    numbers(rows.map((r) => r.account)),
    numbers(levels),
    texts(rows.map((r) => r.after.id)),
    texts(rows.map((r) => r.after.currency)),
    texts(rows.map((r) => r.after.status)),
    texts(rows.map((r) => r.after.ownerId)),
    texts(rows.map((r) => r.after.name)),
    texts(rows.map((r) => r.after.metadata)),
    texts(rows.map((r, i) => lexemesOf(levels[i] as bigint, r.after))),
    texts(rows.map((r) => namingOf(r.after))),
  ]);
}

async function apply(db: Queryable, batch: readonly GenerationChanges<SearchChange[]>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const merged = mergeBatch(batch);
  // Nearly all batches move money only.
  if (merged.length === 0) return tallies.byGeneration;
  const counts = new WordCounts();
  const changed: Row[] = [];
  for (const row of await readRows(db, merged)) {
    const { generation, account, before, after } = row;
    const was = before === null ? 0n : digest(account, before);
    const is = digest(account, after);
    if (was === is) continue;
    changed.push(row);
    tallies.add(generation, before === null ? 1 : 0, subtractDigest(is, was));
    if (before !== null) counts.add(generation, vocabularyOf(before), -1);
    counts.add(generation, vocabularyOf(after), 1);
  }
  if (changed.length === 0) return tallies.byGeneration;
  await Promise.all([put(db, changed), countWords(db, counts, tallies)]);
  return tallies.byGeneration;
}

async function recompute(db: Queryable, generation: number): Promise<Tally> {
  const accounts = await sumPages<StoredRow>(
    async (last, limit) => {
      const sql = `select ${STORED} from read.account_search s where s.generation = $1 and s.account > $2 order by s.account limit $3`;
      return (await db.query<StoredRow>(sql, [generation, last?.account ?? 0, limit])).rows;
    },
    (row) => digest(row.account, textsOf(row)),
  );
  const tallies = new Tallies();
  for (const { rows, digest: sum } of [accounts, await recomputeWords(db, generation)]) tallies.add(generation, rows, sum);
  return tallies.byGeneration.get(generation) as Tally;
}

const PROVE_PAGE_ROWS = 10_000;

/** A row for every account, under its own id. */
async function prove(db: Queryable, generation: number, { accounts }: Witness): Promise<RowDifference | null> {
  let after = 0;
  let counted = 0;
  for (;;) {
    const { rows } = await db.query<{ account: number; id: string; currency: string }>(
      'select account, id, currency from read.account_search where generation = $1 and account > $2 order by account limit $3',
      [generation, after, PROVE_PAGE_ROWS],
    );
    for (const { account, id, currency } of rows) {
      const said = accounts.get(account);
      const difference = differs(said === undefined ? 'no such account' : `${said.id} in ${said.currency}`, `${id} in ${currency}`, {
        account: id,
      });
      if (difference !== null) return difference;
    }
    counted += rows.length;
    const last = rows[rows.length - 1];
    if (last === undefined || rows.length < PROVE_PAGE_ROWS) return differs(`${accounts.size} accounts`, `${counted} accounts`);
    after = last.account;
  }
}

export const accountSearch: AccountProjection<SearchChange[]> = {
  name: NAME,
  scope: 'account',
  repairsInPlace: false,
  carriesBalances: false,
  tables: ['account_search', 'account_words'],
  project,
  ofAccounts: (changes, includes) => changes.filter(({ accountNumber }) => includes(accountNumber)),
  apply,
  recompute,
  prove,
};
