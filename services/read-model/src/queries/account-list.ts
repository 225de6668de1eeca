import { encoded } from '../projections/account-search/text.ts';
import type { AccountFilter, PageRequest } from '../types.ts';
import { IS_PARKED, PARKED_SINCE } from './account-rows.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, Conditions, rowsWanted } from './seen.ts';

export const ACCOUNT_LIST_PROJECTIONS: readonly ProjectionName[] = ['account_summary'];

/** Above every character an id may have, so `id < prefix || this` ends the range of ids that begin with the prefix. */
const AFTER_IDS = '~';

/** Where more accounts than these have a part, going through all in order of id finds a page sooner: of 1,000,000 both then take some 25 ms for 100. */
const PART_MATCHES_MAX = 2_500;

/** A pattern of `naming` (read.account_search) for a part of ids and names; null when it has no three letters or digits in a row, for trigrams are of those. */
function partPattern(part: string): string | null {
  const text = encoded(part);
  return /[a-z0-9]{3}/.test(text) ? `%${text.replace(/[\\%_]/g, '\\$&')}%` : null;
}

/**
 * Who may have the part, found by its trigrams: accounts of read.account_search, where that is as far as the answer; else, and where there are many, a null one, which says
 * that all are to be looked at. What is found is compared again, so that both ways give the same rows.
 */
const parts = (pattern: string): string => `part as materialized (
      select p as account from read.accounts_with_part((select p.generation from read.projections p where p.ledger = c.ledger and p.projection = 'account_search' and p.position >= c.position),
        ${pattern}, ${PART_MATCHES_MAX}) p)`;

/** Which ids belong to a page. */
function addIdConditions(where: Conditions, id: string, { prefix }: AccountFilter, page: PageRequest<string>): void {
  if (page.after !== null) where.add(`${id} > ${where.value(page.after)}`);
  if (prefix !== undefined) {
    where.add(`${id} >= ${where.value(prefix)}`);
    where.add(`${id} < ${where.value(`${prefix}${AFTER_IDS}`)}`);
  }
  if (!(prefix ?? '').startsWith('@')) where.add(`left(${id}, 1) <> '@'`);
}

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
  const unopened = new Conditions(where.parameters);
  where.add('a.generation = c.account_summary');
  addIdConditions(where, 'a.id', filter, page);
  addIdConditions(unopened, 'q.id', filter, page);
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
  const from = `select ${CHECKPOINT_COLUMNS}, c.parked_accounts > 0 as has_parked, r.* from ${live('$1', ACCOUNT_LIST_PROJECTIONS, { unopened: unopened.toString() })} left join lateral`;
  const inOrder = `from read.account_summary a where ${where.toString()}`;
  // What the search knows of an account that has parked records is not what it is called now.
  const pattern = withParked || filter.q === undefined || (filter.prefix ?? '').startsWith('@') ? null : partPattern(filter.q);
  if (pattern === null) {
    const sql = `${from} (select true as found, ${columns}, ${PARKED_SINCE} ${inOrder} order by a.id limit ${limit}) r on true order by r.id`;
    return { sql, parameters: where.parameters };
  }
  // The inner limit holds the planner to one probe of the primary key for each.
  const sql = `${from} (with ${parts(where.value(pattern))}
      select true as found, ${columns}, ${PARKED_SINCE} from (
        (select a.* ${inOrder} and exists (select from part where account is null) order by a.id limit ${limit})
        union all
        (select a.* from part cross join lateral (select * from read.account_summary o where o.generation = c.account_summary and o.account = part.account limit 1) a
          where ${where.toString()} and not exists (select from part where account is null) order by a.id limit ${limit})) a) r on true order by r.id`;
  return { sql, parameters: where.parameters };
}
