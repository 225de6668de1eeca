import type { ProblemCode } from '@ledgerflow/contracts';
import type { RepairCode, RepairOutcome, RepairRequest } from '@ledgerflow/read-model';
import { Type } from 'typebox';
import { audited } from '../../../audit/audited.ts';
import type { AuditAction } from '../../../audit/store.ts';
import { API_BASE } from '../../../contract/registry.ts';
import type { Answer, Call } from '../../../contract/route.ts';
import { NullableText } from '../../../contract/schemas.ts';
import { Problem } from '../../../http/problem.ts';
import type { Services } from '../../../services.ts';

/** What came of a retry or a discard. */
export const RepairAnswer = Type.Object({
  id: Type.String(),
  state: Type.String({ description: 'running or finished' }),
  applied: Type.Integer({ description: 'Records that were applied, or discarded' }),
  left: Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: 'Of those asked for, how many are parked still; null while it runs',
  }),
  code: NullableText,
  detail: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Why it was not done; of a discard, which projections lack the record now',
  }),
});

const PROBLEM_OF: Readonly<Record<RepairCode, ProblemCode>> = {
  earlier_record_parked: 'earlier_record_parked',
  balance_depends: 'balance_depends',
  not_refused: 'not_refused',
  not_found: 'dead_letter_not_found',
  still_refused: 'still_refused',
  ledger_stopped: 'ledger_stopped',
};

/** A builder that is newer than this gateway may have codes of its own: these leave the record where it is. */
const problemOf = (code: string): ProblemCode => (PROBLEM_OF as Readonly<Record<string, ProblemCode>>)[code] ?? 'still_refused';

/** A repair as it is shown: what came of it, or that it goes on. */
export function renderRepair(id: string, outcome: RepairOutcome | null): Record<string, unknown> {
  if (outcome === null) return { id, state: 'running', applied: 0, left: null, code: null, detail: null };
  const { applied, left, code, detail } = outcome;
  return { id, state: 'finished', applied, left, code: code === null ? null : problemOf(code), detail };
}

/**
 * Asks a builder for a repair, with the audit around it: 200 with what was done, 202 with a Location when it takes longer than an answer waits. Throws the Problem that says why it was not done.
 */
export function repair(
  call: Call,
  services: Services,
  action: Pick<AuditAction, 'action' | 'ledger' | 'target' | 'parameters'>,
  request: Omit<RepairRequest, 'actor'>,
): Promise<Answer> {
  return audited(call, services, action, async () => {
    const { id, outcome } = await services.repairs.run({ ...request, actor: call.principal.id });
    if (outcome === null)
      return { status: 202, body: renderRepair(id, null), headers: { location: `${API_BASE}/admin/dlq/repairs/${id}` } };
    const { applied, left, code, detail } = outcome;
    if (code === null) return { status: 200, body: renderRepair(id, outcome) };
    throw new Problem(problemOf(code), {
      ...(detail === null ? {} : { detail }),
      parameters: { repair: id, applied: String(applied), left: String(left) },
    });
  });
}
