import { subtractDigest } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers } from '../columns.ts';
import { ProjectionError, type AccountProjection, type GenerationChanges, type Tally } from '../projection.ts';
import { rowDigest, sumPages, Tallies } from '../tallies.ts';
import { merge, project, type DayChange } from './project.ts';

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

async function recompute(db: Queryable, generation: number): Promise<Tally> {
  return sumPages<StoredRow>(
    async (last, limit) =>
      (
        await db.query<StoredRow>(
          `select account, day, posted, held, version, position, entries, credits, debits from read.daily_balances
           where generation = $1 and (account, day) > ($2::int, $3::int) order by account, day limit $4`,
          [generation, last?.account ?? 0, last?.day ?? 0, limit],
        )
      ).rows,
    digest,
  );
}

export const dailyBalances: AccountProjection<DayChange[]> = {
  name: NAME,
  scope: 'account',
  tables: ['daily_balances'],
  project,
  ofAccounts: (changes, includes) => changes.filter(({ accountNumber }) => includes(accountNumber)),
  apply,
  recompute,
};
