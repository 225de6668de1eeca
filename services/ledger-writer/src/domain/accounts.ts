import type { AccountTerms, Refusal } from '@ledgerflow/contracts';
import { isSystemAccount } from '@ledgerflow/contracts';
import type { LedgerState } from './decision.ts';
import { refusal } from './decision.ts';
import type { Account } from './state.ts';

/** Terms of a system account: nothing limits it. */
export const UNLIMITED: AccountTerms = { status: 'open', freezeScope: null, minBalance: null, maxBalance: null, ownerId: null };

export function versionMismatch(account: Account, expected: bigint): Refusal {
  return refusal('version_mismatch', { account: account.account, expected: expected.toString(), actual: account.version.toString() });
}

/** The account a client wants to change (not its money): not a system one, known, of the version the client saw, not closed. */
export function findChangeable(
  state: LedgerState,
  id: string,
  expectedVersion: bigint | undefined,
): { account: Account } | { refusal: Refusal } {
  if (isSystemAccount(id)) return { refusal: refusal('system_account', { account: id }) };
  const account = state.account(id);
  if (account === undefined) return { refusal: refusal('account_not_found', { account: id }) };
  if (expectedVersion !== undefined && account.version !== expectedVersion) return { refusal: versionMismatch(account, expectedVersion) };
  if (account.status === 'closed') return { refusal: refusal('account_closed', { account: id }) };
  return { account };
}
