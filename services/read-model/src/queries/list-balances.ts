import type { Queryable } from '@ledgerflow/platform/postgres';
import type { BalanceRow, Page, PageRequest, Seen } from '../types.ts';
import { ACCOUNT_LIST_PROJECTIONS, accountListSql } from './account-list.ts';
import { BALANCE_COLUMNS, toBalance, type BalanceColumns } from './account-rows.ts';
import { seen, toPage } from './seen.ts';

/** Balances of the accounts whose id begins with the prefix, in order of id; the key is the id. Index: account_summary (ledger, id). */
export async function listBalances(
  db: Queryable,
  ledger: string,
  prefix: string,
  page: PageRequest<string>,
): Promise<Seen<Page<BalanceRow, string>> | null> {
  const { sql, parameters } = accountListSql(BALANCE_COLUMNS, ledger, { prefix }, page);
  const result = await seen<BalanceColumns>(db, sql, parameters);
  return (
    result && {
      checkpoint: result.checkpoint,
      projections: ACCOUNT_LIST_PROJECTIONS,
      value: toPage(result.rows, page, toBalance, (row) => row.account),
    }
  );
}
