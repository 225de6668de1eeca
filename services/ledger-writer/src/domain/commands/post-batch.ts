import type { PostBatch } from '@ledgerflow/contracts/grpc';
import { TRANSACTIONS_PER_BATCH_MAX } from '../bounds.ts';
import { BrokenPromiseError, refusal, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { Draft } from '../draft.ts';
import { acceptMoney, movementNeeds } from '../movements.ts';
import { decideMovement } from '../postings.ts';
import { movementOf, normalTransaction } from './post-transaction.ts';

/** Transactions decided one after the other, each on what the ones before left; the first refusal (its `index` says whose) refuses all. One record. */
export const postBatch: CommandDefinition<PostBatch> = {
  decide(body, state, now, context) {
    const { transactions } = body;
    if (transactions.length === 0) throw new BrokenPromiseError('a batch without transactions');
    if (transactions.length > TRANSACTIONS_PER_BATCH_MAX) {
      return refused(refusal('record_too_large', { transactions: String(transactions.length), max: String(TRANSACTIONS_PER_BATCH_MAX) }));
    }
    const draft = new Draft(state);
    for (let index = 0; index < transactions.length; index++) {
      const reason = decideMovement(draft, movementOf(transactions[index]!), now, context);
      if (reason !== null) return refused(refusal(reason.code, { ...reason.parameters, index: String(index) }));
    }
    return acceptMoney('BatchPosted', draft, now);
  },
  needs(body, needs) {
    for (const transaction of body.transactions) movementNeeds(transaction, needs);
  },
  fingerprint: (body) => body.transactions.map(normalTransaction),
};
