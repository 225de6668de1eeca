import type { Route } from '../contract/route.ts';
import { getBalance } from './accounts/balance.ts';
import { listBalances } from './accounts/balances.ts';
import { closeAccount } from './accounts/close.ts';
import { listDailyBalances } from './accounts/daily-balances.ts';
import { listEntries } from './accounts/entries.ts';
import { listAccountEvents } from './accounts/events.ts';
import { freezeAccount } from './accounts/freeze.ts';
import { getAccount } from './accounts/get.ts';
import { listAccounts } from './accounts/list.ts';
import { openAccount } from './accounts/open.ts';
import { searchAccounts } from './accounts/search.ts';
import { unfreezeAccount } from './accounts/unfreeze.ts';
import { updateAccount } from './accounts/update.ts';
import { exportAudit } from './admin/audit/export.ts';
import { listAudit } from './admin/audit/list.ts';
import { discardDeadLetter } from './admin/dlq/discard.ts';
import { getDeadLetter } from './admin/dlq/get.ts';
import { listDeadLetters } from './admin/dlq/list.ts';
import { getRepair } from './admin/dlq/repair.ts';
import { retryAllDeadLetters } from './admin/dlq/retry-all.ts';
import { retryDeadLetter } from './admin/dlq/retry.ts';
import { getHealth } from './admin/health.ts';
import { getOutbox } from './admin/outbox.ts';
import { listProjections } from './admin/projections.ts';
import { cancelRebuild } from './admin/rebuilds/cancel.ts';
import { createRebuild } from './admin/rebuilds/create.ts';
import { getRebuild } from './admin/rebuilds/get.ts';
import { listRebuilds } from './admin/rebuilds/list.ts';
import { createDeposit } from './deposits/create.ts';
import { listEvents } from './events/list.ts';
import { streamLedgerEvents } from './events/stream.ts';
import { listActivity } from './ledgers/activity.ts';
import { addCurrency } from './ledgers/add-currency.ts';
import { getLedger } from './ledgers/get.ts';
import { listLedgers } from './ledgers/list.ts';
import { openLedger } from './ledgers/open.ts';
import { getTrialBalance } from './ledgers/trial-balance.ts';
import { getMe } from './me/get.ts';
import { createTransactionBatch } from './transactions/batch.ts';
import { createTransaction } from './transactions/create.ts';
import { getTransaction } from './transactions/get.ts';
import { listTransactions } from './transactions/list.ts';
import { createTransfer } from './transfers/create.ts';
import { createWithdrawal } from './withdrawals/create.ts';

/** Every endpoint. The router tries them in this order, so the money routes stand first; of two that match one address the more special one comes before. */
export const ROUTES: readonly Route[] = [
  createTransfer,
  createDeposit,
  createWithdrawal,
  createTransactionBatch,
  createTransaction,
  getBalance,
  getAccount,
  listTransactions,
  getTransaction,
  listEntries,
  listAccountEvents,
  listAccounts,
  openAccount,
  updateAccount,
  freezeAccount,
  unfreezeAccount,
  closeAccount,
  listBalances,
  searchAccounts,
  listDailyBalances,
  listActivity,
  getTrialBalance,
  listEvents,
  streamLedgerEvents,
  addCurrency,
  getLedger,
  listLedgers,
  openLedger,
  getMe,
  getHealth,
  getOutbox,
  listProjections,
  listRebuilds,
  createRebuild,
  getRebuild,
  cancelRebuild,
  listDeadLetters,
  retryAllDeadLetters,
  getRepair,
  getDeadLetter,
  retryDeadLetter,
  discardDeadLetter,
  listAudit,
  exportAudit,
];
