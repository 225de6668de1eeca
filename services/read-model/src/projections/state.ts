import { addDigest, digestToHex, type Micros } from '@ledgerflow/contracts';
import type { Pool, Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../statement.ts';
import { numbers, texts } from './columns.ts';
import type { Tally } from './projection.ts';
import { PROJECTIONS } from './registry.ts';

/** The live generation of a projection of a ledger, and how far it is. */
export interface LiveProjection extends Tally {
  ledger: number;
  projection: string;
  generation: number;
  position: bigint;
  recordedAt: Micros;
  /** Every record up to here is in it whole, whatever is parked. */
  wholeTo: bigint;
  /** Why it does not go on with the checkpoint; null when it does. */
  heldReason: string | null;
}

/** A live projection after a batch: `gain` is what its rows gained. */
export interface ProjectionMove {
  live: LiveProjection;
  position: bigint;
  recordedAt: Micros;
  gain: Tally | undefined;
}

const COLUMNS = 'p.ledger, p.projection, p.generation, p.position, p.recorded_at, p.row_count, p.digest, p.whole_to, p.held_reason';

const READ = statement(`select ${COLUMNS} from read.projections p where p.ledger = any($1::int[])`);
const READ_BY_ID = statement(
  `select ${COLUMNS} from unnest($1::text[]) as k(id) join read.checkpoints c on c.id = k.id join read.projections p on p.ledger = c.ledger`,
);
const OPEN = statement(`insert into read.projections (ledger, projection, generation, position, recorded_at, row_count, digest)
  select l.ledger, n.projection, l.generation, 0, 0, 0, decode(repeat('0', 64), 'hex')
  from (select ledger, nextval('read.generations')::integer as generation from unnest($1::int[]) as l(ledger)) l cross join unnest($2::text[]) as n(projection)
  on conflict do nothing`);
const WRITE = statement(`update read.projections p
  set position = m.position, recorded_at = m.recorded_at, row_count = m.row_count, digest = decode(m.digest, 'hex')
  from unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])
    as m(ledger, projection, old_position, position, recorded_at, row_count, digest)
  where p.ledger = m.ledger and p.projection = m.projection and p.position = m.old_position returning p.ledger`);
const HOLD =
  statement(`update read.projections p set held_reason = h.reason, held_at = case when h.reason is not null then coalesce(p.held_at, clock_timestamp()) end
  from unnest($1::int[], $2::text[], $3::text[]) as h(ledger, projection, reason) where p.ledger = h.ledger and p.projection = h.projection`);

interface Row {
  projection: string;
  ledger: number;
  generation: number;
  position: string;
  recorded_at: string;
  row_count: string;
  digest: Buffer;
  whole_to: string;
  held_reason: string | null;
}

function toLive(row: Row): LiveProjection {
  return {
    ledger: row.ledger,
    projection: row.projection,
    generation: row.generation,
    position: BigInt(row.position),
    recordedAt: BigInt(row.recorded_at),
    rows: Number(row.row_count),
    digest: BigInt(`0x${row.digest.toString('hex')}`),
    wholeTo: BigInt(row.whole_to),
    heldReason: row.held_reason,
  };
}

/** Ledger number → projection name → its live row. */
export type LiveProjections = ReadonlyMap<number, ReadonlyMap<string, LiveProjection>>;

function byLedger(rows: readonly Row[]): LiveProjections {
  const ledgers = new Map<number, Map<string, LiveProjection>>();
  for (const row of rows) {
    let projections = ledgers.get(row.ledger);
    if (projections === undefined) ledgers.set(row.ledger, (projections = new Map()));
    projections.set(row.projection, toLive(row));
  }
  return ledgers;
}

/** The live rows of some ledgers. Primary key. Under the ledgers' checkpoint locks they do not change. */
export async function readProjections(db: Queryable, ledgers: readonly number[]): Promise<LiveProjections> {
  return byLedger((await run<Row>(db, READ, [numbers(ledgers)])).rows);
}

/** The same by the ledgers' text ids. */
export async function readProjectionsOf(db: Queryable, ledgerIds: readonly string[]): Promise<LiveProjections> {
  return byLedger((await run<Row>(db, READ_BY_ID, [ledgerIds])).rows);
}

/** Rows at position 0 for projections of these ledgers that have none; those of a ledger share the number of their new generation. */
export async function openProjections(db: Queryable, ledgers: readonly number[], projections: readonly string[]): Promise<void> {
  await run(db, OPEN, [numbers(ledgers), projections]);
}

/** Somebody else moved a projection although its checkpoint is locked: a broken promise, the transaction must not commit. */
export class ProjectionMovedError extends Error {
  override name = 'ProjectionMovedError';
}

/** Moves live projections; the caller holds their checkpoints' locks. */
export async function moveProjections(db: Queryable, moves: readonly ProjectionMove[]): Promise<void> {
  if (moves.length === 0) return;
  const { rows } = await run(db, WRITE, [
    numbers(moves.map((m) => m.live.ledger)),
    texts(moves.map((m) => m.live.projection)),
    numbers(moves.map((m) => m.live.position)),
    numbers(moves.map((m) => m.position)),
    numbers(moves.map((m) => m.recordedAt)),
    numbers(moves.map((m) => m.live.rows + (m.gain?.rows ?? 0))),
    texts(moves.map((m) => digestToHex(addDigest(m.live.digest, m.gain?.digest ?? 0n)))),
  ]);
  if (rows.length !== moves.length)
    throw new ProjectionMovedError(`${moves.length - rows.length} of ${moves.length} projections were moved by somebody else`);
}

/** Says why projections do not go on (reason null: they do again). */
export async function holdProjections(
  db: Queryable,
  holds: readonly { ledger: number; projection: string; reason: string | null }[],
): Promise<void> {
  if (holds.length === 0) return;
  await run(db, HOLD, [numbers(holds.map((h) => h.ledger)), texts(holds.map((h) => h.projection)), texts(holds.map((h) => h.reason))]);
}

/** A projection's tally as it was kept batch by batch, and as its rows say now. They differ when somebody else changed rows. */
export interface ProjectionCheck {
  projection: string;
  position: bigint;
  kept: Tally;
  recomputed: Tally;
}

const NOTHING: Tally = { rows: 0, digest: 0n };

/** Reads all rows of a ledger in one snapshot and compares them with the kept digests. Costs as much as the ledger is long. */
export async function recomputeDigest(pool: Pool, ledger: number): Promise<ProjectionCheck[]> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const live = (await readProjections(client, [ledger])).get(ledger);
    const names = live?.get('account_summary')?.generation ?? 0;
    const checks: ProjectionCheck[] = [];
    for (const projection of PROJECTIONS) {
      const kept = live?.get(projection.name);
      checks.push({
        projection: projection.name,
        position: kept?.position ?? 0n,
        kept: kept === undefined ? NOTHING : { rows: kept.rows, digest: kept.digest },
        recomputed: kept === undefined ? NOTHING : await projection.recompute(client, kept.generation, names),
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
