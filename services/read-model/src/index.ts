/**
 * The query tables and their queries. The builder writes them, the gateway reads them; nobody else knows their SQL.
 * Every query takes a Queryable (the gateway's pool), is one statement, and answers with the checkpoint of the same snapshot.
 */
export type * from './types.ts';
export { READ_BY_KEY_SESSION_SETTINGS, READ_MIGRATIONS, READ_SCHEMAS, READ_SESSION_SETTINGS } from './schema.ts';
export { appliedPosition } from './queries/applied-position.ts';
export { getLedger, listLedgers } from './queries/ledgers.ts';
export { getAccount } from './queries/get-account.ts';
export { searchAccounts } from './queries/search-accounts.ts';
export { dailyBalances } from './queries/daily-balances.ts';
export { listActivity } from './queries/ledger-activity.ts';
export { listAccounts } from './queries/list-accounts.ts';
export { getAccountAsOf } from './queries/account-as-of.ts';
export { getBalances, type BalanceQuestion } from './queries/balance.ts';
export { getBalancesAsOf, type PastBalanceQuestion } from './queries/balance-as-of.ts';
export { listBalances } from './queries/list-balances.ts';
export { listEntries } from './queries/list-entries.ts';
export { getTransaction } from './queries/get-transaction.ts';
export { listTransactions } from './queries/list-transactions.ts';
export { trialBalance, trialBalanceAsOf } from './queries/trial-balance.ts';
export type { ProjectionName } from './queries/live.ts';
export {
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterKey,
  type DeadLetterRow,
  type DeadLetterState,
  getDeadLetter,
  listDeadLetters,
} from './queries/dead-letters.ts';
export { getRepair, type RepairCode, type RepairOutcome, type RepairRequest, type RepairRow, requestRepair } from './queries/repairs.ts';
export {
  cancelRebuild,
  getRebuild,
  listRebuildParts,
  listRebuilds,
  REBUILD_RATE_MAX,
  RebuildRefusedError,
  type RebuildKey,
  type RebuildPart,
  type RebuildRefusal,
  type RebuildRequest,
  type RebuildRow,
  type RebuildState,
  requestRebuild,
} from './queries/rebuilds.ts';
export {
  getLedgerNumber,
  listProjectionStates,
  PROJECTION_SCOPES,
  REPAIRED_IN_PLACE,
  type ProjectionKey,
  type ProjectionState,
} from './queries/projection-states.ts';
export type { Requests } from './queries/requests.ts';
export { RepairOutcomes, REPAIRED_CHANNEL, type RepairOutcomesOptions } from './waiter/repair-outcomes.ts';
export { AppliedPositions, APPLIED_CHANNEL, type AppliedPositionsOptions, type WaitOutcome } from './waiter/applied-positions.ts';
