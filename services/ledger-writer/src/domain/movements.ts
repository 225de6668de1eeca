import type { Micros, RecordType } from '@ledgerflow/contracts';
import type { Decision, DecisionContext, LedgerState } from './decision.ts';
import { refused } from './decision.ts';
import type { NeedsCollector } from './definition.ts';
import { Draft } from './draft.ts';
import type { Movement } from './postings.ts';
import { decideMovement } from './postings.ts';

/** A command that is one transaction. */
export function decideOne(type: RecordType, movement: Movement, state: LedgerState, now: Micros, context: DecisionContext): Decision {
  const draft = new Draft(state);
  const reason = decideMovement(draft, movement, now, context);
  return reason === null ? acceptMoney(type, draft, movement.terms?.effectiveAt ?? now) : refused(reason);
}

export function acceptMoney(type: RecordType, draft: Draft, effectiveAt: Micros): Decision {
  return {
    kind: 'accepted',
    type,
    effectiveAt,
    events: draft.events,
    transactions: draft.transactions,
    details: draft.details,
    profile: null,
  };
}

export function movementNeeds({ postings, expectedVersions, terms }: Omit<Movement, 'isWorldAllowed'>, needs: NeedsCollector): void {
  for (const { from, to } of postings) {
    needs.account(from);
    needs.account(to);
  }
  for (const { account } of expectedVersions) needs.account(account);
  needs.externalId(terms?.externalId);
}
