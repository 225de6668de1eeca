import { createHash } from 'node:crypto';
import type { Logger } from '@ledgerflow/platform/log';
import type { KubeClient } from './client.ts';
import { KubeError, NotLeaderError } from './errors.ts';
import { type Event, EVENTS, type KubeObject } from './resources.ts';
import { sleep as defaultSleep } from './sleep.ts';
import { microTime } from './time.ts';

/** What is to be told of an object. */
export interface EventNow {
  type: 'Normal' | 'Warning';
  reason: string;
  note: string;
}

export interface EventRecorderOptions {
  client: Pick<KubeClient, 'create' | 'patch'>;
  reportingController: string;
  instance: string;
  /** Beyond it the newest is dropped: as many as all who tell may have under way at once. */
  underWayMax: number;
  log: Logger;
  now?: () => number;
  sleep?: (ms: number) => Promise<void>;
}

type Series = { name: string; at: number; count: number; toldAt: number };

/** The API's limit of a note. */
const NOTE_BYTES_MAX = 1_024;
/** The same again within this is the same event, and the API is told at most so often that its count grew. */
const SERIES_MS = 6 * 60_000;
const SERIES_TOLD_MS = 60_000;
/** Events remembered; beyond it the oldest is forgotten. */
const REMEMBERED_MAX = 1_000;
/** What the API server can not take now is tried again after these waits: who tells it does not come back to it. */
const RETRY_AFTER_MS = [200, 1_000];
/** Of one object: so many at once, then one each time this has passed. */
const BURST = 25;
const REFILL_MS = 30_000;

/** Tells people, in events of the objects they look at, what happened. The same again is one event with a count; one object cannot fill the list. */
export class EventRecorder {
  private readonly options: EventRecorderOptions;
  private readonly now: () => number;
  private readonly series = new Map<string, Series>();
  private readonly budgets = new Map<string, { tokens: number; at: number }>();
  private underWay = 0;

  constructor(options: EventRecorderOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
  }

  /** Whether it was told, or is one more of what was. Never rejects: what could not be told is in the log. */
  async record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, action: string, note: string): Promise<boolean> {
    const { namespace, name, uid } = about.metadata;
    const { log } = this.options;
    const key = createHash('sha256').update([uid, type, reason, action, note].join('\0')).digest('hex');
    const drop = (why: string): false => {
      log.warn({ namespace, name, reason, note, why }, 'an event was not told');
      return false;
    };
    if (this.underWay >= this.options.underWayMax) return drop('too many at once');
    this.underWay += 1;
    try {
      if (await this.again(about, key)) return true;
      if (!this.spend(uid ?? `${namespace}/${name}`)) return drop('too many about this object');
      const event = this.event(about, key, { type, reason, action, note });
      await this.create(namespace, event);
      remember(this.series, key, { name: event.metadata.name, at: this.now(), count: 1, toldAt: this.now() });
      return true;
    } catch (error) {
      if (error instanceof NotLeaderError) log.debug({ namespace, name, reason }, 'an event was not told: not the leader');
      else log.warn({ err: error, namespace, name, reason, note }, 'an event was not told');
      return false;
    } finally {
      this.underWay -= 1;
    }
  }

  private async create(namespace: string, event: Event): Promise<void> {
    const { client, sleep = defaultSleep } = this.options;
    for (let attempt = 0; ; attempt++) {
      try {
        await client.create(EVENTS, namespace, event);
        return;
      } catch (error) {
        // It was taken, and only its answer was lost.
        if (error instanceof KubeError && error.isAlreadyExists) return;
        const waitMs = RETRY_AFTER_MS[attempt];
        if (waitMs === undefined || !(error instanceof KubeError && error.isRetryable)) throw error;
        await sleep(waitMs);
      }
    }
  }

  /** Whether it is one more of a series. The count is written at once the second time, then each minute at most: it may lag. */
  private async again(about: KubeObject, key: string): Promise<boolean> {
    const series = this.series.get(key);
    const now = this.now();
    if (series === undefined || now - series.at >= SERIES_MS) return false;
    series.count += 1;
    series.at = now;
    if (series.count > 2 && now - series.toldAt < SERIES_TOLD_MS) return true;
    series.toldAt = now;
    const patch = { series: { count: series.count, lastObservedTime: microTime(new Date(now)) } };
    try {
      await this.options.client.patch(EVENTS, about.metadata.namespace, series.name, patch);
      return true;
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 404)) throw error;
      // The API keeps events for an hour, unless somebody deleted it.
      this.series.delete(key);
      return false;
    }
  }

  private event(about: KubeObject, key: string, told: { type: string; reason: string; action: string; note: string }): Event {
    const { namespace, name, uid, resourceVersion } = about.metadata;
    const now = this.now();
    return {
      apiVersion: EVENTS.apiVersion,
      kind: EVENTS.kind,
      // The time makes it another event than the series of the same before it.
      metadata: { namespace, name: `${name.slice(0, 200)}.${key.slice(0, 12)}${now.toString(16)}` },
      eventTime: microTime(new Date(now)),
      reportingController: this.options.reportingController,
      reportingInstance: this.options.instance.slice(0, 128),
      ...told,
      note: shortened(told.note),
      regarding: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
    };
  }

  private spend(object: string): boolean {
    const now = this.now();
    const { tokens, at } = this.budgets.get(object) ?? { tokens: BURST, at: now };
    const left = Math.min(BURST, tokens + (now - at) / REFILL_MS);
    remember(this.budgets, object, { tokens: left >= 1 ? left - 1 : left, at: now });
    return left >= 1;
  }
}

/** The oldest goes when there are too many. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > REMEMBERED_MAX && oldest !== undefined) map.delete(oldest);
}

function shortened(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= NOTE_BYTES_MAX) return note;
  return `${bytes
    .subarray(0, NOTE_BYTES_MAX - 4)
    .toString()
    .replace(/\uFFFD+$/, '')}…`;
}
