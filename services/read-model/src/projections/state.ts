import { addDigest, digestToHex } from '@ledgerflow/contracts';
import type { Pool, Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../statement.ts';
import { numbers, texts } from './columns.ts';
import type { Tally } from './projection.ts';
import { PROJECTIONS } from './registry.ts';

const READ = statement('select projection, ledger, position, row_count, digest from read.projection_state where ledger = any($1::int[])');
const WRITE = statement(`insert into read.projection_state (projection, ledger, position, row_count, digest)
  select projection, ledger, position, row_count, decode(digest, 'hex') from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::text[])
    as s(projection, ledger, position, row_count, digest)
  on conflict (ledger, projection) do update set position = excluded.position, row_count = excluded.row_count, digest = excluded.digest`);

interface Row {
  projection: string;
  ledger: number;
  position: string;
  row_count: string;
  digest: Buffer;
}

const NOTHING: Tally = { rows: 0, digest: 0n };

function tallyOf(row: Row): Tally {
  return { rows: Number(row.row_count), digest: BigInt(`0x${row.digest.toString('hex')}`) };
}

/** The tallies of some ledgers before a batch, by ledger and projection name. */
export async function readStates(db: Queryable, ledgers: readonly number[]): Promise<Map<string, Tally>> {
  const { rows } = await run<Row>(db, READ, [numbers(ledgers)]);
  return new Map(rows.map((row) => [`${row.ledger} ${row.projection}`, tallyOf(row)]));
}

/** Adds what a batch gained to the tallies and writes them with the new positions. */
export async function writeStates(
  db: Queryable,
  before: ReadonlyMap<string, Tally>,
  positions: ReadonlyMap<number, bigint>,
  gains: ReadonlyMap<string, ReadonlyMap<number, Tally>>,
): Promise<void> {
  const rows = PROJECTIONS.flatMap(({ name }) =>
    [...positions].map(([ledger, position]) => {
      const old = before.get(`${ledger} ${name}`) ?? NOTHING;
      const gain = gains.get(name)?.get(ledger) ?? NOTHING;
      return { name, ledger, position, rows: old.rows + gain.rows, digest: addDigest(old.digest, gain.digest) };
    }),
  );
  await run(db, WRITE, [
    texts(rows.map((r) => r.name)),
    numbers(rows.map((r) => r.ledger)),
    numbers(rows.map((r) => r.position)),
    numbers(rows.map((r) => r.rows)),
    texts(rows.map((r) => digestToHex(r.digest))),
  ]);
}

/** A projection's tally as it was kept batch by batch, and as its rows say now. They differ when somebody else changed rows. */
export interface ProjectionCheck {
  projection: string;
  position: bigint;
  kept: Tally;
  recomputed: Tally;
}

/** Reads all rows of a ledger in one snapshot and compares them with the kept digests. Costs as much as the ledger is long. */
export async function recomputeDigest(pool: Pool, ledger: number): Promise<ProjectionCheck[]> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows } = await run<Row>(client, READ, [numbers([ledger])]);
    const kept = new Map(rows.map((row) => [row.projection, row]));
    const checks: ProjectionCheck[] = [];
    for (const projection of PROJECTIONS) {
      const row = kept.get(projection.name);
      checks.push({
        projection: projection.name,
        position: BigInt(row?.position ?? 0),
        kept: row === undefined ? NOTHING : tallyOf(row),
        recomputed: await projection.recompute(client, ledger),
      });
    }
    await client.query('commit');
    client.release();
    return checks;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
