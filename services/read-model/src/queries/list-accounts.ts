import type { Queryable } from '@ledgerflow/platform/postgres';
import type { AccountFilter, AccountRow, Page, PageRequest, Seen } from '../types.ts';
import { ACCOUNT_LIST_PROJECTIONS, accountListSql, filtersWhatChanges } from './account-list.ts';
import { ACCOUNT_COLUMNS, toAccount, type AccountColumns } from './account-rows.ts';
import { seen, toPage } from './seen.ts';

/**
 * Accounts in order of id; the key is the id. Indexes: account_summary (ledger, id), or the one of owner, currency or status when the filter names it;
 * `q` with three letters or digits in a row is found by its trigrams (account_search_naming) when few have it; else it is compared row by row on the way, which reads until
 * the page is full or the ledger ends (bounded by the session's statement_timeout). Accounts with parked records
 * (parkedSince) are listed also when their status or name does not fit: whoever knows what these are now decides.
 */
export async function listAccounts(
  db: Queryable,
  ledger: string,
  filter: AccountFilter,
  page: PageRequest<string>,
): Promise<Seen<Page<AccountRow, string>> | null> {
  const ask = async (withParked: boolean) => {
    const { sql, parameters } = accountListSql(ACCOUNT_COLUMNS, ledger, filter, page, withParked);
    return seen<AccountColumns, { has_parked: boolean }>(db, sql, parameters);
  };
  const first = await ask(false);
  // The second statement can use no index of the status, so it is not asked unless something is parked.
  const result = first?.columns.has_parked === true && filtersWhatChanges(filter) ? await ask(true) : first;
  return (
    result && {
      checkpoint: result.checkpoint,
      projections: ACCOUNT_LIST_PROJECTIONS,
      value: toPage(result.rows, page, toAccount, (row) => row.account),
    }
  );
}
