import { accountDigest, DigestSum, type AccountSnapshot } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { jsons, numbers, texts } from '../columns.ts';
import {
  differs,
  ProjectionError,
  type AccountNames,
  type AccountProjection,
  type RowDifference,
  type GenerationChanges,
  type Tally,
} from '../projection.ts';
import { sumPages, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
import { merge, project, type AccountChange } from './project.ts';
import { advance, snapshotOf, type StoredAccount } from './rows.ts';

const NAME = 'account_summary';

const STORED = 'a.generation, a.account, a.id, a.status, a.freeze_scope, a.min_balance, a.max_balance, a.posted, a.held, a.version';

/** Primary key; the ledgers' checkpoints are locked, so nothing else has to be. */
const READ = statement(
  `select ${STORED} from unnest($1::int[], $2::int[]) as k(generation, account) join read.account_summary a on a.generation = k.generation and a.account = k.account`,
);

/** Primary key; a HOT update, because no index holds one of these columns. */
const MOVE =
  statement(`update read.account_summary a set posted = m.posted, held = m.held, version = m.version, updated_at = coalesce(m.updated_at, a.updated_at)
  from unnest($1::int[], $2::int[], $3::numeric[], $4::numeric[], $5::bigint[], $6::bigint[]) as m(generation, account, posted, held, version, updated_at)
  where a.generation = m.generation and a.account = m.account`);

/** Openings and changes of terms. `details` replaces the name and the metadata where it has them. */
const SET = statement(`insert into read.account_summary as a
    (generation, account, id, currency, scale, owner_id, status, freeze_scope, min_balance, max_balance, posted, held, version, name, metadata, opened_at, updated_at)
  select generation, account, id, currency, scale, owner_id, status, freeze_scope, min_balance, max_balance, posted, held, version, name, metadata::jsonb, opened_at, updated_at
  from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::text[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[],
    $13::bigint[], $14::text[], $15::text[], $16::bigint[], $17::bigint[])
    as s(generation, account, id, currency, scale, owner_id, status, freeze_scope, min_balance, max_balance, posted, held, version, name, metadata, opened_at, updated_at)
  on conflict (generation, account) do update set status = excluded.status, freeze_scope = excluded.freeze_scope, min_balance = excluded.min_balance,
    max_balance = excluded.max_balance, posted = excluded.posted, held = excluded.held, version = excluded.version, updated_at = excluded.updated_at,
    name = coalesce(excluded.name, a.name), metadata = coalesce(excluded.metadata, a.metadata)`);

interface Row {
  generation: number;
  change: AccountChange;
  after: AccountSnapshot;
}

function moveAccounts(db: Queryable, rows: readonly Row[]): Promise<unknown> {
  return run(db, MOVE, [
    numbers(rows.map((r) => r.generation)),
    numbers(rows.map((r) => r.change.accountNumber)),
    numbers(rows.map((r) => r.after.posted)),
    numbers(rows.map((r) => r.after.held)),
    numbers(rows.map((r) => r.after.version)),
    numbers(rows.map((r) => r.change.updatedAt)),
  ]);
}

function setAccounts(db: Queryable, rows: readonly Row[]): Promise<unknown> {
  // An account that is there keeps what was given at its opening: those columns are not null, so they get stand-ins which the conflict leaves out.
  return run(db, SET, [
    numbers(rows.map((r) => r.generation)),
    numbers(rows.map((r) => r.change.accountNumber)),
    texts(rows.map((r) => r.after.account)),
    texts(rows.map((r) => r.change.opening?.currency ?? '')),
    numbers(rows.map((r) => r.change.opening?.scale ?? 0)),
    texts(rows.map((r) => r.change.opening?.ownerId ?? null)),
    texts(rows.map((r) => r.after.status)),
    texts(rows.map((r) => r.after.freezeScope)),
    numbers(rows.map((r) => r.after.minBalance)),
    numbers(rows.map((r) => r.after.maxBalance)),
    numbers(rows.map((r) => r.after.posted)),
    numbers(rows.map((r) => r.after.held)),
    numbers(rows.map((r) => r.after.version)),
    texts(rows.map((r) => r.change.details?.name ?? null)),
    jsons(rows.map((r) => r.change.details?.metadata ?? null)),
    numbers(rows.map((r) => r.change.opening?.openedAt ?? 0n)),
    numbers(rows.map((r) => r.change.updatedAt)),
  ]);
}

/** Runs something of one generation's rows; what it throws becomes a ProjectionError that names the generation. */
function ofGeneration<T>(generation: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new ProjectionError(NAME, generation, (error as Error).message);
  }
}

function mergeGeneration({ generation, changes }: GenerationChanges<AccountChange[]>): { generation: number; change: AccountChange }[] {
  const merged = new Map<number, AccountChange>();
  for (const change of changes.flat()) {
    const earlier = merged.get(change.accountNumber);
    merged.set(change.accountNumber, earlier === undefined ? change : ofGeneration(generation, () => merge(earlier, change)));
  }
  return [...merged.values()].map((change) => ({ generation, change }));
}

async function apply(db: Queryable, batch: readonly GenerationChanges<AccountChange[]>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const merged = batch.flatMap(mergeGeneration);
  if (merged.length === 0) return tallies.byGeneration;
  const { rows: stored } = await run<StoredAccount>(db, READ, [
    numbers(merged.map((r) => r.generation)),
    numbers(merged.map((r) => r.change.accountNumber)),
  ]);
  const before = new Map(stored.map((row) => [`${row.generation} ${row.account}`, snapshotOf(row)]));
  const rows = merged.map(({ generation, change }): Row & { before: AccountSnapshot | null } => {
    const old = before.get(`${generation} ${change.accountNumber}`) ?? null;
    return { generation, change, before: old, after: ofGeneration(generation, () => advance(old, change)) };
  });
  const moved = rows.filter((row) => row.change.terms === null);
  const set = rows.filter((row) => row.change.terms !== null);
  const work: Promise<unknown>[] = [];
  if (moved.length > 0) work.push(moveAccounts(db, moved));
  if (set.length > 0) work.push(setAccounts(db, set));
  const sums = new Map<number, DigestSum>();
  for (const row of rows) {
    let sum = sums.get(row.generation);
    if (sum === undefined) sums.set(row.generation, (sum = new DigestSum(0n)));
    if (row.before !== null) sum.subtractAccount(row.before);
    sum.addAccount(row.after);
    tallies.add(row.generation, row.before === null ? 1 : 0, 0n);
  }
  for (const [generation, sum] of sums) tallies.add(generation, 0, sum.total());
  await Promise.all(work);
  return tallies.byGeneration;
}

async function recompute(db: Queryable, generation: number, _names: AccountNames, account: number | null = null): Promise<Tally> {
  return sumPages<StoredAccount>(
    async (after, limit) => {
      const sql = `select ${STORED} from read.account_summary a where a.generation = $1 and a.account > $2 and ($4::int is null or a.account = $4) order by a.account limit $3`;
      return (await db.query<StoredAccount>(sql, [generation, after?.account ?? 0, limit, account])).rows;
    },
    (row) => accountDigest(snapshotOf(row)),
  );
}

const shown = (id: string, version: bigint | string, posted: bigint | string, held: bigint | string): string =>
  `${id}: version ${version}, posted ${posted}, held ${held}`;

const PROVE_PAGE_ROWS = 10_000;

/** Every account of the log has its row, with its version and its balances, and there are no others. */
async function prove(db: Queryable, generation: number, { accounts }: Witness): Promise<RowDifference | null> {
  let after = 0;
  let rows = 0;
  for (;;) {
    const sql = `select ${STORED} from read.account_summary a where a.generation = $1 and a.account > $2 order by a.account limit $3`;
    const page = (await db.query<StoredAccount>(sql, [generation, after, PROVE_PAGE_ROWS])).rows;
    for (const row of page) {
      const said = accounts.get(row.account);
      const found = shown(row.id, row.version, row.posted, row.held);
      const expected = said === undefined ? 'no such account' : shown(said.id, said.version, said.posted, said.held);
      if (found !== expected) return differs(expected, found, { account: row.id });
    }
    rows += page.length;
    const last = page[page.length - 1];
    if (last === undefined || page.length < PROVE_PAGE_ROWS) return differs(`${accounts.size} accounts`, `${rows} accounts`);
    after = last.account;
  }
}

export const accountSummary: AccountProjection<AccountChange[]> = {
  name: NAME,
  carriesBalances: true,
  scope: 'account',
  repairsInPlace: true,
  tables: ['account_summary'],
  project,
  ofAccounts: (changes, includes) => changes.filter(({ accountNumber }) => includes(accountNumber)),
  passOver: (events) =>
    events.map(({ id, number, version, postedAfter, heldAfter }) => ({
      account: id,
      accountNumber: number,
      opening: null,
      firstVersion: version,
      version,
      posted: postedAfter,
      held: heldAfter,
      updatedAt: null,
      terms: null,
      details: null,
    })),
  apply,
  recompute,
  writerDigest: 'accounts',
  prove,
};
