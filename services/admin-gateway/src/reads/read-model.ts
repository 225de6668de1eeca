import type { Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import * as queries from '@ledgerflow/read-model';
import type { AccountFilter, EntryFilter, EventKey, PageRequest, TransactionFilter } from '@ledgerflow/read-model';

/**
 * The read model's queries: the only way in which this service reads what the builder wrote. Those that may look at many rows to find few go to `scans`, a few connections
 * of their own, so that one caller who asks for them does not keep all others waiting.
 */
export function bindReadModel(db: Queryable, scans: Queryable = db) {
  return {
    appliedPosition: (ledger: string) => queries.appliedPosition(db, ledger),
    getLedger: (ledger: string) => queries.getLedger(db, ledger),
    listLedgers: (ids: readonly string[] | null, page: PageRequest<string>) => queries.listLedgers(db, ids, page),
    getAccount: (ledger: string, account: string) => queries.getAccount(db, ledger, account),
    getAccountAsOf: (ledger: string, account: string, position: bigint) => queries.getAccountAsOf(db, ledger, account, position),
    listAccounts: (ledger: string, filter: AccountFilter, page: PageRequest<string>) =>
      queries.listAccounts(filter.q === undefined ? db : scans, ledger, filter, page),
    getBalance: (ledger: string, account: string) => queries.getBalance(db, ledger, account),
    getBalanceAsOf: (ledger: string, account: string, at: { position: bigint; effectiveAt?: Micros | null }) =>
      queries.getBalanceAsOf(db, ledger, account, at),
    listBalances: (ledger: string, prefix: string, page: PageRequest<string>) => queries.listBalances(db, ledger, prefix, page),
    listEntries: (ledger: string, account: string, filter: EntryFilter, page: PageRequest<EventKey>) =>
      queries.listEntries(db, ledger, account, filter, page),
    getTransaction: (ledger: string, id: string) => queries.getTransaction(db, ledger, id),
    listTransactions: (ledger: string, filter: TransactionFilter, page: PageRequest<EventKey>) =>
      queries.listTransactions(filter.minAmount === undefined && filter.maxAmount === undefined ? db : scans, ledger, filter, page),
    trialBalance: (ledger: string) => queries.trialBalance(scans, ledger),
    trialBalanceAsOf: (ledger: string, position: bigint) => queries.trialBalanceAsOf(scans, ledger, position),
  };
}

export type ReadModel = ReturnType<typeof bindReadModel>;
