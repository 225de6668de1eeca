import type { Lease } from './lease.ts';
import { select } from './sql.ts';
import type { Sql } from './sql.ts';

export interface Move {
  ledger: number;
  to: bigint;
}

// By primary key.
const READ = `select ledger, position from ledger.relay_cursors where ledger = any($1::int[])`;

/**
 * FOR SHARE on the slot's row is what fences: a take-over waits for this statement or this statement waits for the take-over and then finds another epoch. Without the
 * lock a relay could read the old epoch and move a cursor after its successor has read it. Positions only grow.
 */
const MOVE = `
  with mine as materialized (
    select slot from ledger.relay_slots where slot = $1 and holder = $2 and epoch = $3 for share
  ), moved as (
    insert into ledger.relay_cursors as c (ledger, slot, position, updated_at, published_at)
    select v.ledger, mine.slot, v.position, clock_timestamp(), clock_timestamp()
      from mine, unnest($4::int[], $5::bigint[]) as v(ledger, position)
    on conflict (ledger) do update
      set position = excluded.position, slot = excluded.slot, updated_at = excluded.updated_at, published_at = excluded.published_at
      where c.position < excluded.position
    returning 1
  )
  select (select count(*)::int from mine) as held, (select count(*)::int from moved) as moved`;

/** How far each ledger's log is known to be in Kafka. */
export class Cursors {
  private readonly sql: Sql;
  private readonly holder: string;

  constructor(sql: Sql, holder: string) {
    this.sql = sql;
    this.holder = holder;
  }

  /** 0 for a ledger that has none yet. */
  async read(ledgers: readonly number[]): Promise<Map<number, bigint>> {
    const rows = await select<{ ledger: number; position: string }>(this.sql, READ, [ledgers]);
    const cursors = new Map(ledgers.map((ledger) => [ledger, 0n]));
    for (const { ledger, position } of rows) cursors.set(ledger, BigInt(position));
    return cursors;
  }

  /** Moves the cursors if the slot is still ours under the lease's epoch; false (and nothing moved) otherwise. */
  async move(lease: Lease, moves: readonly Move[]): Promise<boolean> {
    const values = [lease.slot, this.holder, lease.epoch.toString(), moves.map((m) => m.ledger), moves.map((m) => m.to.toString())];
    const [row] = await select<{ held: number; moved: number }>(this.sql, MOVE, values);
    return row !== undefined && row.held === 1;
  }
}
