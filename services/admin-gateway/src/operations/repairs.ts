import type { RepairCode, RepairOutcome, RepairOutcomes, RepairRequest } from '@ledgerflow/read-model';
import type { ProblemCode } from '@ledgerflow/contracts';
import { API_BASE } from '../contract/registry.ts';
import type { Answer } from '../contract/route.ts';
import { Problem } from '../http/problem.ts';
import type { Operations } from './operations.ts';

const PROBLEM_OF: Readonly<Record<RepairCode, ProblemCode>> = {
  earlier_record_parked: 'earlier_record_parked',
  balance_depends: 'balance_depends',
  not_refused: 'not_refused',
  not_found: 'dead_letter_not_found',
  still_refused: 'still_refused',
};

/** A repair as it is shown: what came of it, or that it goes on. */
export function renderRepair(id: string, outcome: RepairOutcome | null): Record<string, unknown> {
  if (outcome === null) return { id, state: 'running', applied: 0, left: null, code: null, detail: null };
  const { applied, left, code, detail } = outcome;
  return { id, state: 'finished', applied, left, code: code === null ? null : PROBLEM_OF[code], detail };
}

export interface RepairsOptions {
  operations: Pick<Operations, 'requestRepair'>;
  outcomes: Pick<RepairOutcomes, 'wait'>;
  /** How long an answer waits for the builder. */
  waitMs: number;
}

/** Repairs are done by a builder, in the order in which they were asked for: this asks, and waits for what came of it. */
export class Repairs {
  private readonly options: RepairsOptions;

  constructor(options: RepairsOptions) {
    this.options = options;
  }

  /** 200 with what was done, 202 with a Location when it takes longer. Throws the Problem that says why it was not done. */
  async run(request: RepairRequest): Promise<Answer> {
    const { operations, outcomes, waitMs } = this.options;
    const id = await operations.requestRepair(request);
    const outcome = await outcomes.wait(id, waitMs);
    if (outcome === null)
      return { status: 202, body: renderRepair(id, null), headers: { location: `${API_BASE}/admin/dlq/repairs/${id}` } };
    const { applied, left, code, detail } = outcome;
    if (code === null) return { status: 200, body: renderRepair(id, outcome) };
    throw new Problem(PROBLEM_OF[code], {
      ...(detail === null ? {} : { detail }),
      parameters: { repair: id, applied: String(applied), left: String(left) },
    });
  }
}
