import type { Transfer } from '@ledgerflow/contracts/grpc';
import type { CommandDefinition } from '../definition.ts';
import { decideOne, movementNeeds } from '../movements.ts';
import { normalPosting, normalTerms, normalVersions } from '../normal.ts';
import type { Movement } from '../postings.ts';

function movementOf(body: Transfer): Movement {
  return { postings: [body], terms: body.terms, expectedVersions: body.expectedVersions, isWorldAllowed: false };
}

/** One posting between two accounts of the ledger. */
export const transfer: CommandDefinition<Transfer> = {
  decide: (body, state, now, context) => decideOne('FundsTransferred', movementOf(body), state, now, context),
  needs: (body, needs) => movementNeeds(movementOf(body), needs),
  fingerprint: (body) => [normalPosting(body), normalTerms(body.terms), normalVersions(body.expectedVersions)],
};
