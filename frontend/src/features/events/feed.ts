import type { LedgerRecord } from '@ledgerflow/client';
import { isRefused } from '../../ui/problem/index.ts';

/** What a page keeps: older records are found in the log. */
export const SHOWN_MAX = 2_000;
/** A person can not read faster, and a page of 200 records a second draws four times instead of two hundred. */
const FLUSH_MS = 250;

export type FeedState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** It is tried again on its own. */
  | { kind: 'lost'; sinceMs: number }
  | { kind: 'ended'; error: unknown };

/** The last time that the connection came back. */
export interface Resumed {
  /** The stream went on behind this position. */
  behind: string;
  fromMs: number;
  toMs: number;
}

export interface FeedView {
  state: FeedState;
  resumed: Resumed | null;
  /** Oldest first, SHOWN_MAX at most. */
  records: readonly LedgerRecord[];
  /** What came since it is held. */
  waiting: number;
  /** Of these, how many are not kept. */
  dropped: number;
}

const EMPTY: FeedView = { state: { kind: 'connecting' }, resumed: null, records: [], waiting: 0, dropped: 0 };

/**
 * Records on their way to the screen: what came is gathered and shown some times a second; while it is held what is shown stays and what comes waits. Memory is bounded
 * whatever comes: SHOWN_MAX records are kept, and twice as many wait at most. A store for useSyncExternalStore.
 */
export class EventFeed {
  private view: FeedView = EMPTY;
  private incoming: LedgerRecord[] = [];
  /** Since the last time that what came was shown. */
  private came = 0;
  private isHeld = false;
  private wasLive = false;
  /** Since when there is no connection; null: there is one, or there was none yet. */
  private goneMs: number | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly nowMs: () => number;
  /** Of the last record that came; before the first, behind which the stream begins. */
  position: string | null = null;

  constructor(nowMs: () => number = Date.now) {
    this.nowMs = nowMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
  readonly snapshot = (): FeedView => this.view;

  add(record: LedgerRecord): void {
    this.position = record.position;
    this.incoming.push(record);
    this.came += 1;
    if (this.incoming.length >= 2 * SHOWN_MAX) this.incoming = this.incoming.slice(-SHOWN_MAX);
    this.timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  hold(isHeld: boolean): void {
    if (this.isHeld === isHeld) return;
    this.isHeld = isHeld;
    this.flush();
  }

  connecting(): void {
    this.tell({ state: { kind: 'connecting' } });
  }

  /** There is a connection, whose records come behind a position. */
  connected(behind: string | null): void {
    if (this.view.state.kind === 'live') return;
    const { goneMs } = this;
    const resumed = goneMs === null || behind === null ? this.view.resumed : { behind, fromMs: goneMs, toMs: this.nowMs() };
    this.wasLive = true;
    this.goneMs = null;
    this.tell({ state: { kind: 'live' }, resumed });
  }

  lost(): void {
    const { kind } = this.view.state;
    if (kind !== 'live' && kind !== 'connecting') return;
    this.gone();
    this.tell({ state: { kind: 'lost', sinceMs: this.goneMs ?? this.nowMs() } });
  }

  ended(error: unknown): void {
    this.gone();
    if (!isRefused(error)) return this.tell({ state: { kind: 'ended', error } });
    // What one may not see any more is not kept either.
    this.stop();
    this.incoming = [];
    this.came = 0;
    this.tell({ state: { kind: 'ended', error }, records: [], waiting: 0, dropped: 0 });
  }

  dismiss(): void {
    this.tell({ resumed: null });
  }

  /** Nothing is shown later. */
  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private gone(): void {
    if (this.wasLive) this.goneMs ??= this.nowMs();
  }

  private flush(): void {
    this.stop();
    if (this.isHeld) {
      const waiting = this.came;
      return this.tell({ waiting, dropped: Math.max(0, waiting - SHOWN_MAX) });
    }
    if (this.came === 0 && this.view.waiting === 0) return;
    const records = this.incoming.length === 0 ? this.view.records : [...this.view.records, ...this.incoming].slice(-SHOWN_MAX);
    this.incoming = [];
    this.came = 0;
    this.tell({ records, waiting: 0, dropped: 0 });
  }

  private tell(change: Partial<FeedView>): void {
    this.view = { ...this.view, ...change };
    for (const listener of this.listeners) listener();
  }
}
