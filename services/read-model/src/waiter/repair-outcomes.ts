import type { Logger } from '@ledgerflow/platform/log';
import { Listener, type Queryable } from '@ledgerflow/platform/postgres';
import { type RepairOutcome, readRepairOutcomes } from '../queries/repairs.ts';
import { Sweep } from './sweep.ts';

/** The builder notifies a repair's id here, in the transaction that finishes it. */
export const REPAIRED_CHANNEL = 'repaired';

export interface RepairOutcomesOptions {
  /** For LISTEN: a connection of its own (READ_GATEWAY role). */
  url: string;
  /** The primary. */
  db: Queryable;
  log: Logger;
  waitersMax?: number;
}

const WAITERS_MAX = 1_000;
const SWEEP_INTERVAL_MS = 500;

/**
 * Waits until repairs are finished: one index of those that are waited for, a notification for each that is, and one statement for all of them twice a second in case one was lost.
 */
export class RepairOutcomes {
  private readonly waiting = new Map<string, (outcome: RepairOutcome | null) => void>();
  private readonly options: RepairOutcomesOptions;
  private readonly listener: Listener;
  private readonly sweep: Sweep;
  private stopped = false;

  constructor(options: RepairOutcomesOptions) {
    this.options = options;
    const { url, log } = options;
    this.sweep = new Sweep({
      look: () => this.readOutcomes(),
      isNeeded: () => this.waiting.size > 0,
      intervalMs: SWEEP_INTERVAL_MS,
      log,
      what: 'the outcomes of repairs',
    });
    this.listener = new Listener({
      url,
      channel: REPAIRED_CHANNEL,
      log,
      onNotification: (repair) => {
        if (this.waiting.has(repair)) this.sweep.now();
      },
      onGap: () => this.sweep.now(),
    });
  }

  async start(): Promise<void> {
    await this.listener.start();
  }

  get count(): number {
    return this.waiting.size;
  }

  /** The outcome, or null when it is not there in time, or when too many wait: the repair goes on. One may wait for a repair. */
  wait(repair: string, timeoutMs: number): Promise<RepairOutcome | null> {
    if (this.stopped || this.waiting.size >= (this.options.waitersMax ?? WAITERS_MAX)) return Promise.resolve(null);
    return new Promise((resolve) => {
      const settle = (outcome: RepairOutcome | null): void => {
        clearTimeout(timer);
        this.waiting.delete(repair);
        resolve(outcome);
      };
      const timer = setTimeout(() => settle(null), timeoutMs);
      this.waiting.set(repair, settle);
      this.sweep.now();
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const settle of this.waiting.values()) settle(null);
    await this.listener.stop();
    await this.sweep.stop();
  }

  private async readOutcomes(): Promise<void> {
    for (const { id, outcome } of await readRepairOutcomes(this.options.db, [...this.waiting.keys()])) this.waiting.get(id)?.(outcome);
  }
}
