import type { KubeConfig } from '@kubernetes/client-node';
import { type Access, KubeConfigAccess } from './access.ts';
import { type Asked, Connection } from './connection.ts';
import { asKubeError, type Call, type Query, refusal, watchEvent, type WatchEvent } from './answers.ts';
import { KubeError, NotLeaderError } from './errors.ts';
import { jsonLines } from './lines.ts';
import type { KubeMetrics } from './metrics.ts';
import { type KubeObject, path, type Resource } from './resources.ts';
import { sleep } from './sleep.ts';

export type { WatchEvent } from './answers.ts';

const REQUEST_TIMEOUT_MS = 10_000;
/** One request of a caller is at most so many on the wire: the server may say `later` between them. */
const ATTEMPTS_MAX = 5;
const PAGE_LIMIT = 500;

export interface KubeClientOptions {
  kubeConfig: KubeConfig | Access;
  fieldManager: string;
  /** For a whole request, its retries after 429 and 503 included. */
  requestTimeoutMs?: number;
  /** Called before each request that changes something, with the longest time it may take; throws (NotLeaderError) when it shall not be sent. */
  beforeWrite?: (timeoutMs: number) => void;
  metrics?: KubeMetrics;
}

export interface Page<T> {
  items: T[];
  resourceVersion: string;
  /** What the next page is asked for with; null on the last one. */
  continue: string | null;
}

export interface ListOptions {
  labelSelector?: string;
  limit?: number;
  resourceVersion?: string;
  continue?: string;
  signal?: AbortSignal;
}

export interface WatchOptions {
  resourceVersion: string;
  labelSelector?: string;
  /** After which the server ends the watch. */
  timeoutSeconds: number;
  /** The longest time without a byte, before it is given up. */
  silenceMaxMs: number;
  /** Called when the server has taken the watch. */
  onOpen?: () => void;
  signal: AbortSignal;
}

export interface DeleteOptions {
  propagationPolicy: 'Background' | 'Foreground' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** What the operator asks of the API server. Everything that goes wrong is a KubeError; a write that must not go out now is what beforeWrite throws. */
export class KubeClient {
  private readonly connection: Connection;
  private readonly requestTimeoutMs: number;
  private readonly options: KubeClientOptions;
  private readonly writeQuery: Query;

  constructor(options: KubeClientOptions) {
    this.options = options;
    const { kubeConfig } = options;
    this.connection = new Connection('credentials' in kubeConfig ? kubeConfig : new KubeConfigAccess(kubeConfig));
    this.requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.writeQuery = { fieldManager: options.fieldManager, fieldValidation: 'Strict' };
  }

  /** Null when there is none. */
  async get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): Promise<T | null> {
    try {
      return await this.call<T>({ verb: 'get', resource, namespace, name });
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return null;
      throw error;
    }
  }

  async list<T extends KubeObject>(resource: Resource<T>, namespace: string | null, options: ListOptions = {}): Promise<Page<T>> {
    const { limit = PAGE_LIMIT, signal, ...query } = options;
    type List = { items?: T[] | null; metadata: { resourceVersion: string; continue?: string } };
    const { items, metadata } = await this.call<List>({
      verb: 'list',
      resource,
      namespace,
      query: { ...query, limit: String(limit) },
      signal,
    });
    // The items of a list do not say what they are.
    const { apiVersion, kind } = resource;
    return {
      items: (items ?? []).map((item) => ({ ...item, apiVersion, kind })),
      resourceVersion: metadata.resourceVersion,
      continue: metadata.continue || null,
    };
  }

  /** Ends when the server or the signal ends it; throws a KubeError for every other end, an ERROR event included. */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string | null,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const { resourceVersion, labelSelector, timeoutSeconds, silenceMaxMs, signal, onOpen } = options;
    const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion, labelSelector, timeoutSeconds: String(timeoutSeconds) };
    const call: Call = { verb: 'watch', resource, namespace, query };
    try {
      const { body } = await this.send(call, { signal, headersTimeoutMs: this.requestTimeoutMs, silenceMaxMs });
      body.on('error', () => undefined);
      onOpen?.();
      try {
        for await (const line of jsonLines(body)) yield watchEvent<T>(call, line);
      } finally {
        body.destroy();
      }
    } catch (error) {
      if (!signal.aborted) throw asKubeError(call, error);
    }
  }

  create<T extends KubeObject>(resource: Resource<T>, namespace: string, object: T): Promise<T> {
    return this.call({ verb: 'create', resource, namespace, write: { method: 'POST', body: object } });
  }

  /** PUT of a whole object; a conflict unless it is still at its metadata.resourceVersion. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T> {
    const { namespace, name } = object.metadata;
    return this.call({ verb: 'update', resource, namespace, name, write: { method: 'PUT', body: object } });
  }

  /** Server-side apply with the field manager; a conflict when the object carries a resourceVersion and is no longer at it. force: others' fields are taken over. */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: KubeObject,
    { subresource, force = true }: { subresource?: 'status'; force?: boolean } = {},
  ): Promise<T> {
    const { managedFields: _, ...metadata } = object.metadata;
    const { namespace, name } = metadata;
    const write = { method: 'PATCH', body: { ...object, metadata }, contentType: 'application/apply-patch+yaml' } as const;
    return this.call({ verb: 'patch', resource, namespace, name, subresource, query: { force: String(force) }, write });
  }

  /** JSON merge patch; a conflict when it carries metadata.resourceVersion and the object is no longer at it. */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
    mergePatch: object,
    { subresource }: { subresource?: 'status' } = {},
  ): Promise<T> {
    const write = { method: 'PATCH', body: mergePatch, contentType: 'application/merge-patch+json' } as const;
    return this.call({ verb: 'patch', resource, namespace, name, subresource, write });
  }

  /** It is fine when there is none. */
  async delete<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string, options: DeleteOptions): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    try {
      await this.call({ verb: 'delete', resource, namespace, name, write: { method: 'DELETE', body } });
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 404)) throw error;
    }
  }

  /** Ends the connections; what is under way fails. */
  close(): Promise<void> {
    return this.connection.close();
  }

  /** A whole answer, within the request's time-out; again when the server says when and that is within it. */
  private async call<T>(call: Call): Promise<T> {
    const endsAt = performance.now() + this.requestTimeoutMs;
    const late = AbortSignal.timeout(this.requestTimeoutMs);
    const signal = call.signal === undefined ? late : AbortSignal.any([late, call.signal]);
    for (let attempt = 1; ; attempt++) {
      const leftMs = Math.max(1, endsAt - performance.now());
      try {
        const { body } = await this.send(call, { signal, headersTimeoutMs: leftMs, silenceMaxMs: leftMs });
        return (await body.json()) as T;
      } catch (cause) {
        const error = asKubeError(call, cause);
        const again = error instanceof KubeError && (error.status === 429 || error.status === 503) ? error.retryAfterMs : null;
        if (again === null || attempt === ATTEMPTS_MAX || performance.now() + again >= endsAt) throw error;
        await sleep(again, signal);
      }
    }
  }

  /** Resolves with an answer that is not an error, its body not read yet. A 401 is tried once more with credentials read afresh. */
  private async send(call: Call, limits: Pick<Asked, 'signal' | 'headersTimeoutMs' | 'silenceMaxMs'>): ReturnType<Connection['send']> {
    const { verb, resource, write } = call;
    for (let attempt = 1; ; attempt++) {
      const endsAt = performance.now() + limits.headersTimeoutMs;
      const mayWrite = (): void => this.options.beforeWrite?.(Math.max(0, endsAt - performance.now()));
      if (write !== undefined) mayWrite();
      let answer;
      try {
        answer = await this.connection.send({
          ...limits,
          method: write?.method ?? 'GET',
          path: this.address(call, limits.headersTimeoutMs),
          ...(write === undefined
            ? {}
            : { contentType: write.contentType ?? 'application/json', body: JSON.stringify(write.body), beforeSend: mayWrite }),
        });
      } catch (error) {
        if (!(error instanceof NotLeaderError)) this.options.metrics?.requested(verb, resource.plural, 0);
        throw error;
      }
      this.options.metrics?.requested(verb, resource.plural, answer.statusCode);
      if (answer.statusCode < 300) return answer;
      const refused = refusal(call, answer.statusCode, answer.headers['retry-after'], await answer.body.text());
      if (refused.status === 401) this.connection.forgetCredentials();
      if (refused.status !== 401 || attempt === 2) throw refused;
    }
  }

  private address({ resource, namespace, name, subresource, query, write }: Call, timeoutMs: number): string {
    const search = new URLSearchParams();
    const add = (pairs: Query): void => {
      for (const [key, value] of Object.entries(pairs)) if (value !== undefined) search.set(key, value);
    };
    // The server gives up when we do: what waits in it must not be done after the lease it was sent under.
    if (write !== undefined) add({ timeout: `${Math.ceil(timeoutMs)}ms` });
    if (write !== undefined && write.method !== 'DELETE') add(this.writeQuery);
    if (query !== undefined) add(query);
    const text = search.toString();
    return path(resource, namespace, name, subresource) + (text === '' ? '' : `?${text}`);
  }
}
