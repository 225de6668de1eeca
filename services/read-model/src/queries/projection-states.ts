import type { Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { PROJECTIONS } from '../projections/registry.ts';
import type { Page, PageRequest } from '../types.ts';
import { microsOf } from './requests.ts';
import type { RebuildState } from './rebuilds.ts';
import { rowsWanted, toPage } from './seen.ts';

/** Every projection's name and whether its rows are of single accounts or of a whole ledger. */
export const PROJECTION_SCOPES: ReadonlyMap<string, 'account' | 'ledger'> = new Map(PROJECTIONS.map(({ name, scope }) => [name, scope]));

/** Those of which the rows of one account can be made anew in place. */
export const REPAIRED_IN_PLACE: ReadonlySet<string> = new Set(
  PROJECTIONS.filter((projection) => projection.scope === 'account' && projection.repairsInPlace).map(({ name }) => name),
);

/** One projection of one ledger, as it is now. */
export interface ProjectionState {
  ledger: string;
  projection: string;
  scope: 'account' | 'ledger';
  epoch: number;
  /** How far the feed has come in this ledger. */
  appliedPosition: bigint;
  appliedRecordedAt: Micros;
  /** How far this projection is. */
  position: bigint;
  recordedAt: Micros;
  /** Null: the ledger does not have it yet. */
  generation: number | null;
  rows: bigint;
  heldReason: string | null;
  heldAt: Micros | null;
  stoppedReason: string | null;
  parkedAccounts: number;
  deadLetters: number;
  /** Records of the ledger that were discarded, and are not rebuilt since. */
  divergences: number;
  /** The rebuild that is working on it. */
  rebuild: { id: string; state: RebuildState } | null;
}

export interface ProjectionKey {
  ledger: string;
  projection: string;
}

interface Row {
  ledger: string;
  projection: string;
  epoch: number;
  applied_position: string;
  applied_recorded_at: string;
  position: string | null;
  recorded_at: string | null;
  generation: number | null;
  row_count: string | null;
  held_reason: string | null;
  held_at: string | null;
  stopped_reason: string | null;
  parked_accounts: number;
  dead_letters: number;
  divergences: number;
  rebuild: string | null;
  rebuild_state: RebuildState | null;
}

function toState(row: Row): ProjectionState {
  return {
    ledger: row.ledger,
    projection: row.projection,
    scope: PROJECTION_SCOPES.get(row.projection) ?? 'ledger',
    epoch: row.epoch,
    appliedPosition: BigInt(row.applied_position),
    appliedRecordedAt: BigInt(row.applied_recorded_at),
    position: BigInt(row.position ?? 0),
    recordedAt: BigInt(row.recorded_at ?? 0),
    generation: row.generation,
    rows: BigInt(row.row_count ?? 0),
    heldReason: row.held_reason,
    heldAt: row.held_at === null ? null : BigInt(row.held_at),
    stoppedReason: row.stopped_reason,
    parkedAccounts: row.parked_accounts,
    deadLetters: row.dead_letters,
    divergences: row.divergences,
    rebuild: row.rebuild === null || row.rebuild_state === null ? null : { id: row.rebuild, state: row.rebuild_state },
  };
}

// Each ledger has at least one row, so the ledgers of a page are cut first and only theirs are sorted. Indexes: checkpoints (id), projections and divergences by primary key, rebuilds_active.
const SQL = `select c.id as ledger, n.projection, c.epoch, c.position as applied_position, c.recorded_at as applied_recorded_at, p.position, p.recorded_at, p.generation, p.row_count,
    p.held_reason, ${microsOf('p.held_at')} as held_at, c.stopped_reason, c.parked_accounts, c.dead_letters, c.divergences, b.id as rebuild, b.state as rebuild_state
  from (select k.*, (select count(*)::int from read.divergences v where v.ledger = k.ledger) as divergences from read.checkpoints k where ($1::text is null or k.id = $1) and ($3::text is null or k.id >= $3) order by k.id limit $5) c
  cross join unnest($2::text[]) as n(projection)
  left join lateral (select * from read.projections s where s.ledger = c.ledger and s.projection = n.projection limit 1) p on true
  left join lateral (select r.id, r.state from read.rebuilds r where r.finished_at is null and (r.projection is null or r.projection = n.projection)
    and (r.ledger is null or r.ledger = c.id) order by r.requested_at limit 1) b on true
  where $3::text is null or (c.id, n.projection) > ($3, $4::text collate "C") order by c.id, n.projection collate "C" limit $5`;

/** Projections by ledger and name. ledger null: of all; projection null: every one. */
export async function listProjectionStates(
  db: Queryable,
  { ledger, projection }: { ledger: string | null; projection: string | null },
  page: PageRequest<ProjectionKey>,
): Promise<Page<ProjectionState, ProjectionKey>> {
  const names = projection === null ? [...PROJECTION_SCOPES.keys()] : [projection];
  const values = [ledger, names, page.after?.ledger ?? null, page.after?.projection ?? null, rowsWanted(page)];
  const { rows } = await db.query<Row>(SQL, values);
  return toPage(rows, page, toState, (row): ProjectionKey => ({ ledger: row.ledger, projection: row.projection }));
}

/** A ledger's number; null when the read side does not know it. Index: checkpoints (id). */
export async function getLedgerNumber(db: Queryable, ledger: string): Promise<number | null> {
  const { rows } = await db.query<{ ledger: number }>('select ledger from read.checkpoints where id = $1', [ledger]);
  return rows[0]?.ledger ?? null;
}
