import type { Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../statement.ts';
import type { Page, PageRequest } from '../types.ts';
import { microsOf, request, type Requests } from './requests.ts';
import { Conditions, rowsWanted, toPage } from './seen.ts';

export type RebuildState = 'waiting' | 'running' | 'cancelling' | 'cancelled' | 'swapped' | 'proven' | 'refused' | 'failed';

/** Records a second, at most, that a rebuild can be told to keep to. */
export const REBUILD_RATE_MAX = 1_000_000;

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
  /** While nobody works on it: the oldest of those that are worked on; a builder does one after the other. */
  waitsFor: string | null;
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

/** Nobody works on the rebuild `of` now. */
const isIdle = (of: string): string => `(${of}.worker is null or coalesce(${of}.lease_until, ${of}.worker_until) < clock_timestamp())`;

// Index of the rebuild that is waited for: rebuilds_active.
const COLUMNS = `r.id, r.projection, r.ledger, r.account, r.max_rate, r.prove_only, r.by_id_only, r.actor, r.state, ${microsOf('r.requested_at')} as requested_at, ${microsOf('r.started_at')} as started_at,
  ${microsOf('r.finished_at')} as finished_at, ${microsOf('r.updated_at')} as updated_at, r.parts_total, r.parts_done, r.records_total, r.records_done, r.rate, r.error, r.difference,
  case when r.finished_at is null and not r.by_id_only and ${isIdle('r')} then (
    select w.id from read.rebuilds w where w.finished_at is null and not ${isIdle('w')} order by w.requested_at limit 1) end as waits_for`;

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
  waits_for: string | null;
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
    waitsFor: row.waits_for,
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

/**
 * Why a rebuild is not begun. other_options: its id is that of one that was asked for otherwise. records_parked, ledger_diverged: the rows of one account can not be made anew in place while
 * records of accounts of its ledger are parked, or were discarded.
 */
export type RebuildRefusal = 'other_options' | 'ledger_not_found' | 'records_parked' | 'ledger_diverged';

const REFUSALS: ReadonlyMap<string, RebuildRefusal> = new Map([
  ['RB001', 'other_options'],
  ['RB002', 'ledger_not_found'],
  ['RB003', 'records_parked'],
  ['RB004', 'ledger_diverged'],
]);

/** The database refused to begin a rebuild; the message is for people. */
export class RebuildRefusedError extends Error {
  override name = 'RebuildRefusedError';
  readonly refusal: RebuildRefusal;
  constructor(refusal: RebuildRefusal, message: string, options: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}

/** One that is done by the process that asks for it. id: asked for again, it is the same rebuild. */
export interface RebuildWork {
  id: string;
  worker: string;
  isByIdOnly: boolean;
}

/** Asks for a rebuild, done by whichever builder is free unless `work` is told; answers its id, or null when one that touches the same rows is going on. Throws RebuildRefusedError. */
export async function askRebuild(
  db: Queryable,
  { projection, ledger, account, maxRate, isProveOnly, actor }: RebuildRequest,
  work: RebuildWork | null = null,
): Promise<string | null> {
  try {
    const { rows } = await db.query<{ id: string | null }>(
      'select read.request_rebuild($1, $2, $3, $4, $5, $6, $7, by_id_only => $8, prove_only => $9) as id',
      [projection, ledger, account, maxRate, actor, work?.id ?? null, work?.worker ?? null, work?.isByIdOnly ?? false, isProveOnly],
    );
    return rows[0]?.id ?? null;
  } catch (error) {
    const refusal = REFUSALS.get((error as { code?: string }).code ?? '');
    throw refusal === undefined ? error : new RebuildRefusedError(refusal, (error as Error).message, { cause: error });
  }
}

/** The same, for a session that otherwise only reads. */
export function requestRebuild(pool: Requests, asked: RebuildRequest): Promise<string | null> {
  return request(pool, (client) => askRebuild(client, asked));
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
