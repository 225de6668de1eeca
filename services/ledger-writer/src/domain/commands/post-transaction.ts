import type { PostTransaction } from '@ledgerflow/contracts/grpc';
import type { CommandDefinition, Normal } from '../definition.ts';
import { decideOne, movementNeeds } from '../movements.ts';
import { normalPosting, normalTerms, normalVersions } from '../normal.ts';
import type { Movement } from '../postings.ts';

export function movementOf(body: PostTransaction): Movement {
  return { postings: body.postings, terms: body.terms, expectedVersions: body.expectedVersions, isWorldAllowed: false };
}

export function normalTransaction(body: PostTransaction): readonly Normal[] {
  return [body.postings.map(normalPosting), normalTerms(body.terms), normalVersions(body.expectedVersions)];
}

/** Postings of any number of accounts and currencies, all or nothing. */
export const postTransaction: CommandDefinition<PostTransaction> = {
  decide: (body, state, now, context) => decideOne('TransactionPosted', movementOf(body), state, now, context),
  needs: (body, needs) => movementNeeds(body, needs),
  fingerprint: normalTransaction,
};
