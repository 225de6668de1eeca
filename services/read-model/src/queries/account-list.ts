import type { AccountFilter, PageRequest } from '../types.ts';
import { IS_PARKED, PARKED_SINCE } from './account-rows.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, Conditions, rowsWanted } from './seen.ts';

export const ACCOUNT_LIST_PROJECTIONS: readonly ProjectionName[] = ['account_summary'];

/** Above every character an id may have, so `id < prefix || this` ends the range of ids that begin with the prefix. */
const AFTER_IDS = '~';

/** Of an account that has parked records the row says no more what its status or its name is. */
export const filtersWhatChanges = ({ status, q }: AccountFilter): boolean => status !== undefined || q !== undefined;

/**
 * The statement of a list of accounts in order of id, for columns of `a`; shared by the lists of accounts and of balances. withParked: also the accounts that have parked
 * records and of which only what may have changed since does not fit the filter.
 */
export function accountListSql(
  columns: string,
  ledger: string,
  filter: AccountFilter,
  page: PageRequest<string>,
  withParked = false,
): { sql: string; parameters: unknown[] } {
  const where = new Conditions([ledger]);
  where.add('a.generation = c.account_summary');
  if (page.after !== null) where.add(`a.id > ${where.value(page.after)}`);
  if (filter.prefix !== undefined) {
    where.add(`a.id >= ${where.value(filter.prefix)}`);
    where.add(`a.id < ${where.value(`${filter.prefix}${AFTER_IDS}`)}`);
  }
  if (!(filter.prefix ?? '').startsWith('@')) where.add(`left(a.id, 1) <> '@'`);
  if (filter.currency !== undefined) where.add(`a.currency = ${where.value(filter.currency)}`);
  if (filter.ownerId !== undefined) where.add(`a.owner_id = ${where.value(filter.ownerId)}`);
  const changing: string[] = [];
  if (filter.status !== undefined) {
    changing.push(`a.status = ${where.value(filter.status)}`);
    if (filter.status !== 'open') changing.push(`a.status <> 'open'`);
  }
  if (filter.q !== undefined) {
    // pg_c_utf8 folds the case of all letters; the database's own locale C would fold ASCII only.
    const q = `lower(${where.value(filter.q)}::text collate "pg_c_utf8")`;
    changing.push(`(strpos(lower(a.id collate "pg_c_utf8"), ${q}) > 0 or strpos(lower(a.name collate "pg_c_utf8"), ${q}) > 0)`);
  }
  if (changing.length > 0) {
    const fits = changing.join(' and ');
    where.add(withParked ? `((${fits}) or ${IS_PARKED})` : fits);
  }
  const limit = where.value(rowsWanted(page));
  const sql = `select ${CHECKPOINT_COLUMNS}, c.parked_accounts > 0 as has_parked, r.* from ${live('$1', ACCOUNT_LIST_PROJECTIONS, 'unopened')}
    left join lateral (select true as found, ${columns}, ${PARKED_SINCE} from read.account_summary a where ${where.toString()} order by a.id limit ${limit}) r on true order by r.id`;
  return { sql, parameters: where.parameters };
}
