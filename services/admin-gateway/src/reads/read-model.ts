import type { Queryable } from '@ledgerflow/platform/postgres';
import * as queries from '@ledgerflow/read-model';
import type {
  AccountFilter,
  AccountSearchFilter,
  ActivityFilter,
  ActivityKey,
  BalanceQuestion,
  DayFilter,
  EntryFilter,
  EventKey,
  PageRequest,
  PastBalanceQuestion,
  SearchKey,
  TransactionFilter,
} from '@ledgerflow/read-model';
import { Gathering } from './gather.ts';

/**
 * The read model's queries: the only way in which this service reads what the builder wrote. Those that may look at many rows to find few go to `scans`, a few connections
 * of their own, so that one caller who asks for them does not keep all others waiting.
 */
export function bindReadModel(db: Queryable, scans: Queryable = db) {
  const balances = new Gathering((questions: readonly BalanceQuestion[]) => queries.getBalances(db, questions));
  const recorded = new Gathering((questions: readonly PastBalanceQuestion[]) => queries.getBalancesAsOf(db, questions));
  const effective = new Gathering((questions: readonly PastBalanceQuestion[]) => queries.getBalancesAsOf(db, questions));
  // Apart from the others, because those that are all asked at the checkpoint cost fewer probes.
  const effectiveNow = new Gathering((questions: readonly PastBalanceQuestion[]) => queries.getBalancesAsOf(db, questions));
  return {
    appliedPosition: (ledger: string) => queries.appliedPosition(db, ledger),
    getLedger: (ledger: string) => queries.getLedger(db, ledger),
    listLedgers: (ids: readonly string[] | null, page: PageRequest<string>) => queries.listLedgers(db, ids, page),
    getAccount: (ledger: string, account: string) => queries.getAccount(db, ledger, account),
    getAccountAsOf: (ledger: string, account: string, position: bigint) => queries.getAccountAsOf(db, ledger, account, position),
    listAccounts: (ledger: string, filter: AccountFilter, page: PageRequest<string>) =>
      queries.listAccounts(filter.q === undefined ? db : scans, ledger, filter, page),
    searchAccounts: (ledger: string, text: string, filter: AccountSearchFilter, page: PageRequest<SearchKey>) =>
      queries.searchAccounts(scans, ledger, text, filter, page),
    dailyBalances: (ledger: string, account: string, filter: DayFilter, page: PageRequest<number>) =>
      queries.dailyBalances(db, ledger, account, filter, page),
    listActivity: (ledger: string, filter: ActivityFilter, page: PageRequest<ActivityKey>) =>
      queries.listActivity(db, ledger, filter, page),
    getBalance: (ledger: string, account: string) => balances.ask({ ledger, account }),
    getPastBalance: (question: PastBalanceQuestion) =>
      (question.effectiveAt === null ? recorded : question.place === null ? effectiveNow : effective).ask(question),
    listBalances: (ledger: string, prefix: string, page: PageRequest<string>) => queries.listBalances(db, ledger, prefix, page),
    listEntries: (ledger: string, account: string, filter: EntryFilter, page: PageRequest<EventKey>) =>
      queries.listEntries(db, ledger, account, filter, page),
    getTransaction: (ledger: string, id: string) => queries.getTransaction(db, ledger, id),
    listTransactions: (ledger: string, filter: TransactionFilter, page: PageRequest<EventKey>) =>
      queries.listTransactions(filter.currency === undefined ? db : scans, ledger, filter, page),
    trialBalance: (ledger: string) => queries.trialBalance(db, ledger),
    trialBalanceAsOf: (ledger: string, position: bigint) => queries.trialBalanceAsOf(scans, ledger, position),
  };
}

export type ReadModel = ReturnType<typeof bindReadModel>;
