import { PROJECTIONS } from '@ledgerflow/read-model/projections';
import type { Snapshot } from './connections.ts';
import type { Finding } from './differences.ts';
import type { Checkpoint } from './ledgers.ts';

/** The projections whose rows are held against the log. */
export const PROJECTION_NAMES = [
  'ledgers',
  'log_times',
  'account_statement',
  'transactions',
  'trial_balance',
  'account_summary',
  'daily_balances',
  'ledger_activity',
  'account_search',
] as const;
export type ProjectionName = (typeof PROJECTION_NAMES)[number];
export const isKnown = (projection: string): boolean => (PROJECTION_NAMES as readonly string[]).includes(projection);

/** Whose rows are read, and how far they are complete. */
export interface Place {
  generation: number;
  position: number;
  /** Up to here parked and discarded records are in it too: it was rebuilt from the log. */
  wholeTo: number;
}

/** A row of read.projections. */
export interface Live extends Place {
  projection: string;
  recordedAt: number;
  rows: string;
  digest: string;
  heldReason: string | null;
  /** Another ledger has the same generation live. */
  isShared: boolean;
  isRetired: boolean;
}

/** A projection that a ledger does not have yet. No generation has this number: the sequence begins at 1. */
export const NOWHERE: Place = { generation: 0, position: 0, wholeTo: 0 };

interface Row extends Record<string, unknown> {
  projection: string;
  generation: number;
  position: string;
  whole_to: string;
  recorded_at: string;
  row_count: string;
  digest: string;
  held_reason: string | null;
  is_shared: boolean;
  is_retired: boolean;
}

const LIVE = `select p.projection, p.generation, p.position, p.whole_to, p.recorded_at, p.row_count, encode(p.digest, 'hex') as digest, p.held_reason,
    exists (select from read.projections o where o.projection = p.projection and o.generation = p.generation and o.ledger <> p.ledger) as is_shared,
    exists (select from read.retired_generations r where r.projection = p.projection and r.generation = p.generation) as is_retired
  from read.projections p where p.ledger = $1 order by p.projection`;

/** The live projections of a ledger, also those that are not known here. */
export async function readLive(read: Snapshot, ledger: number): Promise<Live[]> {
  const rows = await read.client.query<Row>(LIVE, [ledger]);
  return rows.map((row) => ({
    projection: row.projection,
    generation: row.generation,
    position: Number(row.position),
    wholeTo: Number(row.whole_to),
    recordedAt: Number(row.recorded_at),
    rows: row.row_count,
    digest: row.digest,
    heldReason: row.held_reason,
    isShared: row.is_shared,
    isRetired: row.is_retired,
  }));
}

/** What must be true of a row of read.projections before anything is read by it; null when all is. */
function misplaced(live: Live, checkpoint: Checkpoint): Pick<Finding, 'check' | 'message'> | null {
  const what = `read.projections of ${live.projection}`;
  if (live.position > checkpoint.position)
    return { check: 'checkpoint', message: `${what} says position ${live.position}, beyond the checkpoint at ${checkpoint.position}` };
  if (live.wholeTo > live.position)
    return {
      check: 'read projections',
      message: `${what} says that it is whole up to position ${live.wholeTo}, beyond its position ${live.position}`,
    };
  if (live.isShared)
    return { check: 'read projections', message: `${what} says generation ${live.generation}, which is that of another ledger too` };
  if (live.isRetired)
    return {
      check: 'read projections',
      message: `${what} says generation ${live.generation}, which is retired: its rows are being deleted`,
    };
  return null;
}

/**
 * Whether the rows of read.projections lead anywhere. What is wrong here comes before all other differences of the ledger, which follow from it. Costs a probe a
 * projection.
 */
export async function checkLive(read: Snapshot, checkpoint: Checkpoint, projections: readonly Live[]): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const live of projections) {
    const difference = misplaced(live, checkpoint);
    if (difference !== null) found.push({ ...difference, position: null, account: null });
    else if (Number(live.rows) > 0 && !(await hasRows(read, live)))
      found.push({
        check: 'read projections',
        position: null,
        account: null,
        message: `read.projections of ${live.projection} says generation ${live.generation} with ${live.rows} rows; there are none of that generation`,
      });
  }
  return found;
}

async function hasRows(read: Snapshot, { projection, generation }: Live): Promise<boolean> {
  const tables = PROJECTIONS.find(({ name }) => name === projection)?.tables;
  // What is not known here is not read.
  if (tables === undefined) return true;
  for (const table of tables) {
    const [row] = await read.client.query(`select 1 as one from read.${table} where generation = $1 limit 1`, [generation]);
    if (row !== undefined) return true;
  }
  return false;
}
