import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers } from '../columns.ts';
import { differs, type GenerationChanges, type LedgerProjection, type RowDifference, type Tally } from '../projection.ts';
import { rowDigest, sumPages, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
import { project, type LogTimeChange } from './project.ts';

/** Records in a row: a kilobyte, so that a probe reads a page and no more. */
const TIMES_MAX = 128;

const INSERT = statement(`insert into read.log_times (generation, recorded_at, position, times)
  select generation, recorded_at, position, times::bigint[] from unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[]) as t(generation, recorded_at, position, times)`);

interface Run {
  generation: number;
  position: bigint;
  times: bigint[];
}

const digest = ({ position, times }: { position: bigint | string; times: readonly (bigint | string)[] }): bigint =>
  rowDigest(['times', position.toString(), ...times.map(String)]);

async function apply(db: Queryable, batch: readonly GenerationChanges<LogTimeChange>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const runs: Run[] = [];
  for (const { generation, changes } of batch) {
    for (const { position, recordedAt } of changes) {
      const run = runs[runs.length - 1];
      const follows = run?.generation === generation && run.position + BigInt(run.times.length) === position;
      if (follows && run.times.length < TIMES_MAX) run.times.push(recordedAt);
      else runs.push({ generation, position, times: [recordedAt] });
    }
  }
  const inserted = run(db, INSERT, [
    numbers(runs.map((r) => r.generation)),
    numbers(runs.map((r) => r.times[0] as bigint)),
    numbers(runs.map((r) => r.position)),
    runs.map((r) => numbers(r.times)),
  ]);
  for (const one of runs) tallies.add(one.generation, 1, digest(one));
  await inserted;
  return tallies.byGeneration;
}

interface StoredRun {
  recorded_at: string;
  position: string;
  times: string[];
}

async function recompute(db: Queryable, generation: number): Promise<Tally> {
  return sumPages<StoredRun>(
    async (after, limit) => {
      const sql =
        'select recorded_at, position, times from read.log_times where generation = $1 and recorded_at > $2 order by recorded_at limit $3';
      return (await db.query<StoredRun>(sql, [generation, after?.recorded_at ?? '0', limit])).rows;
    },
    (row) => digest(row),
  );
}

/** A time for each record: as many, in sum the same, and none out of its place. */
async function prove(db: Queryable, generation: number, { position, times, firstRecordedAt }: Witness): Promise<RowDifference | null> {
  const { rows } = await db.query<{ records: string; times: string; ordered: boolean; first: string }>(
    `select coalesce(sum(cardinality(l.times)), 0) as records, coalesce(sum(t.total), 0) as times, coalesce(min(l.recorded_at), 0) as first,
       coalesce(bool_and(l.position = coalesce(l.next, 1) and l.times[1] = l.recorded_at and t.ascends), true) as ordered
     from (select *, lag(position + cardinality(times)) over (order by recorded_at) as next from read.log_times where generation = $1) l
     cross join lateral (select sum(time) as total, coalesce(bool_and(time > before), true) as ascends
       from (select time, lag(time, 1, 0::bigint) over (order by place) as before from unnest(l.times) with ordinality as u(time, place)) o) t`,
    [generation],
  );
  const stored = rows[0]!;
  const shown = (records: bigint | string, first: bigint | string, sum: bigint | string, ordered: boolean): string =>
    `${records} times from ${first}, in sum ${sum}, ${ordered ? 'in order' : 'out of order'}`;
  return differs(shown(position, firstRecordedAt, times, true), shown(stored.records, stored.first, stored.times, stored.ordered));
}

export const logTimes: LedgerProjection<LogTimeChange> = {
  name: 'log_times',
  carriesBalances: false,
  scope: 'ledger',
  tables: ['log_times'],
  project,
  apply,
  recompute,
  prove,
};
