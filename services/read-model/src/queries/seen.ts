import type { Queryable } from '@ledgerflow/platform/postgres';
import type { Statement } from '../statement.ts';
import type { Checkpoint, CheckpointPlace, Page, PageRequest } from '../types.ts';

/** Columns of the ledger's place, for a statement whose `from` begins with `live(…)`. */
export const CHECKPOINT_COLUMNS = `c.id as c_id, c.ledger as c_ledger, c.uuid as c_uuid, c.slot as c_slot, c.epoch as c_epoch,
  c.position as c_position, c.recorded_at as c_recorded_at, c.stopped_reason as c_stopped_reason, c.applied_position as c_applied_position, c.parked_since as c_parked_since`;

export interface CheckpointColumns {
  c_id: string;
  c_ledger: number;
  c_uuid: string;
  c_slot: number;
  c_epoch: number;
  c_position: string;
  c_recorded_at: string;
  c_stopped_reason: string | null;
  c_applied_position: string;
  c_parked_since: string | null;
}

export function toCheckpoint(row: CheckpointColumns): Checkpoint {
  return {
    ledger: row.c_id,
    ledgerNumber: row.c_ledger,
    ledgerUuid: row.c_uuid,
    slot: row.c_slot,
    ...toPlace(row),
  };
}

/** The same for a statement that answers many questions: no more than the answers need, for each row has it. */
export const PLACE_COLUMNS =
  'c.epoch as c_epoch, c.position as c_position, c.recorded_at as c_recorded_at, c.stopped_reason as c_stopped_reason, c.applied_position as c_applied_position, c.parked_since as c_parked_since';

export type PlaceColumns = Pick<
  CheckpointColumns,
  'c_epoch' | 'c_position' | 'c_recorded_at' | 'c_stopped_reason' | 'c_applied_position' | 'c_parked_since'
>;

export function toPlace(row: PlaceColumns): CheckpointPlace {
  return {
    epoch: row.c_epoch,
    position: BigInt(row.c_position),
    recordedAt: BigInt(row.c_recorded_at),
    stoppedReason: row.c_stopped_reason,
    appliedPosition: BigInt(row.c_applied_position),
    parkedSince: bigOrNull(row.c_parked_since),
  };
}

/**
 * Runs one statement of the form `select CHECKPOINT_COLUMNS, … from live('$1', […]) left join lateral (select true as found, …) r on true`:
 * one statement is one snapshot, so the rows are exactly those of the position. `columns` are further ones that every row has. Null when the ledger is not known.
 */
export async function seen<R, C = object>(
  db: Queryable,
  sql: string | Statement,
  values: unknown[],
): Promise<{ checkpoint: Checkpoint; columns: C; rows: R[] } | null> {
  const query = typeof sql === 'string' ? { text: sql, values } : { ...sql, values };
  const { rows } = await db.query<CheckpointColumns & { found: boolean | null }>(query);
  const first = rows[0];
  if (first === undefined) return null;
  return {
    checkpoint: toCheckpoint(first),
    columns: first as unknown as C,
    rows: rows.filter((row) => row.found === true) as unknown as R[],
  };
}

export const LIMIT_MAX = 1000;

/** What a page's statement asks for: one row more, to know whether another page follows. */
export function rowsWanted(page: PageRequest<unknown>): number {
  return Math.min(Math.max(Math.trunc(page.limit), 1), LIMIT_MAX) + 1;
}

/** Cuts the extra row off again. */
export function toPage<R, T, K>(rows: R[], page: PageRequest<K>, map: (row: R) => T, key: (row: T) => K): Page<T, K> {
  const count = rowsWanted(page) - 1;
  const kept = rows.slice(0, count).map(map);
  const last = kept[kept.length - 1];
  return { rows: kept, next: rows.length > count && last !== undefined ? key(last) : null };
}

/** Conditions of a statement that are put together from what a filter has; values only ever travel as parameters. */
export class Conditions {
  readonly parameters: unknown[];
  private readonly parts: string[] = [];

  constructor(parameters: unknown[]) {
    this.parameters = parameters;
  }

  /** The placeholder of a value. */
  value(value: unknown): string {
    this.parameters.push(typeof value === 'bigint' ? value.toString() : value);
    return `$${this.parameters.length}`;
  }

  add(condition: string): void {
    this.parts.push(condition);
  }

  toString(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join(' and ');
  }
}

export function big(value: string): bigint {
  return BigInt(value);
}

export function bigOrNull(value: string | null): bigint | null {
  return value === null ? null : BigInt(value);
}
