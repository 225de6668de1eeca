import { accountSearch } from './account-search/apply.ts';
import { accountStatement } from './account-statement/apply.ts';
import { accountSummary } from './account-summary/apply.ts';
import { dailyBalances } from './daily-balances/apply.ts';
import { ledgerActivity } from './ledger-activity/apply.ts';
import { ledgers } from './ledgers/apply.ts';
import { logTimes } from './log-times/apply.ts';
import type { Projection } from './projection.ts';
import { transactions } from './transactions/apply.ts';
import { trialBalanceProjection } from './trial-balance/apply.ts';

/** Every projection. A new one is its folder, its migration and its line here. */
export const PROJECTIONS: readonly Projection[] = [
  ledgers,
  logTimes,
  accountStatement,
  transactions,
  trialBalanceProjection,
  accountSummary,
  dailyBalances,
  accountSearch,
  ledgerActivity,
];
