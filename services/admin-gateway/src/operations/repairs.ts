import type { RepairOutcome, RepairOutcomes, RepairRequest } from '@ledgerflow/read-model';
import type { Operations } from './operations.ts';

export interface RepairsOptions {
  operations: Pick<Operations, 'requestRepair'>;
  outcomes: Pick<RepairOutcomes, 'wait'>;
  /** How long an answer waits for the builder. */
  waitMs: number;
}

/** Repairs are done by a builder, in the order in which they were asked for: this asks, and waits for what comes of it. */
export class Repairs {
  private readonly options: RepairsOptions;

  constructor(options: RepairsOptions) {
    this.options = options;
  }

  /** The repair's id, and its outcome; null when it takes longer. */
  async run(request: RepairRequest): Promise<{ id: string; outcome: RepairOutcome | null }> {
    const { operations, outcomes, waitMs } = this.options;
    const id = await operations.requestRepair(request);
    return { id, outcome: await outcomes.wait(id, waitMs) };
  }
}
