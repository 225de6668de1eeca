import type { AddCurrency } from '@ledgerflow/contracts/grpc';
import { decideCurrency } from '../currencies.ts';
import { refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { Draft } from '../draft.ts';

export const addCurrency: CommandDefinition<AddCurrency> = {
  decide(body, state, now) {
    const draft = new Draft(state);
    const reason = decideCurrency(draft, body);
    if (reason !== null) return refused(reason);
    return {
      kind: 'accepted',
      type: 'CurrencyAdded',
      effectiveAt: now,
      events: draft.events,
      transactions: [],
      details: [],
      profile: null,
    };
  },
  needs() {},
  fingerprint: (body) => [body.code, body.scale ?? null],
};
