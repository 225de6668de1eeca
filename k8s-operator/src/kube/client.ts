import type { KubeConfig } from '@kubernetes/client-node';
import type { OperatorMetrics } from '../runtime/metrics.ts';
import type { KubeObject, Resource } from './resources.ts';

export interface KubeClientOptions {
  kubeConfig: KubeConfig;
  fieldManager: string;
  /** For a whole request, its retries after 429 and 503 included. */
  requestTimeoutMs?: number;
  /** Called before each request that changes something, with the longest time it may take; throws (NotLeaderError) when it shall not be sent. */
  beforeWrite?: (timeoutMs: number) => void;
  metrics?: OperatorMetrics;
}

export interface Page<T> {
  items: T[];
  resourceVersion: string;
  continue: string | null;
}

export interface ListOptions {
  labelSelector?: string;
  limit?: number;
  resourceVersion?: string;
  continue?: string;
}

export interface WatchOptions {
  resourceVersion: string;
  labelSelector?: string;
  /** After which the server ends the watch. */
  timeoutSeconds: number;
  /** The longest time without a byte, before it is given up. */
  silenceMaxMs?: number;
  signal: AbortSignal;
}

export type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T } | { type: 'BOOKMARK'; resourceVersion: string };

export interface DeleteOptions {
  propagationPolicy: 'Background' | 'Foreground' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** What the operator asks of the API server. Everything that goes wrong is a KubeError; a write that is not allowed now is a NotLeaderError. */
export class KubeClient {
  constructor(_options: KubeClientOptions) {}
  /** Null when there is none. */
  get<T extends KubeObject>(_resource: Resource<T>, _namespace: string, _name: string): Promise<T | null> {
    throw new Error('not yet');
  }
  list<T extends KubeObject>(_resource: Resource<T>, _namespace: string | null, _options: ListOptions = {}): Promise<Page<T>> {
    throw new Error('not yet');
  }
  /** Ends when the server ends it; throws a KubeError for every other end, an ERROR event included. */
  watch<T extends KubeObject>(_resource: Resource<T>, _namespace: string | null, _options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    throw new Error('not yet');
  }
  create<T extends KubeObject>(_resource: Resource<T>, _namespace: string, _object: T): Promise<T> {
    throw new Error('not yet');
  }
  /** PUT of a whole object; a conflict unless it is still at its metadata.resourceVersion. */
  replace<T extends KubeObject>(_resource: Resource<T>, _object: T): Promise<T> {
    throw new Error('not yet');
  }
  /** Server-side apply with the field manager; a conflict when the object carries a resourceVersion and is no longer at it. force: default true. */
  apply<T extends KubeObject>(
    _resource: Resource<T>,
    _object: KubeObject,
    _options: { subresource?: 'status'; force?: boolean } = {},
  ): Promise<T> {
    throw new Error('not yet');
  }
  /** JSON merge patch. */
  patch<T extends KubeObject>(
    _resource: Resource<T>,
    _namespace: string,
    _name: string,
    _mergePatch: object,
    _options: { subresource?: 'status' } = {},
  ): Promise<T> {
    throw new Error('not yet');
  }
  /** It is fine when there is none. */
  delete<T extends KubeObject>(_resource: Resource<T>, _namespace: string, _name: string, _options: DeleteOptions): Promise<void> {
    throw new Error('not yet');
  }
  close(): Promise<void> {
    throw new Error('not yet');
  }
}
