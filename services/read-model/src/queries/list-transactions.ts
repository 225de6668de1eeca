import type { Queryable } from '@ledgerflow/platform/postgres';
import type { EventKey, Page, PageRequest, Seen, TransactionFilter, TransactionRow } from '../types.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, Conditions, rowsWanted, seen, toPage } from './seen.ts';
import { toTransaction, TRANSACTION_COLUMNS, type TransactionColumns } from './transaction-rows.ts';

const PROJECTIONS: readonly ProjectionName[] = ['transactions'];
const BY_ACCOUNT: readonly ProjectionName[] = ['transactions', 'account_statement', 'account_summary'];

/** What is compared row by row. */
function addFilter(where: Conditions, filter: TransactionFilter): void {
  if (filter.reference !== undefined) {
    const reference = where.value(filter.reference);
    where.add(`hashtextextended(t.reference, 0) = hashtextextended(${reference}, 0) and t.reference = ${reference}`);
  }
  if (filter.fromTime !== undefined) where.add(`t.recorded_at >= ${where.value(filter.fromTime)}`);
  if (filter.toTime !== undefined) where.add(`t.recorded_at <= ${where.value(filter.toTime)}`);
  if (filter.currency === undefined) return;
  const currency = where.value(filter.currency);
  const amount = `case when t.currency = ${currency} then t.amount else (t.other_amounts->>${currency})::numeric end`;
  if (filter.minAmount === undefined && filter.maxAmount === undefined) where.add(`${amount} is not null`);
  if (filter.minAmount !== undefined) where.add(`${amount} >= ${where.value(filter.minAmount)}`);
  if (filter.maxAmount !== undefined) where.add(`${amount} <= ${where.value(filter.maxAmount)}`);
}

/**
 * Where a walk by position begins and ends: after the page before, and between the positions of two times (one probe each), for in a ledger the order of times is the order
 * of positions.
 */
function bounds(where: Conditions, row: 's' | 't', filter: TransactionFilter, page: PageRequest<EventKey>): string {
  const upTo = (time: string): string =>
    `coalesce((select b.position from read.transactions b where b.generation = c.transactions and b.recorded_at <= ${time} order by b.recorded_at desc limit 1), 0)`;
  const parts = [`${row}.generation = c.${row === 's' ? 'account_statement' : 'transactions'}`];
  if (page.after !== null) parts.push(`${row}.position <= ${where.value(page.after.position)}::bigint`);
  if (filter.fromTime !== undefined) parts.push(`${row}.position >= ${upTo(where.value(filter.fromTime))}`);
  if (filter.toTime !== undefined) parts.push(`${row}.position <= ${upTo(where.value(filter.toTime))}`);
  return parts.join(' and ');
}

const accountNumber = (id: string): string =>
  `(select a.account from read.account_summary a where a.generation = c.account_summary and a.id = ${id})`;

/**
 * The rows to choose from, as `t`, and their order. `offset 0` keeps each step as it is written, whatever the statistics of a table that grew this minute say: a plan that
 * walks the ledger to spare a sort, or sorts an account's entries to spare a walk, would end at its first record.
 */
function source(where: Conditions, filter: TransactionFilter, page: PageRequest<EventKey>): { from: string; order: string } {
  const inOrder = 't.position desc, t.transaction_index desc';
  if (filter.externalId !== undefined) {
    // Few rows, by the hash; they are sorted afterwards.
    const id = where.value(filter.externalId);
    if (filter.account !== undefined)
      where.add(`(select true from read.account_statement s where s.generation = c.account_statement and s.account = ${accountNumber(where.value(filter.account))}
        and s.position = t.position and s.transaction_index = t.transaction_index and s.amount is not null order by s.event_index limit 1)`);
    return {
      from: `(select * from read.transactions t where t.generation = c.transactions
        and hashtextextended(t.external_id, 0) = hashtextextended(${id} collate "C", 0) and t.external_id = ${id} offset 0) t`,
      order: inOrder,
    };
  }
  if (filter.account === undefined) {
    where.add(bounds(where, 't', filter, page));
    return { from: 'read.transactions t', order: inOrder };
  }
  // An account may have several entries in one transaction: the first of them stands for all. Transactions follow each other in a record, so only the account's entry
  // before has to be looked at: one probe, though a record may have thousands of entries of one account.
  return {
    from: `(select s.generation, s.position, s.event_index, s.transaction_index from read.account_statement s
        where ${bounds(where, 's', filter, page)} and s.account = ${accountNumber(where.value(filter.account))} and s.amount is not null
          and (select o.transaction_index from read.account_statement o where o.generation = s.generation and o.account = s.account and o.position = s.position
            and o.event_index < s.event_index and o.amount is not null order by o.event_index desc limit 1) is distinct from s.transaction_index
        order by s.position desc, s.event_index desc offset 0) s
      join lateral (select * from read.transactions t
        where t.generation = c.transactions and t.position = s.position and t.transaction_index = s.transaction_index offset 0) t on true`,
    order: 's.position desc, s.event_index desc',
  };
}

/**
 * Transactions, newest first; the key is (position, index of the transaction in its record). An unknown account has none.
 * Indexes: transactions' primary key backwards, or (ledger, hash of reference); by account the primary key of account_statement, whose rows name the transactions: rows come in
 * the order that is asked for, so a page ends the walk. (ledger, hash of external id) for the few that have one. Amounts and currency are compared on the way.
 */
export async function listTransactions(
  db: Queryable,
  ledger: string,
  filter: TransactionFilter,
  page: PageRequest<EventKey>,
): Promise<Seen<Page<TransactionRow, EventKey>> | null> {
  const where = new Conditions([ledger]);
  const { from, order } = source(where, filter, page);
  addFilter(where, filter);
  if (page.after !== null)
    where.add(
      `(t.position, t.transaction_index) < (${where.value(page.after.position)}::bigint, ${where.value(page.after.index)}::smallint)`,
    );
  const projections = filter.account === undefined ? PROJECTIONS : BY_ACCOUNT;
  const sql = `select ${CHECKPOINT_COLUMNS}, r.* from ${live('$1', projections, filter.account === undefined ? null : { account: where.value(filter.account) })}
    left join lateral (select true as found, ${TRANSACTION_COLUMNS} from ${from} where ${where.toString()}
      order by ${order} limit ${where.value(rowsWanted(page))}) r on true order by r.position desc, r.transaction_index desc`;
  const result = await seen<TransactionColumns>(db, sql, where.parameters);
  return (
    result && {
      checkpoint: result.checkpoint,
      projections,
      value: toPage(result.rows, page, toTransaction, ({ position, index }): EventKey => ({ position, index })),
    }
  );
}
