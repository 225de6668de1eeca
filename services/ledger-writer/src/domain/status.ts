import type { AccountTerms, AccountTermsEventType, Details, Micros, RecordType } from '@ledgerflow/contracts';
import type { Decision, LedgerState } from './decision.ts';
import { Draft } from './draft.ts';
import type { Account } from './state.ts';

/** A change of an account's status is one event, with the reason kept apart as erasable text. */
export function acceptStatus(
  type: RecordType & AccountTermsEventType,
  account: Account,
  terms: AccountTerms,
  reason: string,
  state: LedgerState,
  now: Micros,
): Decision {
  const draft = new Draft(state);
  draft.change(type, account, terms);
  const details: { index: number; body: Details }[] = reason === '' ? [] : [{ index: 0, body: { reason } }];
  return { kind: 'accepted', type, effectiveAt: now, events: draft.events, transactions: [], details, profile: null };
}
