import type { UnfreezeAccount } from '@ledgerflow/contracts/grpc';
import { findChangeable } from '../accounts.ts';
import { refusal, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { normalVersion } from '../normal.ts';
import { termsOf } from '../state.ts';
import { acceptStatus } from '../status.ts';

export const unfreezeAccount: CommandDefinition<UnfreezeAccount> = {
  decide(body, state, now) {
    const found = findChangeable(state, body.account, body.expectedVersion);
    if ('refusal' in found) return refused(found.refusal);
    const { account } = found;
    if (account.status !== 'frozen') return refused(refusal('account_not_frozen', { account: body.account }));
    return acceptStatus('AccountUnfrozen', account, { ...termsOf(account), status: 'open', freezeScope: null }, body.reason, state, now);
  },
  needs: (body, needs) => needs.account(body.account),
  fingerprint: (body) => [body.account, body.reason, normalVersion(body.expectedVersion)],
};
