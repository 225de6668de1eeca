import type { Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../statement.ts';
import type { Page, PageRequest } from '../types.ts';
import { microsOf, request, type Requests } from './requests.ts';
import { Conditions, rowsWanted, toPage } from './seen.ts';

export type RebuildState = 'waiting' | 'running' | 'cancelling' | 'cancelled' | 'swapped' | 'proven' | 'refused' | 'failed';

export interface RebuildRequest {
  /** Null: all. */
  projection: string | null;
  /** Text id; null: all. */
  ledger: string | null;
  /** Text id: the repair of one account in place. */
  account: string | null;
  /** Records a second at most. */
  maxRate: number | null;
  /** What is made is proven and dropped; the live rows stay. Not of one account. */
  isProveOnly: boolean;
  actor: string;
}

export interface RebuildRow extends RebuildRequest {
  id: string;
  /** Only who names its id works on it: no builder takes it over. */
  isByIdOnly: boolean;
  state: RebuildState;
  requestedAt: Micros;
  startedAt: Micros | null;
  finishedAt: Micros | null;
  updatedAt: Micros;
  partsTotal: number;
  partsDone: number;
  recordsTotal: bigint;
  recordsDone: bigint;
  /** Records a second; null when it is not known. */
  rate: number | null;
  error: string | null;
  /** The first row that differs, when the proof refused what was built. */
  difference: unknown;
}

/** One generation that a rebuild fills. */
export interface RebuildPart {
  ledger: string | null;
  projection: string;
  generation: number;
  state: 'filling' | 'proven' | 'swapped' | 'dropped';
  position: bigint;
  rows: bigint;
  /** Of its rows, in hex. */
  digest: string;
}

export interface RebuildKey {
  requestedAt: Micros;
  id: string;
}

const PARTS_MAX = 100;

const COLUMNS = `r.id, r.projection, r.ledger, r.account, r.max_rate, r.prove_only, r.by_id_only, r.actor, r.state, ${microsOf('r.requested_at')} as requested_at, ${microsOf('r.started_at')} as started_at,
  ${microsOf('r.finished_at')} as finished_at, ${microsOf('r.updated_at')} as updated_at, r.parts_total, r.parts_done, r.records_total, r.records_done, r.rate, r.error, r.difference`;

interface Row {
  id: string;
  projection: string | null;
  ledger: string | null;
  account: string | null;
  max_rate: number | null;
  prove_only: boolean;
  by_id_only: boolean;
  actor: string;
  state: RebuildState;
  requested_at: string;
  started_at: string | null;
  finished_at: string | null;
  updated_at: string;
  parts_total: number;
  parts_done: number;
  records_total: string;
  records_done: string;
  rate: number | null;
  error: string | null;
  difference: unknown;
}

const micros = (value: string | null): Micros | null => (value === null ? null : BigInt(value));

function toRebuild(row: Row): RebuildRow {
  return {
    id: row.id,
    projection: row.projection,
    ledger: row.ledger,
    account: row.account,
    maxRate: row.max_rate,
    isProveOnly: row.prove_only,
    isByIdOnly: row.by_id_only,
    actor: row.actor,
    state: row.state,
    requestedAt: BigInt(row.requested_at),
    startedAt: micros(row.started_at),
    finishedAt: micros(row.finished_at),
    updatedAt: BigInt(row.updated_at),
    partsTotal: row.parts_total,
    partsDone: row.parts_done,
    recordsTotal: BigInt(row.records_total),
    recordsDone: BigInt(row.records_done),
    rate: row.rate,
    error: row.error,
    difference: row.difference,
  };
}

/** Asks for a rebuild; answers its id, or null when one that touches the same rows is going on. */
export async function requestRebuild(
  pool: Requests,
  { projection, ledger, account, maxRate, isProveOnly, actor }: RebuildRequest,
): Promise<string | null> {
  return request(pool, async (client) => {
    const { rows } = await client.query<{ id: string | null }>('select read.request_rebuild($1, $2, $3, $4, $5, prove_only => $6) as id', [
      projection,
      ledger,
      account,
      maxRate,
      actor,
      isProveOnly,
    ]);
    return rows[0]?.id ?? null;
  });
}

/** Asks for a rebuild's end; answers the state after it (that of one which has ended stays), null when there is none. */
export async function cancelRebuild(pool: Requests, id: string): Promise<RebuildState | null> {
  return request(pool, async (client) => {
    const { rows } = await client.query<{ state: RebuildState | null }>('select read.cancel_rebuild($1) as state', [id]);
    return rows[0]?.state ?? null;
  });
}

const GET = statement(`select ${COLUMNS} from read.rebuilds r where r.id = $1`);

export async function getRebuild(db: Queryable, id: string): Promise<RebuildRow | null> {
  const row = (await run<Row>(db, GET, [id])).rows[0];
  return row === undefined ? null : toRebuild(row);
}

const PARTS =
  statement(`select c.id as ledger, p.projection, p.generation, p.state, p.position, p.row_count, encode(p.digest, 'hex') as digest
  from read.rebuild_parts p left join read.checkpoints c on c.ledger = p.ledger where p.rebuild = $1 order by p.ledger, p.projection limit ${PARTS_MAX}`);

/** The first 100 generations that a rebuild fills. Primary key. */
export async function listRebuildParts(db: Queryable, id: string): Promise<RebuildPart[]> {
  const { rows } = await run<Omit<RebuildPart, 'position' | 'rows'> & { position: string; row_count: string }>(db, PARTS, [id]);
  return rows.map(({ ledger, projection, generation, state, position, row_count, digest }) => ({
    ledger,
    projection,
    generation,
    state,
    position: BigInt(position),
    rows: BigInt(row_count),
    digest,
  }));
}

/**
 * Rebuilds that concern a projection (null: any), newest first; `ledgers` null lists all, else only those of these ledgers. Index: rebuilds_requested_at, row by row: there are as many
 * as people have asked for.
 */
export async function listRebuilds(
  db: Queryable,
  projection: string | null,
  ledgers: readonly string[] | null,
  page: PageRequest<RebuildKey>,
): Promise<Page<RebuildRow, RebuildKey>> {
  const where = new Conditions([]);
  if (projection !== null) where.add(`(r.projection is null or r.projection = ${where.value(projection)})`);
  if (ledgers !== null) where.add(`r.ledger = any(${where.value(ledgers)}::text[])`);
  if (page.after !== null) {
    const at = `read.as_time(${where.value(page.after.requestedAt)}::bigint)`;
    where.add(`r.requested_at <= ${at} and (r.requested_at < ${at} or r.id > ${where.value(page.after.id)}::uuid)`);
  }
  const sql = `select ${COLUMNS} from read.rebuilds r where ${where.toString()} order by r.requested_at desc, r.id limit ${where.value(rowsWanted(page))}`;
  const { rows } = await db.query<Row>(sql, where.parameters);
  return toPage(rows, page, toRebuild, ({ requestedAt, id }): RebuildKey => ({ requestedAt, id }));
}
