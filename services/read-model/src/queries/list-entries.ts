import { EVENT_TYPE_CODES, type EventType } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { statement } from '../statement.ts';
import type { AccountEntries, EntryFilter, EntryRow, EventKey, PageRequest, Seen } from '../types.ts';
import { type Aside, live, type ProjectionName } from './live.ts';
import { big, bigOrNull, CHECKPOINT_COLUMNS, Conditions, rowsWanted, seen, toPage } from './seen.ts';

const PROJECTIONS: readonly ProjectionName[] = ['account_statement', 'account_summary'];
/** Only for where a walk begins and ends: which rows there are depends on account_statement alone. */
const TIMES: Aside = { projections: ['transactions'], time: null };

const EVENT_TYPES: ReadonlyMap<number, EventType> = new Map(
  Object.entries(EVENT_TYPE_CODES).map(([type, code]) => [code, type as EventType]),
);

interface Row {
  account_id: string;
  currency: string;
  scale: number;
  position: string | null;
  event_index: number;
  version: string;
  type: number;
  transaction_index: number | null;
  in_batch: boolean;
  amount: string | null;
  posted_after: string;
  held_after: string;
  recorded_at: string;
  effective_at: string;
}

function toEntry(row: Row & { position: string }): EntryRow {
  return {
    position: big(row.position),
    index: row.event_index,
    version: big(row.version),
    type: EVENT_TYPES.get(row.type) as EventType,
    transactionId: row.transaction_index === null ? null : row.in_batch ? `${row.position}-${row.transaction_index}` : row.position,
    amount: bigOrNull(row.amount),
    postedAfter: big(row.posted_after),
    heldAfter: big(row.held_after),
    recordedAt: big(row.recorded_at),
    effectiveAt: big(row.effective_at),
  };
}

/**
 * An account's entries in the order of the log; the key is (position, event index). Value null when the ledger has no such account.
 * Index: account_statement's primary key; a time bound becomes a position by one probe of transactions (ledger, recorded_at), for in a ledger the order of
 * times is the order of positions, and the rows of the last position are compared by time again. Times beyond what transactions knows, because it is held, end no walk.
 */
export async function listEntries(
  db: Queryable,
  ledger: string,
  account: string,
  filter: EntryFilter,
  page: PageRequest<EventKey>,
): Promise<Seen<AccountEntries | null> | null> {
  const where = new Conditions([ledger, account]);
  const order = filter.newestFirst === true ? 'desc' : 'asc';
  where.add('s.generation = c.account_statement and s.account = a.account');
  if (filter.allEvents !== true) where.add('s.amount is not null');
  if (filter.fromPosition !== undefined) where.add(`s.position >= ${where.value(filter.fromPosition)}`);
  if (filter.toPosition !== undefined) where.add(`s.position <= ${where.value(filter.toPosition)}`);
  // The probes give the last transaction up to a time, so what lies beyond it has a later time or is no entry: the second condition decides.
  const upTo = (time: string): string =>
    `coalesce((select t.position from read.transactions t where t.generation = c.transactions and t.recorded_at <= ${time} order by t.recorded_at desc limit 1), 0)`;
  if (filter.fromTime !== undefined) {
    const time = where.value(filter.fromTime);
    where.add(`s.recorded_at >= ${time}`);
    if (filter.allEvents !== true) where.add(`s.position >= ${upTo(time)}`);
  }
  if (filter.toTime !== undefined) {
    const time = where.value(filter.toTime);
    where.add(`s.recorded_at <= ${time}`);
    if (filter.allEvents !== true) where.add(`(${time} >= c.transactions_at or s.position <= ${upTo(time)})`);
  }
  if (page.after !== null) {
    const compare = order === 'asc' ? '>' : '<';
    where.add(
      `(s.position, s.event_index) ${compare} (${where.value(page.after.position)}::bigint, ${where.value(page.after.index)}::int)`,
    );
  }
  const usesTimes = filter.allEvents !== true && (filter.fromTime !== undefined || filter.toTime !== undefined);
  const sql = `select ${CHECKPOINT_COLUMNS}, a.id is not null as found, a.id as account_id, a.currency, a.scale, r.* from ${live('$1', PROJECTIONS, { account: '$2' }, usesTimes ? TIMES : null)}
    left join read.account_summary a on a.generation = c.account_summary and a.id = $2
    left join lateral (
      select s.position, s.event_index, s.version, s.type, s.transaction_index, s.in_batch, s.amount, s.posted_after, s.held_after, s.recorded_at, s.effective_at
      from read.account_statement s where ${where.toString()} order by s.position ${order}, s.event_index ${order} limit ${where.value(rowsWanted(page))}) r on true order by r.position ${order}, r.event_index ${order}`;
  // There are only as many texts as sets of bounds, so connections may keep them: of the 2 ms that a page of 100 took the database, reading its rows was 0.5, parsing and planning the rest.
  const result = await seen<Row>(db, statement(sql), where.parameters);
  if (result === null) return null;
  const first = result.rows[0];
  if (first === undefined) return { checkpoint: result.checkpoint, projections: PROJECTIONS, value: null };
  const rows = result.rows.filter((row): row is Row & { position: string } => row.position !== null);
  const entries = toPage(rows, page, toEntry, ({ position, index }): EventKey => ({ position, index }));
  return {
    checkpoint: result.checkpoint,
    projections: PROJECTIONS,
    value: { account: first.account_id, currency: first.currency, scale: first.scale, page: entries },
  };
}
