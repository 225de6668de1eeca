import type { Random } from '../driver/index.ts';
import type { Clients } from './clients.ts';
import type { Fault } from './history.ts';

/** What a disturbance gets to know of the run. */
export interface Scene {
  /** Of its own: clients do not draw from it. */
  random: Random;
  /** Milliseconds since the run began, on the clock of the history. */
  now: () => number;
  /** Ids. */
  ledgers: readonly string[];
  clients: Pick<Clients, 'acknowledged' | 'deposit' | 'readBack' | 'hold' | 'retryUnknown' | 'writes' | 'reads'>;
}

/** What is done to the stack while clients are at work. */
export interface Disturbance {
  readonly list: readonly Fault[];
  /** Ends at the latest soon after the signal; when it ends before, the run ends with it. */
  run(signal: AbortSignal): Promise<void>;
}
