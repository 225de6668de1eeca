import { subtractDigest, type Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers, texts } from '../columns.ts';
import { differs, type GenerationChanges, type LedgerProjection, ProjectionError, type RowDifference, type Tally } from '../projection.ts';
import { rowDigest, sumPages, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
import { BUCKET_MICROS, bucketStart, project, type ActivityChange } from './project.ts';

const NAME = 'ledger_activity';

/** Primary key; nobody else writes these generations' rows, so the order of the rows locks nobody out. */
const ADD = statement(`insert into read.ledger_activity as a (generation, bucket, starts_at, currency, type, transactions, entries, volume)
  select * from unnest($1::int[], $2::smallint[], $3::bigint[], $4::text[], $5::smallint[], $6::bigint[], $7::bigint[], $8::numeric[])
  on conflict (generation, bucket, starts_at, currency, type) do update
    set transactions = a.transactions + excluded.transactions, entries = a.entries + excluded.entries, volume = a.volume + excluded.volume
  returning generation, bucket, starts_at, currency, type, transactions, entries, volume`);

interface Counts {
  transactions: number;
  entries: number;
  volume: bigint;
}

interface Addition extends Counts {
  generation: number;
  bucket: number;
  startsAt: Micros;
  currency: string;
  type: number;
}

interface StoredRow {
  generation: number;
  bucket: number;
  starts_at: string;
  currency: string;
  type: number;
  transactions: string;
  entries: string;
  volume: string;
}

const digest = (row: StoredRow, { transactions, entries, volume }: { transactions: bigint; entries: bigint; volume: bigint }): bigint =>
  rowDigest([row.bucket, row.starts_at, row.currency, row.type, transactions.toString(), entries.toString(), volume.toString()]);

const countsOf = (row: StoredRow): { transactions: bigint; entries: bigint; volume: bigint } => ({
  transactions: BigInt(row.transactions),
  entries: BigInt(row.entries),
  volume: BigInt(row.volume),
});

const keyOf = ({ generation, bucket, startsAt, currency, type }: Omit<Addition, keyof Counts>): string =>
  `${generation} ${bucket} ${startsAt} ${currency} ${type}`;

function add(sums: Map<string, Addition>, addition: Addition): void {
  const key = keyOf(addition);
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, { ...addition });
  else {
    sum.transactions += addition.transactions;
    sum.entries += addition.entries;
    sum.volume += addition.volume;
  }
}

/** A batch is a few rows: one for each bucket, currency and type that it touches. Longer buckets are made of minutes, of which a batch has a few, not of records. */
function sum(batch: readonly GenerationChanges<ActivityChange>[]): Map<string, Addition> {
  const minutes = new Map<string, Addition>();
  for (const { generation, changes } of batch)
    for (const { recordedAt, type, moved } of changes)
      for (const one of moved) add(minutes, { generation, bucket: 0, startsAt: bucketStart(recordedAt, 0), type, ...one });
  const sums = new Map(minutes);
  for (const minute of minutes.values())
    for (let bucket = 1; bucket < BUCKET_MICROS.length; bucket++)
      add(sums, { ...minute, bucket, startsAt: bucketStart(minute.startsAt, bucket) });
  return sums;
}

async function apply(db: Queryable, batch: readonly GenerationChanges<ActivityChange>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const sums = sum(batch);
  if (sums.size === 0) return tallies.byGeneration;
  const added = [...sums.values()];
  const { rows } = await run<StoredRow>(db, ADD, [
    numbers(added.map((r) => r.generation)),
    numbers(added.map((r) => r.bucket)),
    numbers(added.map((r) => r.startsAt)),
    texts(added.map((r) => r.currency)),
    numbers(added.map((r) => r.type)),
    numbers(added.map((r) => r.transactions)),
    numbers(added.map((r) => r.entries)),
    numbers(added.map((r) => r.volume)),
  ]);
  for (const row of rows) {
    const addition = sums.get(keyOf({ ...row, startsAt: BigInt(row.starts_at) })) as Addition;
    const after = countsOf(row);
    const before = {
      transactions: after.transactions - BigInt(addition.transactions),
      entries: after.entries - BigInt(addition.entries),
      volume: after.volume - addition.volume,
    };
    if (before.transactions < 0n || before.entries < 0n || before.volume < 0n)
      throw new ProjectionError(NAME, row.generation, `the bucket at ${row.starts_at} of ${row.currency} counts less than was added to it`);
    if (before.transactions === 0n) tallies.add(row.generation, 1, digest(row, after));
    else tallies.add(row.generation, 0, subtractDigest(digest(row, after), digest(row, before)));
  }
  return tallies.byGeneration;
}

async function recompute(db: Queryable, generation: number): Promise<Tally> {
  return sumPages<StoredRow>(
    async (after, limit) =>
      (
        await db.query<StoredRow>(
          `select generation, bucket, starts_at, currency, type, transactions, entries, volume from read.ledger_activity
           where generation = $1 and (bucket, starts_at, currency, type) > ($2::smallint, $3::bigint, $4::text, $5::smallint) order by bucket, starts_at, currency, type limit $6`,
          [generation, after?.bucket ?? -1, after?.starts_at ?? '0', after?.currency ?? '', after?.type ?? 0, limit],
        )
      ).rows,
    (row) => digest(row, countsOf(row)),
  );
}

/** Minutes, hours and days each add up to what moved in a currency, and to all entries. */
async function prove(db: Queryable, generation: number, { currencies, entries }: Witness): Promise<RowDifference | null> {
  const { rows } = await db.query<{ bucket: number; currency: string; entries: string; volume: string }>(
    'select bucket, currency, sum(entries) as entries, sum(volume) as volume from read.ledger_activity where generation = $1 group by bucket, currency',
    [generation],
  );
  for (let bucket = 0; bucket < BUCKET_MICROS.length; bucket++) {
    const of = rows.filter((row) => row.bucket === bucket);
    const counted = of.reduce((sum, row) => sum + BigInt(row.entries), 0n);
    const difference = differs(`${entries} entries`, `${counted} entries`);
    if (difference !== null) return difference;
    for (const [code, { volume }] of currencies) {
      const found = of.find((row) => row.currency === code)?.volume ?? '0';
      if (found !== volume.toString())
        return differs(`${volume} of ${code} moved`, `${found} of ${code} moved, by buckets of kind ${bucket}`);
    }
  }
  return null;
}

export const ledgerActivity: LedgerProjection<ActivityChange> = {
  name: NAME,
  scope: 'ledger',
  carriesBalances: false,
  tables: ['ledger_activity'],
  project,
  apply,
  recompute,
  prove,
};
