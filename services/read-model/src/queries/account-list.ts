import type { AccountFilter, PageRequest } from '../types.ts';
import { PARKED_SINCE } from './account-rows.ts';
import { live } from './live.ts';
import { CHECKPOINT_COLUMNS, Conditions, rowsWanted } from './seen.ts';

/** Above every character an id may have, so `id < prefix || this` ends the range of ids that begin with the prefix. */
const AFTER_IDS = '~';

/** The statement of a list of accounts in order of id, for columns of `a`; shared by the lists of accounts and of balances. */
export function accountListSql(
  columns: string,
  ledger: string,
  filter: AccountFilter,
  page: PageRequest<string>,
): { sql: string; parameters: unknown[] } {
  const where = new Conditions([ledger]);
  where.add('a.generation = c.account_summary');
  if (page.after !== null) where.add(`a.id > ${where.value(page.after)}`);
  if (filter.prefix !== undefined) {
    where.add(`a.id >= ${where.value(filter.prefix)}`);
    where.add(`a.id < ${where.value(`${filter.prefix}${AFTER_IDS}`)}`);
  }
  if (!(filter.prefix ?? '').startsWith('@')) where.add(`left(a.id, 1) <> '@'`);
  if (filter.status !== undefined) {
    where.add(`a.status = ${where.value(filter.status)}`);
    if (filter.status !== 'open') where.add(`a.status <> 'open'`);
  }
  if (filter.currency !== undefined) where.add(`a.currency = ${where.value(filter.currency)}`);
  if (filter.ownerId !== undefined) where.add(`a.owner_id = ${where.value(filter.ownerId)}`);
  if (filter.q !== undefined) {
    // pg_c_utf8 folds the case of all letters; the database's own locale C would fold ASCII only.
    const q = `lower(${where.value(filter.q)}::text collate "pg_c_utf8")`;
    where.add(`(strpos(lower(a.id collate "pg_c_utf8"), ${q}) > 0 or strpos(lower(a.name collate "pg_c_utf8"), ${q}) > 0)`);
  }
  const limit = where.value(rowsWanted(page));
  const sql = `select ${CHECKPOINT_COLUMNS}, r.* from ${live('$1', ['account_summary'], 'unopened')}
    left join lateral (select true as found, ${columns}, ${PARKED_SINCE} from read.account_summary a where ${where.toString()} order by a.id limit ${limit}) r on true order by r.id`;
  return { sql, parameters: where.parameters };
}
