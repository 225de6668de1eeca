import type { FreezeScope } from '@ledgerflow/contracts';
import type { FreezeAccount } from '@ledgerflow/contracts/grpc';
import { findChangeable } from '../accounts.ts';
import { BrokenPromiseError, refusal, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { normalVersion } from '../normal.ts';
import { termsOf } from '../state.ts';
import { acceptStatus } from '../status.ts';

function scopeOf(text: string): FreezeScope {
  if (text === '' || text === 'all') return 'all';
  if (text === 'debits') return 'debits';
  throw new BrokenPromiseError(`"${text}" is no freeze scope`);
}

/** Refuses debits and credits from now on, or debits only. Who wants another scope unfreezes first, so that both steps have their reason in the log. */
export const freezeAccount: CommandDefinition<FreezeAccount> = {
  decide(body, state, now) {
    const found = findChangeable(state, body.account, body.expectedVersion);
    if ('refusal' in found) return refused(found.refusal);
    const { account } = found;
    if (account.status === 'frozen')
      return refused(refusal('account_frozen', { account: body.account, scope: account.freezeScope ?? 'all' }));
    return acceptStatus(
      'AccountFrozen',
      account,
      { ...termsOf(account), status: 'frozen', freezeScope: scopeOf(body.scope) },
      body.reason,
      state,
      now,
    );
  },
  needs: (body, needs) => needs.account(body.account),
  fingerprint: (body) => [body.account, body.reason, scopeOf(body.scope), normalVersion(body.expectedVersion)],
};
