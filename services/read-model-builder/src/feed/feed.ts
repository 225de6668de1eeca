import type { Verdict } from '@ledgerflow/platform/health';

/** Where records come from. What they are then is the business of the one apply path. */
export interface Feed {
  start(): void;
  health(): Verdict;
  /** Takes no more records, ends the batch that is being applied. */
  stop(): Promise<void>;
}
