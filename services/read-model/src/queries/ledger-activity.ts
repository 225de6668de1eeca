import { RECORD_TYPE_CODES, type RecordType } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { bucketStart } from '../projections/ledger-activity/project.ts';
import type { ActivityBucket, ActivityFilter, ActivityKey, ActivityRow, Page, PageRequest, Seen } from '../types.ts';
import { live, type ProjectionName } from './live.ts';
import { big, CHECKPOINT_COLUMNS, Conditions, rowsWanted, seen, toPage } from './seen.ts';

const PROJECTIONS: readonly ProjectionName[] = ['ledger_activity', 'ledgers'];

const BUCKETS: Readonly<Record<ActivityBucket, number>> = { minute: 0, hour: 1, day: 2 };

const RECORD_TYPES: ReadonlyMap<number, RecordType> = new Map(
  Object.entries(RECORD_TYPE_CODES).map(([type, code]) => [code, type as RecordType]),
);

interface Row {
  starts_at: string;
  currency: string;
  scale: number;
  transactions: string;
  entries: string;
  volume: string;
  types: number[];
  counts: string[];
}

function toActivity(row: Row): ActivityRow {
  return {
    startsAt: big(row.starts_at),
    currency: row.currency,
    scale: row.scale,
    transactions: big(row.transactions),
    entries: big(row.entries),
    volume: big(row.volume),
    byType: row.types.map((type, i) => ({ type: RECORD_TYPES.get(type) as RecordType, transactions: big(row.counts[i] as string) })),
  };
}

/**
 * What happened in a ledger by minute, hour or day, oldest first, then by currency; buckets in which nothing moved are not there. The key is (begin, currency). Index: ledger_activity's primary key, which
 * gives the rows of a bucket together, so a page reads its own rows.
 */
export async function listActivity(
  db: Queryable,
  ledger: string,
  filter: ActivityFilter,
  page: PageRequest<ActivityKey>,
): Promise<Seen<Page<ActivityRow, ActivityKey>> | null> {
  const where = new Conditions([ledger]);
  const bucket = BUCKETS[filter.bucket];
  where.add(`v.generation = c.ledger_activity and v.bucket = ${where.value(bucket)}`);
  if (filter.from !== undefined) where.add(`v.starts_at >= ${where.value(bucketStart(filter.from, bucket))}`);
  if (filter.to !== undefined) where.add(`v.starts_at <= ${where.value(filter.to)}`);
  if (filter.currency !== undefined) where.add(`v.currency = ${where.value(filter.currency)}`);
  if (page.after !== null)
    where.add(`(v.starts_at, v.currency) > (${where.value(page.after.startsAt)}::bigint, ${where.value(page.after.currency)}::text)`);
  const sql = `select ${CHECKPOINT_COLUMNS}, r.*, (select k.scale from read.currencies k where k.generation = c.ledgers and k.code = r.currency) as scale
    from ${live('$1', PROJECTIONS)}
    left join lateral (
      select true as found, v.starts_at, v.currency, sum(v.transactions) as transactions, sum(v.entries) as entries, sum(v.volume) as volume,
        array_agg(v.type::int order by v.type) as types, array_agg(v.transactions::text order by v.type) as counts
      from read.ledger_activity v where ${where.toString()} group by v.starts_at, v.currency order by v.starts_at, v.currency limit ${where.value(rowsWanted(page))}) r on true
    order by r.starts_at, r.currency`;
  const result = await seen<Row>(db, sql, where.parameters);
  const key = ({ startsAt, currency }: ActivityRow): ActivityKey => ({ startsAt, currency });
  return result && { checkpoint: result.checkpoint, projections: PROJECTIONS, value: toPage(result.rows, page, toActivity, key) };
}
