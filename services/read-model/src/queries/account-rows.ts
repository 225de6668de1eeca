import type { AccountStatus, FreezeScope } from '@ledgerflow/contracts';
import type { AccountRow, BalanceRow } from '../types.ts';
import { big, bigOrNull } from './seen.ts';

export const BALANCE_COLUMNS = 'a.id, a.currency, a.scale, a.posted, a.held, a.version';

/** In a list: what is parked of each account, looked for only when anything is. */
export const PARKED_SINCE =
  'case when c.parked_accounts > 0 then (select q.since from read.parked_accounts q where q.ledger = c.ledger and q.account = a.account) end as parked_since';

export const IS_PARKED = 'exists (select from read.parked_accounts q where q.ledger = c.ledger and q.account = a.account)';

/** Columns of an account as it is now; `a` is read.account_summary. */
export const ACCOUNT_COLUMNS = `a.id, a.account, a.currency, a.scale, a.owner_id, a.status, a.freeze_scope, a.min_balance, a.max_balance, a.posted, a.held,
  a.version, a.name, a.metadata, a.opened_at, a.updated_at`;

export interface BalanceColumns {
  id: string;
  currency: string;
  scale: number;
  posted: string;
  held: string;
  version: string;
  parked_since?: string | null;
}

export interface AccountColumns extends BalanceColumns {
  account: number;
  owner_id: string | null;
  status: AccountStatus;
  freeze_scope: FreezeScope | null;
  min_balance: string | null;
  max_balance: string | null;
  name: string | null;
  metadata: Record<string, unknown> | null;
  opened_at: string;
  updated_at: string;
}

export function toBalance(row: BalanceColumns): BalanceRow {
  return {
    account: row.id,
    currency: row.currency,
    scale: row.scale,
    posted: big(row.posted),
    held: big(row.held),
    version: big(row.version),
    ...(row.parked_since === undefined ? {} : { parkedSince: bigOrNull(row.parked_since) }),
  };
}

export function toAccount(row: AccountColumns): AccountRow {
  return {
    ...toBalance(row),
    accountNumber: row.account,
    ownerId: row.owner_id,
    status: row.status,
    freezeScope: row.freeze_scope,
    minBalance: bigOrNull(row.min_balance),
    maxBalance: bigOrNull(row.max_balance),
    name: row.name,
    metadata: row.metadata,
    openedAt: big(row.opened_at),
    updatedAt: big(row.updated_at),
  };
}
