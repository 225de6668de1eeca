import { isSystemAccount, worldAccount } from '@ledgerflow/contracts';
import type { Withdraw } from '@ledgerflow/contracts/grpc';
import { refusal, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { decideOne, movementNeeds } from '../movements.ts';
import { normalAmount, normalTerms, normalVersion } from '../normal.ts';
import type { Movement } from '../postings.ts';
import { NO_EXPECTED_VERSIONS } from '../postings.ts';

function movementOf(body: Withdraw): Movement {
  const { account, amount, currency, terms, expectedVersion: version } = body;
  const expectedVersions = version === undefined ? NO_EXPECTED_VERSIONS : [{ account, version }];
  return { postings: [{ from: account, to: worldAccount(currency), amount, currency }], terms, expectedVersions, isWorldAllowed: true };
}

/** Money goes out: @world is paid. */
export const withdraw: CommandDefinition<Withdraw> = {
  decide(body, state, now, context) {
    // Asked here, because for the posting itself @world is a lawful side.
    if (isSystemAccount(body.account)) return refused(refusal('system_account', { account: body.account }));
    return decideOne('FundsWithdrawn', movementOf(body), state, now, context);
  },
  needs: (body, needs) => movementNeeds(movementOf(body), needs),
  fingerprint: (body) => [
    body.account,
    normalAmount(body.amount),
    body.currency,
    normalTerms(body.terms),
    normalVersion(body.expectedVersion),
  ],
};
