import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import type { OperatorMetrics } from './metrics.ts';
import type { WorkQueue } from './queue.ts';

export type Reconcile = (namespace: string, name: string, signal: AbortSignal) => Promise<{ requeueAfterMs?: number } | void>;

export interface ControllerOptions {
  name: string;
  reconcile: Reconcile;
  queue?: WorkQueue;
  workers: number;
  /** Of one reconcile; its signal is aborted then. */
  deadlineMs: number;
  log: Logger;
  metrics: OperatorMetrics;
}

export class Controller {
  constructor(_options: ControllerOptions) {}
  enqueue(_object: { namespace: string; name: string } | { metadata: { namespace: string; name: string } }, _afterMs = 0): void {}
  start(): void {}
  /** Takes no more work and waits for what is under way. */
  stop(): Promise<void> {
    throw new Error('not yet');
  }
  /** Red while a reconcile does not end although its signal was aborted. */
  verdict(): Verdict {
    throw new Error('not yet');
  }
}
