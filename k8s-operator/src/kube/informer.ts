import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import type { OperatorMetrics } from '../runtime/metrics.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject, Resource } from './resources.ts';

export type Change = 'added' | 'changed' | 'deleted';

export interface InformerOptions<T extends KubeObject> {
  client: KubeClient;
  resource: Resource<T>;
  /** Empty: all. */
  namespaces: readonly string[];
  labelSelector?: string;
  onChange: (object: T, change: Change) => void;
  log: Logger;
  metrics: OperatorMetrics;
  /** The longest time a watch may be without a byte; bookmarks come each minute. */
  maxSilenceMs?: number;
}

/** A copy of all objects of a resource, kept up to date: list, then watch, for ever. */
export class Informer<T extends KubeObject> {
  constructor(_options: InformerOptions<T>) {}
  get hasSynced(): boolean {
    return false;
  }
  start(): void {}
  stop(): Promise<void> {
    throw new Error('not yet');
  }
  synced(_deadlineMs: number): Promise<void> {
    throw new Error('not yet');
  }
  get(_namespace: string, _name: string): T | undefined {
    throw new Error('not yet');
  }
  list(): readonly T[] {
    throw new Error('not yet');
  }
  verdict(): Verdict {
    throw new Error('not yet');
  }
}
