import type { Random } from '../../driver/index.ts';
import type { Scene } from '../../history/disturbance.ts';
import type { Stack, StackOptions } from '../../stack/stack.ts';
import type { Workshop } from './workshop.ts';

/** A running stack under load, as a fault finds it. All waits are bounded, and end with an error when the run is interrupted. */
export interface Site {
  readonly stack: Stack;
  readonly random: Random;
  readonly scene: Scene;
  readonly signal: AbortSignal;
  /** From now on the fault has its effect. Recovery counts from here, if the fault says so. */
  struck(): void;
  /** From now on its cause is gone. If a fault does not say it, it is so when `inflict` is done. */
  over(): void;
  wait(ms: number): Promise<void>;
  /** Until so many more writes were answered 2xx. */
  progress(writes: number, boundMs?: number): Promise<void>;
  /** For the row: a figure, or what was seen. */
  note(text: string): void;
}

export interface LoadShape {
  /** Callers at once. */
  clients: number;
  /** Between two actions of one. */
  thinkMs: number;
  ledgers: number;
  gatewayOf?: (client: number) => number;
}

/** What is done to a LedgerFlow under load, and what has to be known to judge what came of it. */
export interface Fault {
  /** Kebab-case; the name on the command line. */
  id: string;
  /** What happens, in a few words. */
  title: string;
  /** What was done, in a sentence. */
  did: string;
  /** What a human has to do; null: nothing. */
  human: string | null;
  /** Whether recovery counts from when the fault struck, or from when its cause was gone. */
  since: 'begin' | 'end';
  /** Whether the read model may have lost what it had shown: then a read without a token may be older than one before it (docs/concepts/reads.md). */
  mayGoBack?: boolean;
  /** Whether all ledgers are in a new epoch afterwards: tokens of before may be answered 409. */
  raisesEpoch?: boolean;
  stack: StackOptions | ((workshop: Workshop) => StackOptions | Promise<StackOptions>);
  load?: Partial<LoadShape>;
  /** In place of the bound that all have. */
  recoveryMaxMs?: number;
  inflict(site: Site): Promise<void>;
}
