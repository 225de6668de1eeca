import type { RecordBatch } from '@ledgerflow/contracts/grpc';
import type { LedgerLocation, LedgerStore } from '../application/store.ts';
import type { CommitHub, Subscription } from '../outbox/hub.ts';
import type { Outlet } from './calls.ts';
import { batchOf, PAGE_BYTES_MAX, PAGE_RECORDS_MAX, positionAfter } from './log-pages.ts';

/** The safety net: commits of other writers, and whatever a wake-up missed. */
const SWEEP_INTERVAL_MS = 1_000;
/** A listener that lags for more than this reads the store; there may be many listeners. */
const KEPT_BYTES_MAX = 2 * 1024 * 1024;

interface Followed {
  location: LedgerLocation;
  /** The last position that was sent. */
  position: bigint;
  head: bigint;
}

export interface TailOptions {
  store: LedgerStore;
  hub: CommitHub;
  outlet: Outlet<RecordBatch>;
  wants: (location: LedgerLocation) => boolean;
  /** Heads of everything wanted. */
  sweep: () => Promise<{ location: LedgerLocation; position: bigint }[]>;
  /** Where to go on, by ledger id. */
  cursors: ReadonlyMap<string, bigint>;
}

/**
 * Follows logs for one listener, each in order of position and without a gap: from the hub's memory when that joins on to what was sent, else from the store.
 * Memory: a position a ledger, the hub's bounded share, and one page.
 */
export class Tail {
  private readonly options: TailOptions;
  private readonly followed = new Map<number, Followed>();
  private readonly behind = new Set<number>();
  private readonly subscription: Subscription;
  private wake: (() => void) | null = null;

  constructor(options: TailOptions) {
    this.options = options;
    this.subscription = options.hub.subscribe({
      wants: options.wants,
      wake: (location, headPosition) => {
        this.saw(location, headPosition);
        this.wake?.();
      },
      bytesMax: KEPT_BYTES_MAX,
    });
    options.outlet.onGone(() => this.wake?.());
  }

  /** Until the listener is gone. */
  async run(): Promise<void> {
    try {
      let sweptMs = 0;
      while (!this.options.outlet.isGone) {
        if (performance.now() - sweptMs >= SWEEP_INTERVAL_MS || sweptMs === 0) {
          for (const { location, position } of await this.options.sweep()) this.saw(location, position);
          sweptMs = performance.now();
        }
        // One page a ledger and turn, so that a long log does not keep the others waiting.
        const turn = [...this.behind];
        for (const number of turn) await this.advance(this.followed.get(number) as Followed);
        if (this.behind.size === 0) await this.sleep(sweptMs + SWEEP_INTERVAL_MS - performance.now());
      }
    } finally {
      this.subscription.close();
    }
  }

  private saw(location: LedgerLocation, head: bigint): void {
    const known = this.followed.get(location.number);
    const followed = known ?? { location, position: this.options.cursors.get(location.ledger) ?? 0n, head };
    if (known === undefined) this.followed.set(location.number, followed);
    if (head > followed.head) followed.head = head;
    if (followed.head > followed.position) this.behind.add(location.number);
  }

  private async advance(followed: Followed): Promise<void> {
    const { store, outlet } = this.options;
    const { location } = followed;
    const page = this.kept(followed) ?? (await store.readLog(location, followed.position, null, PAGE_RECORDS_MAX, PAGE_BYTES_MAX));
    if (page.length > 0) {
      followed.position = positionAfter(followed.position, page);
      if (followed.position > followed.head) followed.head = followed.position;
      await outlet.send(batchOf(location.ledger, page, followed.head));
    }
    if (page.length === 0 || followed.position >= followed.head) this.behind.delete(location.number);
  }

  /** A page of what the hub kept, if it joins on. */
  private kept({ location, position }: Followed): string[] | null {
    const kept = this.subscription.take(location.number);
    if (kept === null || kept.from > position + 1n) return null;
    const known = Number(position + 1n - kept.from);
    const page: string[] = [];
    let bytes = 0;
    for (let at = known; at < kept.texts.length && page.length < PAGE_RECORDS_MAX; at++) {
      const text = kept.texts[at] as string;
      bytes += text.length;
      if (bytes > PAGE_BYTES_MAX && page.length > 0) break;
      page.push(text);
    }
    const used = known + page.length;
    if (used < kept.texts.length)
      this.subscription.putBack(location.number, { from: kept.from + BigInt(used), texts: kept.texts.slice(used) });
    return page.length === 0 ? null : page;
  }

  private async sleep(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }
}
