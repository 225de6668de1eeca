import type { OpenLedger } from '@ledgerflow/contracts/grpc';
import { decideCurrency } from '../currencies.ts';
import { refusal, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { Draft } from '../draft.ts';

/** The first record of a ledger, position 1. The only command a ledger takes before it is open. */
export const openLedger: CommandDefinition<OpenLedger> = {
  decide(body, state, now, context) {
    if (state.isOpen) return refused(refusal('ledger_exists', { ledger: context.ledger }));
    const draft = new Draft(state);
    draft.events.push({ type: 'LedgerOpened', data: { id: context.ledger, uuid: context.uuid } });
    for (const currency of body.currencies) {
      const reason = decideCurrency(draft, currency);
      if (reason !== null) return refused(reason);
    }
    return { kind: 'accepted', type: 'LedgerOpened', effectiveAt: now, events: draft.events, transactions: [], details: [], profile: null };
  },
  needs() {},
  fingerprint: (body) => [body.currencies.map(({ code, scale }) => [code, scale ?? null])],
};
