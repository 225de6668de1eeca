import type { Queryable } from '@ledgerflow/platform/postgres';
import type { EventKey, Page, PageRequest, Seen, TransactionFilter, TransactionRow } from '../types.ts';
import { CHECKPOINT_COLUMNS, Conditions, rowsWanted, seen, toPage } from './seen.ts';
import { toTransaction, TRANSACTION_COLUMNS, type TransactionColumns } from './transaction-rows.ts';

function addFilter(where: Conditions, filter: TransactionFilter): void {
  if (filter.reference !== undefined) {
    const reference = where.value(filter.reference);
    where.add(`hashtextextended(t.reference, 0) = hashtextextended(${reference}, 0) and t.reference = ${reference}`);
  }
  if (filter.externalId !== undefined) {
    const id = where.value(filter.externalId);
    where.add(`hashtextextended(t.external_id, 0) = hashtextextended(${id} collate "C", 0) and t.external_id = ${id}`);
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
 * Transactions, newest first; the key is (position, index of the transaction in its record). An unknown account has none.
 * Indexes: transactions' primary key backwards, or (ledger, recorded_at), (ledger, hash of reference), (ledger, hash of external id); by account the primary key of
 * account_statement, whose rows name the transactions. Amounts and currency are compared on the way.
 */
export async function listTransactions(
  db: Queryable,
  ledger: string,
  filter: TransactionFilter,
  page: PageRequest<EventKey>,
): Promise<Seen<Page<TransactionRow, EventKey>> | null> {
  const where = new Conditions([ledger]);
  where.add('t.ledger = c.ledger');
  addFilter(where, filter);
  let source = 'read.transactions t';
  const key = page.after === null ? null : { position: where.value(page.after.position), index: where.value(page.after.index) };
  if (key !== null) where.add(`(t.position, t.transaction_index) < (${key.position}::bigint, ${key.index}::smallint)`);
  if (filter.account !== undefined) {
    const account = where.value(filter.account);
    source = `read.account_summary a join read.account_statement s on s.ledger = a.ledger and s.account = a.account
      join read.transactions t on t.ledger = s.ledger and t.position = s.position and t.transaction_index = s.transaction_index`;
    where.add(`a.ledger = c.ledger and a.id = ${account} and s.ledger = c.ledger and s.amount is not null`);
    if (key !== null) where.add(`s.position <= ${key.position}::bigint`);
    // An account may have several entries in one transaction: the first of them stands for all. Transactions follow each other in a record, so only the account's entry
    // before has to be looked at: one probe, though a record may have thousands of entries of one account.
    where.add(`(select o.transaction_index from read.account_statement o where o.ledger = s.ledger and o.account = s.account and o.position = s.position
      and o.event_index < s.event_index and o.amount is not null order by o.event_index desc limit 1) is distinct from s.transaction_index`);
  }
  const order = filter.account === undefined ? 't.position desc, t.transaction_index desc' : 's.position desc, s.event_index desc';
  const sql = `select ${CHECKPOINT_COLUMNS}, r.* from read.checkpoints c
    left join lateral (select true as found, ${TRANSACTION_COLUMNS} from ${source} where ${where.toString()}
      order by ${order} limit ${where.value(rowsWanted(page))}) r on true
    where c.id = $1 order by r.position desc, r.transaction_index desc`;
  const result = await seen<TransactionColumns>(db, sql, where.parameters);
  return (
    result && {
      checkpoint: result.checkpoint,
      value: toPage(result.rows, page, toTransaction, ({ position, index }): EventKey => ({ position, index })),
    }
  );
}
