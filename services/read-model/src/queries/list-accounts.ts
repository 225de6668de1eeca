import type { Queryable } from '@ledgerflow/platform/postgres';
import type { AccountFilter, AccountRow, Page, PageRequest, Seen } from '../types.ts';
import { accountListSql } from './account-list.ts';
import { ACCOUNT_COLUMNS, toAccount, type AccountColumns } from './account-rows.ts';
import { seen, toPage } from './seen.ts';

/**
 * Accounts in order of id; the key is the id. Indexes: account_summary (ledger, id), or the one of owner, currency or status when the filter names it;
 * `q` is compared row by row on the way, so it reads until the page is full or the ledger ends (bounded by the session's statement_timeout).
 */
export async function listAccounts(
  db: Queryable,
  ledger: string,
  filter: AccountFilter,
  page: PageRequest<string>,
): Promise<Seen<Page<AccountRow, string>> | null> {
  const { sql, parameters } = accountListSql(ACCOUNT_COLUMNS, ledger, filter, page);
  const result = await seen<AccountColumns>(db, sql, parameters);
  return result && { checkpoint: result.checkpoint, value: toPage(result.rows, page, toAccount, (row) => row.account) };
}
