import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers } from '../columns.ts';
import type { LedgerChanges, Projection, Tally } from '../projection.ts';
import { rowDigest, sumPages, Tallies } from '../tallies.ts';
import { project, type LogTimeChange } from './project.ts';

/** Records in a row: a kilobyte, so that a probe reads a page and no more. */
const TIMES_MAX = 128;

const INSERT = statement(`insert into read.log_times (ledger, recorded_at, position, times)
  select ledger, recorded_at, position, times::bigint[] from unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[]) as t(ledger, recorded_at, position, times)`);

interface Run {
  ledger: number;
  position: bigint;
  times: bigint[];
}

const digest = ({ position, times }: { position: bigint | string; times: readonly (bigint | string)[] }): bigint =>
  rowDigest(['times', position.toString(), ...times.map(String)]);

async function apply(db: Queryable, batch: readonly LedgerChanges<LogTimeChange>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const runs: Run[] = [];
  for (const { ledger, changes } of batch) {
    for (let at = 0; at < changes.length; at += TIMES_MAX) {
      const records = changes.slice(at, at + TIMES_MAX);
      runs.push({ ledger, position: (records[0] as LogTimeChange).position, times: records.map(({ recordedAt }) => recordedAt) });
    }
  }
  const inserted = run(db, INSERT, [
    numbers(runs.map((r) => r.ledger)),
    numbers(runs.map((r) => r.times[0] as bigint)),
    numbers(runs.map((r) => r.position)),
    runs.map((r) => numbers(r.times)),
  ]);
  for (const one of runs) tallies.add(one.ledger, 1, digest(one));
  await inserted;
  return tallies.byLedger;
}

interface StoredRun {
  recorded_at: string;
  position: string;
  times: string[];
}

async function recompute(db: Queryable, ledger: number): Promise<Tally> {
  return sumPages<StoredRun>(
    async (after, limit) => {
      const sql =
        'select recorded_at, position, times from read.log_times where ledger = $1 and recorded_at > $2 order by recorded_at limit $3';
      return (await db.query<StoredRun>(sql, [ledger, after?.recorded_at ?? '0', limit])).rows;
    },
    (row) => digest(row),
  );
}

export const logTimes: Projection<LogTimeChange> = { name: 'log_times', project, apply, recompute };
