import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import type { KubeClient } from '../kube/client.ts';
import type { OperatorMetrics } from './metrics.ts';

export interface LeaderOptions {
  /** Without beforeWrite. */
  client: KubeClient;
  namespace: string;
  name: string;
  /** For people; what stands in the Lease has a random part behind it. */
  identity: string;
  leaseMs?: number;
  renewMs?: number;
  /** How often one that does not lead looks. */
  retryMs?: number;
  log: Logger;
  metrics: OperatorMetrics;
  monotonicNow?: () => number;
}

export class Leader {
  readonly lost: Promise<void> = Promise.withResolvers<void>().promise;
  constructor(_options: LeaderOptions) {}
  get isLeader(): boolean {
    return false;
  }
  start(): void {}
  /** Rejects with the signal's reason when that comes first. */
  untilLeader(_signal?: AbortSignal): Promise<void> {
    throw new Error('not yet');
  }
  /** Throws NotLeaderError unless the lease outlasts timeoutMs. */
  beforeWrite(_timeoutMs: number): void {
    throw new Error('not yet');
  }
  /** Gives the lease back. */
  stop(): Promise<void> {
    throw new Error('not yet');
  }
  verdict(): Verdict {
    throw new Error('not yet');
  }
}
