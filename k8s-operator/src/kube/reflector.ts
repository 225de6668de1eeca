import { isDeepStrictEqual } from 'node:util';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import { type BackoffLimits, backoffMs } from './backoff.ts';
import type { KubeClient, WatchEvent } from './client.ts';
import { KubeError } from './errors.ts';
import type { KubeMetrics } from './metrics.ts';
import { keyOf, type KubeObject, type Resource } from './resources.ts';
import { sleep } from './sleep.ts';
import { Watchdog } from './watchdog.ts';

export type Change = 'added' | 'changed' | 'deleted';

export interface ReflectorOptions<T extends KubeObject> {
  client: Pick<KubeClient, 'list' | 'watch'>;
  resource: Resource<T>;
  labelSelector?: string;
  /** `before` is what the copy had until now; undefined for one that was added. */
  onChange: (object: T, change: Change, before: T | undefined) => void;
  /** What is kept of an object; default: all but its managedFields. */
  trim?: (object: T) => T;
  log: Logger;
  metrics: KubeMetrics;
  maxSilenceMs?: number;
  awayMaxMs?: number;
  pageLimit?: number;
  backoff?: BackoffLimits;
}

/** The server's bookmarks come about each minute: two in a row are missing. */
const SILENCE_MAX_MS = 150_000;
/** So long the cluster may be out of sight before readiness says so. */
const AWAY_MAX_MS = 30_000;
/** A watch lasts between this and twice this. */
const WATCH_SECONDS = 300;
const BACKOFF: BackoffLimits = { baseMs: 200, maxMs: 30_000 };
const RETRY_AFTER_MAX_MS = 60_000;
/** A watch that stood so long, or told anything, was a good one: the next is not held back for the failures before it. */
const GOOD_WATCH_MS = 10_000;
/** A list that takes so long that its next page has expired is begun again so often before it is a failure. */
const LIST_ATTEMPTS_MAX = 3;

/** The objects of a resource in one namespace (null: in all): lists them, then watches from there, and does so for ever. What changed is told once it is in the copy. */
export class Reflector<T extends KubeObject> {
  readonly objects = new Map<string, T>();
  private readonly options: ReflectorOptions<T>;
  private readonly namespace: string | null;
  private readonly watchdog: Watchdog;
  private readonly firstList = Promise.withResolvers<void>();
  /** From where the next watch goes on; null: a list is needed. */
  private resourceVersion: string | null = null;
  private failures = 0;
  private renewing = new AbortController();

  constructor(namespace: string | null, options: ReflectorOptions<T>) {
    this.options = options;
    this.namespace = namespace;
    const what = namespace === null ? options.resource.plural : `${options.resource.plural} in ${namespace}`;
    // The stall ends the watch at SILENCE_MAX_MS and another one is tried: red is what is still silent after that.
    const silenceMaxMs = this.silenceMaxMs * 1.2;
    this.watchdog = new Watchdog({ what, silenceMaxMs, awayMaxMs: options.awayMaxMs ?? AWAY_MAX_MS });
  }

  /** Resolves after the first list. */
  get synced(): Promise<void> {
    return this.firstList.promise;
  }

  verdict(): Verdict {
    return this.watchdog.verdict();
  }

  /** Lists anew: the copy has objects as their definition had them when they came, and one that is changed tells nothing. */
  renew(): void {
    this.renewing.abort();
  }

  /** Until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, metrics, resource, backoff = BACKOFF } = this.options;
    while (!signal.aborted) {
      let failure: unknown = null;
      const wasWatch = this.resourceVersion !== null;
      try {
        if (wasWatch) await this.watch(signal);
        else await this.relist(signal);
        if (!wasWatch) continue;
      } catch (error) {
        failure = error;
      }
      if (signal.aborted) return;
      const isRelist = this.renewing.signal.aborted;
      const reason = failure !== null ? endOf(failure) : isRelist ? 'relist' : 'closed';
      this.watchdog.ended(failure === null ? 'closed by the server' : (failure as Error).message);
      if (wasWatch) metrics.watchRestarted(resource.plural, reason);
      if (needsList(failure) || isRelist) this.resourceVersion = null;
      if (failure === null && isRelist) continue;
      const retryAfterMs = failure instanceof KubeError ? Math.min(failure.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS) : 0;
      const waitMs = Math.max(retryAfterMs, backoffMs(this.failures, backoff));
      this.failures += 1;
      const line = { resource: resource.plural, namespace: this.namespace ?? undefined, reason, waitMs: Math.round(waitMs) };
      if (failure === null) log.debug(line, 'a watch ended');
      else log.warn({ ...line, err: failure }, wasWatch ? 'a watch broke off' : 'a list failed');
      await sleep(waitMs, signal);
    }
  }

  private get silenceMaxMs(): number {
    return this.options.maxSilenceMs ?? SILENCE_MAX_MS;
  }

  private async watch(signal: AbortSignal): Promise<void> {
    const { client, resource, labelSelector } = this.options;
    const begunAt = performance.now();
    this.renewing = new AbortController();
    const events = client.watch(resource, this.namespace, {
      resourceVersion: this.resourceVersion ?? '',
      labelSelector,
      timeoutSeconds: Math.round(WATCH_SECONDS * (1 + Math.random())),
      silenceMaxMs: this.silenceMaxMs,
      onOpen: () => this.watchdog.heard(),
      signal: AbortSignal.any([signal, this.renewing.signal]),
    });
    try {
      for await (const event of events) {
        this.watchdog.heard();
        this.failures = 0;
        this.take(event);
      }
    } finally {
      if (performance.now() - begunAt > GOOD_WATCH_MS) this.failures = 0;
    }
  }

  private take(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') {
      if (event.resourceVersion !== '') this.resourceVersion = event.resourceVersion;
      return;
    }
    const object = this.trimmed(event.object);
    const key = keyOf(object.metadata);
    const before = this.objects.get(key);
    this.resourceVersion = object.metadata.resourceVersion ?? this.resourceVersion;
    if (event.type === 'DELETED') {
      this.objects.delete(key);
      if (before !== undefined) this.tell(object, 'deleted', before);
      return;
    }
    this.objects.set(key, object);
    this.tellDifference(before, object);
  }

  /** All pages first, then the copy is changed and what differs is told: what went unseen while there was no watch, deletions included, and nothing else. */
  private async relist(signal: AbortSignal): Promise<void> {
    const { objects, resourceVersion } = await this.listAll(signal);
    const before = new Map(this.objects);
    this.objects.clear();
    for (const [key, object] of objects) this.objects.set(key, object);
    this.resourceVersion = resourceVersion;
    this.watchdog.listed();
    for (const [key, object] of before) if (!objects.has(key)) this.tell(object, 'deleted', object);
    for (const [key, object] of objects) this.tellDifference(before.get(key), object);
    this.firstList.resolve();
  }

  private async listAll(signal: AbortSignal): Promise<{ objects: Map<string, T>; resourceVersion: string }> {
    const { client, resource, labelSelector, pageLimit } = this.options;
    for (let attempt = 1; ; attempt++) {
      const objects = new Map<string, T>();
      try {
        let token: string | undefined;
        for (;;) {
          const page = await client.list(resource, this.namespace, { labelSelector, limit: pageLimit, continue: token, signal });
          for (const object of page.items) objects.set(keyOf(object.metadata), this.trimmed(object));
          if (page.continue === null) return { objects, resourceVersion: page.resourceVersion };
          token = page.continue;
        }
      } catch (error) {
        if (!(error instanceof KubeError && error.isExpired) || attempt === LIST_ATTEMPTS_MAX) throw error;
      }
    }
  }

  private tellDifference(before: T | undefined, object: T): void {
    if (before === undefined) return this.tell(object, 'added');
    if (before.metadata.uid !== object.metadata.uid) {
      // Another object by the same name; the end of the first went unseen.
      this.tell(before, 'deleted', before);
      this.tell(object, 'added');
    } else if (before.metadata.resourceVersion !== object.metadata.resourceVersion || !isDeepStrictEqual(before, object))
      // The same version with another content: its definition was changed.
      this.tell(object, 'changed', before);
  }

  private tell(object: T, change: Change, before?: T): void {
    try {
      this.options.onChange(object, change, before);
    } catch (error) {
      const { namespace, name } = object.metadata;
      this.options.log.error(
        { err: error, resource: this.options.resource.plural, namespace, name, change },
        'a change could not be taken',
      );
    }
  }

  private trimmed(object: T): T {
    delete object.metadata.managedFields;
    return this.options.trim?.(object) ?? object;
  }
}

/** Whether going on from the last version cannot work: it is no longer kept, is not known (the server was restored from a backup), or the resource is not there. */
function needsList(failure: unknown): boolean {
  if (!(failure instanceof KubeError)) return false;
  if (failure.isExpired || failure.status === 404 || failure.status === 400) return true;
  return failure.details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge') === true;
}

function endOf(failure: unknown): string {
  if (!(failure instanceof KubeError)) return 'failed';
  if (failure.isExpired) return 'expired';
  switch (failure.status) {
    case 0:
      return failure.reason.toLowerCase();
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 429:
      return 'throttled';
    default:
      return failure.status >= 500 ? 'server_error' : 'refused';
  }
}
