import type { Verdict } from '@ledgerflow/platform/health';
import type { LedgerCheckpoint } from '../apply/checkpoints.ts';

/** Where records come from. What they are then is the business of the one apply path. */
export interface Feed {
  start(): void;
  health(): Verdict;
  /** Told of checkpoints as they are read: one may have been taken into another history, which the feed then has to follow. */
  saw?(checkpoints: Iterable<LedgerCheckpoint>): void;
  /** Takes no more records, ends the batch that is being applied. */
  stop(): Promise<void>;
}
