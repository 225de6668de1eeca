import { LedgerFlowError, LedgerFlowProblem } from '@ledgerflow/client';
import type { Draft, FieldPath, Kind, Leg, Terms } from './draft.ts';
import type { Refusal } from './slice.ts';

/** A refusal as it is kept, and as an error again. */
export const keptOf = ({ code, status, title, detail, field, requestId, parameters }: LedgerFlowProblem): Refusal => ({
  ...parameters,
  code,
  status,
  title,
  detail,
  ...(field === null ? {} : { field }),
  ...(requestId === null ? {} : { requestId }),
});
export const problemOf = (refusal: Refusal): LedgerFlowProblem =>
  new LedgerFlowProblem(refusal, { operation: '', attempts: 1, idempotencyKey: null, isOutcomeUnknown: false });

/** What an error means for the command that was sent: the ledger refused it, it may have been done, or nobody looked at it. */
export type Verdict = 'refused' | 'unknown' | 'untried';

/** The gateway says that the request itself is wrong: sent again as it is, it is so again. */
const WRONG = [400, 413];

/**
 * isDoubtful: an earlier attempt under the key may have been done. Then only the ledger's own word settles it: that this attempt was turned away at the door (signed out, too busy)
 * says nothing of the earlier one.
 */
export function judge(error: unknown, isDoubtful: boolean): Verdict {
  if (error instanceof LedgerFlowError && error.isOutcomeUnknown) return 'unknown';
  const problem = error instanceof LedgerFlowProblem ? error : null;
  if (problem?.isRefusal === true) return 'refused';
  if (isDoubtful) return 'unknown';
  return problem !== null && WRONG.includes(problem.status) ? 'refused' : 'untried';
}

const TERMS: readonly string[] = ['reference', 'description', 'externalId', 'effectiveAt', 'metadata'] satisfies (keyof Terms)[];
const LEG: readonly string[] = ['from', 'to', 'amount', 'currency'] satisfies (keyof Leg)[];

/** The field that a problem names, where this form has it. */
function named(field: string, kind: Kind): FieldPath | null {
  const posting = /^postings\.(\d+)\.(\w+)$/.exec(field);
  if (posting !== null && LEG.includes(posting[2] as string)) return `legs.${posting[1]}.${posting[2]}` as FieldPath;
  if (LEG.includes(field)) return `legs.0.${field as keyof Leg}`;
  if (field === 'account') return kind === 'withdrawal' ? 'legs.0.from' : 'legs.0.to';
  const [term = ''] = field.split('.');
  return TERMS.includes(term) ? `terms.${term as keyof Terms}` : null;
}

type Side = 'from' | 'to';

/** The field of the leg in which an account is, on this side first: the account itself, or the amount. */
function at(account: unknown, { legs }: Draft, first: Side, wanted: 'account' | 'amount'): FieldPath | null {
  for (const side of first === 'from' ? (['from', 'to'] as const) : (['to', 'from'] as const)) {
    const index = legs.findIndex((leg) => leg[side] === account);
    if (index >= 0) return `legs.${index}.${wanted === 'amount' ? 'amount' : side}`;
  }
  return null;
}

const legWith = ({ legs }: Draft, field: 'amount' | 'currency', value: unknown): FieldPath =>
  `legs.${Math.max(
    legs.findIndex((leg) => leg[field] === value),
    0,
  )}.${field}`;

/** Refusals of the ledger name no field, but what they are about. */
const ABOUT: Readonly<Record<string, (parameters: LedgerFlowProblem['parameters'], draft: Draft) => FieldPath | null>> = {
  insufficient_funds: ({ account }, draft) => at(account, draft, 'from', 'amount'),
  limit_exceeded: ({ account }, draft) => at(account, draft, 'to', 'amount'),
  balance_out_of_range: ({ account }, draft) => at(account, draft, 'to', 'amount'),
  account_not_found: ({ account }, draft) => at(account, draft, 'from', 'account'),
  account_frozen: ({ account }, draft) => at(account, draft, 'from', 'account'),
  account_closed: ({ account }, draft) => at(account, draft, 'from', 'account'),
  currency_mismatch: ({ account }, draft) => at(account, draft, 'from', 'account'),
  system_account: ({ account }, draft) => at(account, draft, 'from', 'account'),
  same_account: ({ account }, draft) => at(account, draft, 'to', 'account'),
  amount_too_precise: ({ amount }, draft) => legWith(draft, 'amount', amount),
  unknown_currency: ({ currency }, draft) => legWith(draft, 'currency', currency),
  external_id_exists: () => 'terms.externalId',
  effective_at_out_of_range: () => 'terms.effectiveAt',
};

/** Where in a draft a problem belongs; null: to all of it. */
export function fieldOf({ code, field, parameters }: LedgerFlowProblem, kind: Kind, draft: Draft): FieldPath | null {
  if (field !== null) return named(field, kind);
  return Object.hasOwn(ABOUT, code) ? (ABOUT[code]?.(parameters, draft) ?? null) : null;
}
