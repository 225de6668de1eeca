import type { Snapshot } from './connections.ts';

/** A record that somebody discarded: these projections lack it, for good or until they are rebuilt. */
export interface Divergence {
  position: number;
  projections: readonly string[];
  /** Numbers of the accounts whose part is missing; none: the projections lack all of it. */
  accounts: readonly number[];
  reason: string;
  actor: string;
}

interface Row extends Record<string, unknown> {
  position: string;
  projections: string[];
  accounts: number[];
  reason: string;
  actor: string;
}

/** Each was made by a person: there are few. */
export async function readDivergences(read: Snapshot, ledger: number): Promise<Divergence[]> {
  const rows = await read.client.query<Row>(
    'select position, projections, accounts, reason, actor from read.divergences where ledger = $1 order by position',
    [ledger],
  );
  return rows.map((row) => ({ ...row, position: Number(row.position) }));
}

const NO_POSITIONS: ReadonlySet<number> = new Set();

/** The positions that a projection lacks. */
export function lackedBy(divergences: readonly Divergence[], projection: string, wholeTo: number): ReadonlySet<number> {
  const lacked = divergences.filter(({ position, projections }) => position > wholeTo && projections.includes(projection));
  return lacked.length === 0 ? NO_POSITIONS : new Set(lacked.map(({ position }) => position));
}

/** The same of one account. */
export function lackedOf(divergences: readonly Divergence[], projection: string, wholeTo: number, account: number): ReadonlySet<number> {
  if (divergences.length === 0) return NO_POSITIONS;
  return lackedBy(
    divergences.filter(({ accounts }) => accounts.includes(account)),
    projection,
    wholeTo,
  );
}
