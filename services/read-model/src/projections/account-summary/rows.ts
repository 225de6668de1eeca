import type { AccountSnapshot, AccountStatus, AccountTerms, FreezeScope } from '@ledgerflow/contracts';
import type { AccountChange } from './project.ts';

/** What a batch needs of a row that is there: the digest's fields. */
export interface StoredAccount {
  generation: number;
  account: number;
  id: string;
  status: AccountStatus;
  freeze_scope: FreezeScope | null;
  min_balance: string | null;
  max_balance: string | null;
  posted: string;
  held: string;
  version: string;
}

const limit = (value: string | null): bigint | null => (value === null ? null : BigInt(value));

export function snapshotOf(row: StoredAccount): AccountSnapshot {
  return {
    account: row.id,
    version: BigInt(row.version),
    posted: BigInt(row.posted),
    held: BigInt(row.held),
    status: row.status,
    freezeScope: row.freeze_scope,
    minBalance: limit(row.min_balance),
    maxBalance: limit(row.max_balance),
  };
}

/** The row after a change. Throws when the change does not follow the row. */
export function advance(before: AccountSnapshot | null, change: AccountChange): AccountSnapshot {
  if (before === null && (change.opening === null || change.firstVersion !== 1n))
    throw new Error(`${change.account} changes before it is opened`);
  if (before !== null && before.account !== change.account)
    throw new Error(`account number ${change.accountNumber} is ${before.account}, not ${change.account}`);
  if (before !== null && change.firstVersion !== before.version + 1n) {
    throw new Error(`version ${change.firstVersion} of ${change.account} follows version ${before.version}`);
  }
  const { status, freezeScope, minBalance, maxBalance } = (change.terms ?? before) as AccountTerms | AccountSnapshot;
  return {
    account: change.account,
    version: change.version,
    posted: change.posted,
    held: change.held,
    status,
    freezeScope,
    minBalance,
    maxBalance,
  };
}
