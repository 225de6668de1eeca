import type { LedgerFlowProblem, Movement } from '@ledgerflow/client';
import type { Command } from './command.ts';
import type { Draft } from './draft.ts';

/**
 * draft: being filled in. previewed: the ledger has said what it would do. sent: on its way. unknown: it may have been done; nothing but asking again under the same key tells.
 * done: answered.
 */
export type Phase = 'draft' | 'previewed' | 'sent' | 'unknown' | 'done';

/** A refusal as it can be kept. */
export type Refusal = ConstructorParameters<typeof LedgerFlowProblem>[0];

/** One thing that a person wants done once: what they typed, and the key that goes with it from its first sending to its answer. */
export interface Intent {
  key: string;
  phase: Phase;
  draft: Draft;
  /** As it was previewed, and is sent; null while it is a draft. */
  command: Command | null;
  /** The answer to the dry run. */
  preview: Movement | null;
  /** When that came, by this machine's clock (ms); null: there is none, or somebody was away since. */
  previewedAtMs: number | null;
  /** An attempt under the key may have been done. */
  isDoubtful: boolean;
  outcome: { movement: Movement; isReplayed: boolean } | null;
  /** What the last sending was refused with, until the draft is another: whoever was elsewhere then is told when they come back. */
  refusal: Refusal | null;
}
