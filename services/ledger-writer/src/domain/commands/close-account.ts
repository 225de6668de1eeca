import { formatMinor } from '@ledgerflow/contracts';
import type { CloseAccount } from '@ledgerflow/contracts/grpc';
import { findChangeable } from '../accounts.ts';
import { refusal, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { normalVersion } from '../normal.ts';
import { termsOf } from '../state.ts';
import { acceptStatus } from '../status.ts';

/** For good, and only when nothing is on the account. A frozen one may be closed. */
export const closeAccount: CommandDefinition<CloseAccount> = {
  decide(body, state, now) {
    const found = findChangeable(state, body.account, body.expectedVersion);
    if ('refusal' in found) return refused(found.refusal);
    const { account } = found;
    if (account.posted !== 0n || account.held !== 0n) {
      const scale = state.scale(account.currency) ?? 0;
      const [balance, held] = [formatMinor(account.posted, scale), formatMinor(account.held, scale)];
      return refused(refusal('account_not_empty', { account: body.account, balance, held }));
    }
    return acceptStatus('AccountClosed', account, { ...termsOf(account), status: 'closed', freezeScope: null }, body.reason, state, now);
  },
  needs: (body, needs) => needs.account(body.account),
  fingerprint: (body) => [body.account, body.reason, normalVersion(body.expectedVersion)],
};
