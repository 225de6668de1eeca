import { isSystemAccount, worldAccount } from '@ledgerflow/contracts';
import type { Deposit } from '@ledgerflow/contracts/grpc';
import { refusal, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { decideOne, movementNeeds } from '../movements.ts';
import { normalAmount, normalTerms, normalVersion } from '../normal.ts';
import type { Movement } from '../postings.ts';
import { NO_EXPECTED_VERSIONS } from '../postings.ts';

function movementOf(body: Deposit): Movement {
  const { account, amount, currency, terms, expectedVersion: version } = body;
  const expectedVersions = version === undefined ? NO_EXPECTED_VERSIONS : [{ account, version }];
  return { postings: [{ from: worldAccount(currency), to: account, amount, currency }], terms, expectedVersions, isWorldAllowed: true };
}

/** Money comes in: @world pays. */
export const deposit: CommandDefinition<Deposit> = {
  decide(body, state, now, context) {
    // Asked here, because for the posting itself @world is a lawful side.
    if (isSystemAccount(body.account)) return refused(refusal('system_account', { account: body.account }));
    return decideOne('FundsDeposited', movementOf(body), state, now, context);
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
