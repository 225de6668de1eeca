import type { Queryable } from '@ledgerflow/platform/postgres';
import type { LedgerRow, Page, PageRequest, Seen } from '../types.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, rowsWanted, seen, toCheckpoint, toPage, type CheckpointColumns } from './seen.ts';

const PROJECTIONS: readonly ProjectionName[] = ['ledgers'];

interface Row extends CheckpointColumns {
  id: string;
  uuid: string;
  opened_at: string;
  currencies: { code: string; scale: number }[];
}

const COLUMNS = `l.id is not null as found, l.id, l.uuid, l.opened_at,
  (select coalesce(json_agg(json_build_object('code', code, 'scale', scale) order by code), '[]') from read.currencies k where k.generation = c.ledgers) as currencies`;

function toLedger(row: Row): LedgerRow {
  return { id: row.id, uuid: row.uuid, openedAt: BigInt(row.opened_at), currencies: row.currencies };
}

/** One ledger with its currencies; value null when its first record is not applied, because it is parked. Indexes: checkpoints (id), ledgers and currencies by primary key. */
export async function getLedger(db: Queryable, ledger: string): Promise<Seen<LedgerRow | null> | null> {
  const sql = `select ${CHECKPOINT_COLUMNS}, ${COLUMNS} from ${live('$1', PROJECTIONS)} left join read.ledgers l on l.generation = c.ledgers`;
  const result = await seen<Row>(db, sql, [ledger]);
  if (result === null) return null;
  const row = result.rows[0];
  return { checkpoint: result.checkpoint, projections: PROJECTIONS, value: row === undefined ? null : toLedger(row) };
}

/**
 * Ledgers in order of id, each with its own checkpoint; `ids` null lists all, else only those (what the caller may see). The key is the id.
 * Index: checkpoints (id).
 */
export async function listLedgers(
  db: Queryable,
  ids: readonly string[] | null,
  page: PageRequest<string>,
): Promise<Page<Seen<LedgerRow>, string>> {
  const sql = `select ${CHECKPOINT_COLUMNS}, ${COLUMNS} from read.checkpoints o join lateral ${live('o.id', PROJECTIONS)} on true join read.ledgers l on l.generation = c.ledgers
    where ($1::text[] is null or o.id = any($1)) and ($2::text is null or o.id > $2) order by o.id limit $3`;
  const { rows } = await db.query<Row>(sql, [ids, page.after, rowsWanted(page)]);
  return toPage(
    rows,
    page,
    (row) => ({ checkpoint: toCheckpoint(row), projections: PROJECTIONS, value: toLedger(row) }),
    (seenLedger) => seenLedger.value.id,
  );
}
