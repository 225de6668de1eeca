import type { Queryable } from '@ledgerflow/platform/postgres';
import { statement } from '../statement.ts';
import type { DailyBalanceRow, DailyBalances, DayFilter, PageRequest, Seen } from '../types.ts';
import { live, type ProjectionName } from './live.ts';
import { big, CHECKPOINT_COLUMNS, rowsWanted, seen, toPage } from './seen.ts';

const PROJECTIONS: readonly ProjectionName[] = ['daily_balances', 'account_summary'];

const DAY_MICROS = 86_400_000_000;

/** From the account's first day to that of the checkpoint, as far as it is asked for; for each day one probe of the primary key. */
const SQL = statement(`select ${CHECKPOINT_COLUMNS}, a.id is not null as found, a.id as account_id, a.currency, a.scale, r.*
  from ${live('$1', PROJECTIONS, { account: '$2' })}
  left join read.account_summary a on a.generation = c.account_summary and a.id = $2
  left join lateral (
    select g.day, b.day = g.day as is_moved, b.posted, b.held, b.version, b.position, b.entries, b.credits, b.debits
    from (select greatest(f.day, $3::int) as first, least((c.recorded_at / ${DAY_MICROS})::int, $4::int) as last from read.daily_balances f
      where f.generation = c.daily_balances and f.account = a.account order by f.day limit 1) k
    cross join lateral generate_series(k.first, least(k.last, k.first + $5 - 1)) g(day)
    cross join lateral (select * from read.daily_balances d where d.generation = c.daily_balances and d.account = a.account and d.day <= g.day order by d.day desc limit 1) b
  ) r on true order by r.day`);

interface Row {
  account_id: string;
  currency: string;
  scale: number;
  day: number | null;
  is_moved: boolean;
  posted: string;
  held: string;
  version: string;
  position: string;
  entries: string;
  credits: string;
  debits: string;
}

const toDay = (row: Row & { day: number }): DailyBalanceRow => ({
  day: row.day,
  posted: big(row.posted),
  held: big(row.held),
  version: big(row.version),
  position: big(row.position),
  entries: row.is_moved ? big(row.entries) : 0n,
  credits: row.is_moved ? big(row.credits) : 0n,
  debits: row.is_moved ? big(row.debits) : 0n,
});

/**
 * An account's closing balances by day, oldest first, without gaps, from its first day to that of the answer's position (whose balance is the one so far); the key is the day. Value
 * null when the ledger has no such account. Index: daily_balances's primary key, one probe a day.
 */
export async function dailyBalances(
  db: Queryable,
  ledger: string,
  account: string,
  filter: DayFilter,
  page: PageRequest<number>,
): Promise<Seen<DailyBalances | null> | null> {
  const from = page.after === null ? (filter.from ?? null) : page.after + 1;
  const result = await seen<Row>(db, SQL, [ledger, account, from, filter.to ?? null, rowsWanted(page)]);
  if (result === null) return null;
  const first = result.rows[0];
  if (first === undefined) return { checkpoint: result.checkpoint, projections: PROJECTIONS, value: null };
  const rows = result.rows.filter((row): row is Row & { day: number } => row.day !== null);
  return {
    checkpoint: result.checkpoint,
    projections: PROJECTIONS,
    value: { account: first.account_id, currency: first.currency, scale: first.scale, page: toPage(rows, page, toDay, ({ day }) => day) },
  };
}
