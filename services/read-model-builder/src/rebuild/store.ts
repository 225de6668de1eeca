import { addDigest, digestToHex, type Micros, ZERO_HASH } from '@ledgerflow/contracts';
import type { Pool, Queryable } from '@ledgerflow/platform/postgres';
import { numbers, texts, type Projection, type Tally } from '@ledgerflow/read-model/projections';

/** How long nothing may be heard of a worker before another takes its rebuild. */
export const WORKER_TTL_MS = 30_000;
/** Told when a rebuild was asked for or changed; the payload is its id. */
export const REBUILDS_CHANNEL = 'rebuilds';

/** How a rebuild ends. proven: one that was only to prove. */
export type RebuildEnd = 'cancelled' | 'swapped' | 'proven' | 'refused' | 'failed';
export type RebuildState = 'waiting' | 'running' | 'cancelling' | RebuildEnd;

/** A rebuild as it was asked for. projection and ledger null: all; account: the repair of one account in place; isProveOnly: what is made is proven and dropped. */
export interface Rebuild {
  id: string;
  projection: string | null;
  ledger: string | null;
  account: string | null;
  maxRate: number | null;
  isProveOnly: boolean;
  /** The writer's epoch that it takes the ledger into; null: it goes on in the one that the read model is in. */
  epoch: number | null;
  state: RebuildState;
}

/** One generation that is being made, and how far it is. */
export interface Part extends Tally {
  rebuild: string;
  ledger: number;
  projection: string;
  generation: number;
  state: 'filling' | 'proven' | 'swapped' | 'dropped';
  position: bigint;
  recordedAt: Micros;
  recordHash: string;
}

/** Where a rebuilt generation first differs from what the log says. */
export interface Difference {
  projection: string;
  ledger: string;
  /** Of the record, where it can be told. */
  position: string | null;
  account: string | null;
  expected: string;
  found: string;
}

const COLUMNS = 'id, projection, ledger, account, max_rate, epoch, prove_only, state';

interface RebuildRow {
  id: string;
  projection: string | null;
  ledger: string | null;
  account: string | null;
  max_rate: number | null;
  prove_only: boolean;
  epoch: number | null;
  state: RebuildState;
}

const toRebuild = ({ max_rate: maxRate, prove_only: isProveOnly, ...row }: RebuildRow): Rebuild => ({ ...row, maxRate, isProveOnly });

/**
 * Until when a worker has a rebuild, so many ms from now. Of the kinds that builders of before version 7 of the schema do not know it is lease_until, and their worker_until never comes:
 * to those builders such a rebuild is always somebody's.
 */
const LEASED = '(by_id_only or prove_only)';
const lease = (ms: string): string => {
  const until = `clock_timestamp() + ${ms} * interval '1 millisecond'`;
  return `worker_until = case when ${LEASED} then 'infinity' else ${until} end, lease_until = case when ${LEASED} then ${until} end`;
};

/** Somebody else works on the rebuild now, or it has ended: whoever finds out stops at once. */
export class RebuildLostError extends Error {
  override name = 'RebuildLostError';
}

/**
 * Takes a rebuild that nobody works on, the oldest first, or that one of this id; null when there is none. One that is worked on only by who names its id is taken without it when it is
 * to be cancelled: then nobody has to come back for it.
 */
export async function claimRebuild(pool: Pool, worker: string, id: string | null = null): Promise<Rebuild | null> {
  const { rows } = await pool.query<RebuildRow>(
    `update read.rebuilds set worker = $1, ${lease('$2')}, started_at = coalesce(started_at, clock_timestamp()),
       state = case when state = 'cancelling' then state else 'running' end, updated_at = clock_timestamp()
     where id = (select id from read.rebuilds where finished_at is null and (id = $3 or ($3::uuid is null and (not by_id_only or state = 'cancelling')))
       and (worker is null or worker = $1 or coalesce(lease_until, worker_until) < clock_timestamp()) order by requested_at limit 1 for update skip locked)
     returning ${COLUMNS}`,
    [worker, WORKER_TTL_MS, id],
  );
  return rows[0] === undefined ? null : toRebuild(rows[0]);
}

/** Says that the worker lives. Throws RebuildLostError when the rebuild is no longer its own; answers whether it is to be cancelled. */
export async function heartbeat(pool: Pool, rebuild: string, worker: string): Promise<{ isCancelled: boolean }> {
  const { rows } = await pool.query<{ state: RebuildState }>(
    `update read.rebuilds set ${lease('$3')} where id = $1 and worker = $2 and finished_at is null returning state`,
    [rebuild, worker, WORKER_TTL_MS],
  );
  if (rows[0] === undefined) throw new RebuildLostError('somebody else works on this rebuild');
  return { isCancelled: rows[0].state === 'cancelling' };
}

/** Gives a rebuild back: whoever may take it goes on at once. */
export async function releaseRebuild(pool: Pool, rebuild: string, worker: string): Promise<void> {
  await pool.query(
    `with released as (
       update read.rebuilds set worker = case when ${LEASED} then '00000000-0000-0000-0000-000000000000'::uuid end, worker_until = case when ${LEASED} then 'infinity'::timestamptz end,
         lease_until = case when ${LEASED} then '-infinity'::timestamptz end, updated_at = clock_timestamp() where id = $1 and worker = $2 and finished_at is null returning id)
     select pg_notify('${REBUILDS_CHANNEL}', id::text) from released`,
    [rebuild, worker],
  );
}

export interface Progress {
  partsTotal: number;
  partsDone: number;
  recordsTotal: bigint;
  recordsDone: bigint;
  /** Records a second, lately; null when it is not known. */
  rate: number | null;
}

export async function writeProgress(pool: Pool, rebuild: string, worker: string, progress: Progress): Promise<void> {
  await pool.query(
    `update read.rebuilds set parts_total = $3, parts_done = $4, records_total = $5, records_done = $6, rate = $7, updated_at = clock_timestamp() where id = $1 and worker = $2`,
    [rebuild, worker, progress.partsTotal, progress.partsDone, `${progress.recordsTotal}`, `${progress.recordsDone}`, progress.rate],
  );
}

/** Of parts that are `dropped`: their rows are given to the cleaner. */
const RETIRED = `retired as (insert into read.retired_generations (projection, generation) select d.projection, d.generation from dropped d
       where not exists (select from read.projections l where l.projection = d.projection and l.generation = d.generation) on conflict do nothing)`;

/** Ends a rebuild; what it made and did not swap is given to the cleaner. */
export async function finishRebuild(
  pool: Pool,
  rebuild: string,
  worker: string,
  state: RebuildEnd,
  why: { error: string | null; difference: Difference | null } = { error: null, difference: null },
): Promise<void> {
  await pool.query(
    `with ended as (
       update read.rebuilds set state = $3, finished_at = clock_timestamp(), updated_at = clock_timestamp(), error = $4, difference = $5
       where id = $1 and worker = $2 and finished_at is null returning id),
     dropped as (
       update read.rebuild_parts p set state = 'dropped' from ended where p.rebuild = ended.id and p.state in ('filling', 'proven') returning p.projection, p.generation),
     ${RETIRED}
     select pg_notify('${REBUILDS_CHANNEL}', id::text) from ended`,
    [rebuild, worker, state, why.error, why.difference === null ? null : JSON.stringify(why.difference)],
  );
}

/**
 * Makes the parts of a rebuild that are not there yet: a generation for each projection of each ledger in its scope. One at which the read side has stopped is only taken into another epoch.
 * A ledger that has parts gets no more: those that it has have come some way together, and what a later version knows beyond them is filled from the log as every new projection.
 */
export async function openParts(pool: Pool, { id, ledger, epoch }: Rebuild, projections: readonly Projection[]): Promise<void> {
  await pool.query(
    `insert into read.rebuild_parts (rebuild, ledger, projection, generation)
     select $1, l.ledger, n.projection, l.generation
     from (select ledger, nextval('read.generations')::integer as generation from read.checkpoints c where position > 0 and (stopped_reason is null or $4) and ($2::text is null or id = $2)
       and not exists (select from read.rebuild_parts p where p.rebuild = $1 and p.ledger = c.ledger)) l
     cross join unnest($3::text[]) as n(projection) on conflict do nothing`,
    [id, ledger, projections.map(({ name }) => name), epoch !== null],
  );
}

interface PartRow {
  rebuild: string;
  ledger: number;
  projection: string;
  generation: number;
  state: Part['state'];
  position: string;
  recorded_at: string;
  record_hash: string;
  row_count: string;
  digest: string;
}

const PART_COLUMNS = `rebuild, ledger, projection, generation, state, position, recorded_at, encode(record_hash, 'hex') as record_hash, row_count, encode(digest, 'hex') as digest`;

const toPart = (row: PartRow): Part => ({
  rebuild: row.rebuild,
  ledger: row.ledger,
  projection: row.projection,
  generation: row.generation,
  state: row.state,
  position: BigInt(row.position),
  recordedAt: BigInt(row.recorded_at),
  recordHash: row.record_hash,
  rows: Number(row.row_count),
  digest: BigInt(`0x${row.digest}`),
});

/** The parts of one ledger. */
export async function readParts(db: Queryable, rebuild: string, ledger: number): Promise<Part[]> {
  const { rows } = await db.query<PartRow>(
    `select ${PART_COLUMNS} from read.rebuild_parts where rebuild = $1 and ledger = $2 order by projection`,
    [rebuild, ledger],
  );
  return rows.map(toPart);
}

/** The part of a rebuild that has one; null when it has more, or none. */
export async function readOnlyPart(db: Queryable, rebuild: string): Promise<Part | null> {
  const { rows } = await db.query<PartRow>(`select ${PART_COLUMNS} from read.rebuild_parts where rebuild = $1 limit 2`, [rebuild]);
  return rows.length === 1 ? toPart(rows[0] as PartRow) : null;
}

/** A ledger of a rebuild: where its log was applied to when it was looked at, how many parts it has, and the projections that are still to be made. */
export interface LedgerToRebuild {
  id: string;
  number: number;
  position: bigint;
  parts: number;
  left: string[];
}

/** A row a ledger, not a part: of 10,000 ledgers there are 90,000 parts. */
export async function readLedgersToRebuild(db: Queryable, rebuild: string): Promise<LedgerToRebuild[]> {
  const { rows } = await db.query<{ id: string; ledger: number; position: string; parts: number; projections: string[] | null }>(
    `select c.id, c.ledger, c.position, p.parts, p.projections from (
       select ledger, count(*)::int as parts, array_agg(projection order by projection) filter (where state in ('filling', 'proven')) as projections
       from read.rebuild_parts where rebuild = $1 group by ledger) p
     join read.checkpoints c on c.ledger = p.ledger order by c.ledger`,
    [rebuild],
  );
  return rows.map(({ id, ledger, position, parts, projections }) => ({
    id,
    number: ledger,
    position: BigInt(position),
    parts,
    left: projections ?? [],
  }));
}

/** The parts of one ledger, locked; throws RebuildLostError when the rebuild is another worker's by now. */
export async function lockParts(db: Queryable, rebuild: string, worker: string, ledger: number): Promise<Part[]> {
  const owned = await db.query('select 1 from read.rebuilds where id = $1 and worker = $2 and finished_at is null for share', [
    rebuild,
    worker,
  ]);
  if (owned.rows.length === 0) throw new RebuildLostError('somebody else works on this rebuild');
  const { rows } = await db.query<PartRow>(
    `select ${PART_COLUMNS} from read.rebuild_parts where rebuild = $1 and ledger = $2 order by projection for update`,
    [rebuild, ledger],
  );
  return rows.map(toPart);
}

export interface PartMove {
  part: Part;
  position: bigint;
  recordedAt: Micros;
  recordHash: string;
  gain: Tally | undefined;
}

/** The part as it is after a move. */
export const moved = ({ part, position, recordedAt, recordHash, gain }: PartMove): Part => ({
  ...part,
  position,
  recordedAt,
  recordHash,
  rows: part.rows + (gain?.rows ?? 0),
  digest: addDigest(part.digest, gain?.digest ?? 0n),
});

export async function moveParts(db: Queryable, moves: readonly PartMove[]): Promise<void> {
  const parts = moves.map(moved);
  await db.query(
    `update read.rebuild_parts p set position = m.position, recorded_at = m.recorded_at, record_hash = decode(m.record_hash, 'hex'), row_count = m.row_count,
       digest = decode(m.digest, 'hex')
     from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[])
       as m(rebuild, ledger, projection, position, recorded_at, record_hash, row_count, digest)
     where p.rebuild = m.rebuild and p.ledger = m.ledger and p.projection = m.projection`,
    [
      texts(parts.map((p) => p.rebuild)),
      numbers(parts.map((p) => p.ledger)),
      texts(parts.map((p) => p.projection)),
      numbers(parts.map((p) => p.position)),
      numbers(parts.map((p) => p.recordedAt)),
      texts(parts.map((p) => p.recordHash)),
      numbers(parts.map((p) => p.rows)),
      texts(parts.map((p) => digestToHex(p.digest))),
    ],
  );
}

/** Throws RebuildLostError when the parts are no longer this worker's to prove. */
export async function markProven(db: Queryable, worker: string, parts: readonly Part[]): Promise<void> {
  const { rows } = await db.query(
    `update read.rebuild_parts p set state = 'proven', proven_at = p.position
     where p.rebuild = $1 and p.ledger = $2 and p.projection = any($3) and p.state in ('filling', 'proven')
       and exists (select from read.rebuilds r where r.id = $1 and r.worker = $4 and r.finished_at is null) returning p.projection`,
    [parts[0]?.rebuild, parts[0]?.ledger, parts.map(({ projection }) => projection), worker],
  );
  if (rows.length !== parts.length) throw new RebuildLostError('somebody else works on this rebuild');
}

/** Drops the proven parts of a ledger. Throws RebuildLostError when they are no longer this worker's. */
export async function dropProven(pool: Pool, rebuild: string, worker: string, ledger: number): Promise<void> {
  const { rows } = await pool.query(
    `with owned as (select id from read.rebuilds where id = $1 and worker = $2 and finished_at is null for share),
     dropped as (
       update read.rebuild_parts p set state = 'dropped' from owned where p.rebuild = owned.id and p.ledger = $3 and p.state = 'proven' returning p.projection, p.generation),
     ${RETIRED}
     select id from owned`,
    [rebuild, worker, ledger],
  );
  if (rows.length === 0) throw new RebuildLostError('somebody else works on this rebuild');
}

/** A part that begins anew. */
export const startOf = (part: Part): Part => ({ ...part, position: 0n, recordedAt: 0n, recordHash: ZERO_HASH, rows: 0, digest: 0n });
