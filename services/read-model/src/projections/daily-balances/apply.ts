import { subtractDigest } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers } from '../columns.ts';
import {
  differs,
  ProjectionError,
  type AccountNames,
  type AccountProjection,
  type GenerationChanges,
  type RowDifference,
  type Tally,
} from '../projection.ts';
import { rowDigest, sumPages, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
import { dayOf, merge, project, type DayChange } from './project.ts';

const NAME = 'daily_balances';

/** Primary key. `old` is the row before, null when there was none: the digest takes it away without another statement. */
const PUT =
  statement(`insert into read.daily_balances as d (generation, account, day, posted, held, version, position, entries, credits, debits)
  select * from unnest($1::int[], $2::int[], $3::int[], $4::numeric[], $5::numeric[], $6::bigint[], $7::bigint[], $8::bigint[], $9::numeric[], $10::numeric[])
  on conflict (generation, account, day) do update set posted = excluded.posted, held = excluded.held, version = excluded.version, position = excluded.position,
    entries = d.entries + excluded.entries, credits = d.credits + excluded.credits, debits = d.debits + excluded.debits
  returning new.generation, new.account, new.day, old.posted, old.held, old.version, old.position, old.entries, old.credits, old.debits`);

interface StoredRow {
  account: number;
  day: number;
  posted: string;
  held: string;
  version: string;
  position: string;
  entries: string;
  credits: string;
  debits: string;
}

/** Of the row before; all null when there was none. */
type PutRow = Pick<StoredRow, 'account' | 'day'> & { generation: number } & {
  [K in Exclude<keyof StoredRow, 'account' | 'day'>]: string | null;
};

const digest = (row: StoredRow): bigint =>
  rowDigest([row.account, row.day, row.posted, row.held, row.version, row.position, row.entries, row.credits, row.debits]);

/** The row that a change makes of the one before. */
function after(before: StoredRow | null, change: DayChange): StoredRow {
  const sum = (stored: string | undefined, added: bigint): string => (BigInt(stored ?? 0) + added).toString();
  return {
    account: change.accountNumber,
    day: change.day,
    posted: change.posted.toString(),
    held: change.held.toString(),
    version: change.version.toString(),
    position: change.position.toString(),
    entries: sum(before?.entries, BigInt(change.entries)),
    credits: sum(before?.credits, change.credits),
    debits: sum(before?.debits, change.debits),
  };
}

const keyOf = (generation: number, account: number, day: number): string => `${generation} ${account} ${day}`;

function mergeBatch(batch: readonly GenerationChanges<DayChange[]>[]): Map<string, { generation: number; change: DayChange }> {
  const merged = new Map<string, { generation: number; change: DayChange }>();
  for (const { generation, changes } of batch) {
    for (const change of changes.flat()) {
      const key = keyOf(generation, change.accountNumber, change.day);
      const earlier = merged.get(key);
      try {
        merged.set(key, { generation, change: earlier === undefined ? change : merge(earlier.change, change) });
      } catch (error) {
        throw new ProjectionError(NAME, generation, (error as Error).message);
      }
    }
  }
  return merged;
}

async function apply(db: Queryable, batch: readonly GenerationChanges<DayChange[]>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const merged = mergeBatch(batch);
  if (merged.size === 0) return tallies.byGeneration;
  const put = [...merged.values()];
  const { rows } = await run<PutRow>(db, PUT, [
    numbers(put.map((r) => r.generation)),
    numbers(put.map((r) => r.change.accountNumber)),
    numbers(put.map((r) => r.change.day)),
    numbers(put.map((r) => r.change.posted)),
    numbers(put.map((r) => r.change.held)),
    numbers(put.map((r) => r.change.version)),
    numbers(put.map((r) => r.change.position)),
    numbers(put.map((r) => r.change.entries)),
    numbers(put.map((r) => r.change.credits)),
    numbers(put.map((r) => r.change.debits)),
  ]);
  for (const row of rows) {
    const { change } = merged.get(keyOf(row.generation, row.account, row.day)) as { change: DayChange };
    const before = row.version === null ? null : (row as StoredRow);
    if (before !== null && change.firstVersion !== BigInt(before.version) + 1n)
      throw new ProjectionError(
        NAME,
        row.generation,
        `version ${change.firstVersion} of ${change.account} follows version ${before.version}`,
      );
    const now = digest(after(before, change));
    tallies.add(row.generation, before === null ? 1 : 0, before === null ? now : subtractDigest(now, digest(before)));
  }
  return tallies.byGeneration;
}

async function recompute(db: Queryable, generation: number, _names: AccountNames, account: number | null = null): Promise<Tally> {
  return sumPages<StoredRow>(
    async (last, limit) =>
      (
        await db.query<StoredRow>(
          `select account, day, posted, held, version, position, entries, credits, debits from read.daily_balances
           where generation = $1 and ($5::int is null or account = $5) and (account, day) > ($2::int, $3::int) order by account, day limit $4`,
          [generation, last?.account ?? 0, last?.day ?? 0, limit, account],
        )
      ).rows,
    digest,
  );
}

const PROVE_PAGE_ROWS = 10_000;

/** Every account ends its last day as the log says, and the days have all entries between them. */
async function prove(db: Queryable, generation: number, { accounts, entries }: Witness): Promise<RowDifference | null> {
  let after = 0;
  let days = 0n;
  let counted = 0;
  for (;;) {
    const { rows } = await db.query<{ account: number; version: string; posted: string; held: string; entries: string }>(
      `select a.account, l.version, l.posted, l.held, s.entries from (
         select distinct account from read.daily_balances where generation = $1 and account > $2 order by account limit $3) a
       cross join lateral (select version, posted, held from read.daily_balances d where d.generation = $1 and d.account = a.account order by d.day desc limit 1) l
       cross join lateral (select sum(d.entries) as entries from read.daily_balances d where d.generation = $1 and d.account = a.account) s order by a.account`,
      [generation, after, PROVE_PAGE_ROWS],
    );
    for (const row of rows) {
      const said = accounts.get(row.account);
      const expected = said === undefined ? 'no such account' : `version ${said.version}, posted ${said.posted}, held ${said.held}`;
      const found = `version ${row.version}, posted ${row.posted}, held ${row.held}`;
      if (found !== expected) return differs(expected, found, { account: said?.id ?? `number ${row.account}` });
      days += BigInt(row.entries);
    }
    counted += rows.length;
    const last = rows[rows.length - 1];
    if (last === undefined || rows.length < PROVE_PAGE_ROWS)
      return differs(`${entries} entries of ${accounts.size} accounts`, `${days} entries of ${counted} accounts`);
    after = last.account;
  }
}

export const dailyBalances: AccountProjection<DayChange[]> = {
  name: NAME,
  scope: 'account',
  repairsInPlace: true,
  carriesBalances: true,
  tables: ['daily_balances'],
  project,
  ofAccounts: (changes, includes) => changes.filter(({ accountNumber }) => includes(accountNumber)),
  passOver: (events) =>
    events.map(({ id, number, position, recordedAt, version, postedAfter, heldAfter }) => ({
      account: id,
      accountNumber: number,
      day: dayOf(recordedAt),
      firstVersion: version,
      version,
      position,
      posted: postedAfter,
      held: heldAfter,
      entries: 0,
      credits: 0n,
      debits: 0n,
    })),
  apply,
  recompute,
  prove,
};
