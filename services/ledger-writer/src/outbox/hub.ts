import type { LedgerLocation } from '../application/store.ts';

/** Texts that a subscription keeps for its listener at most, over all ledgers. */
const BYTES_MAX = 16 * 1024 * 1024;

/** Records that were committed and not yet taken, without a gap. */
export interface Kept {
  /** Position of the first text. */
  from: bigint;
  texts: string[];
}

export interface SubscriptionOptions {
  /** Which commits to hear of. */
  wants(location: LedgerLocation): boolean;
  /** Called synchronously for each commit; has to be quick and must not throw. */
  wake(location: LedgerLocation, headPosition: bigint): void;
  bytesMax?: number;
}

export interface Subscription {
  /** Takes what is kept of a ledger; null when the listener lagged, or nothing came: it reads the store then. */
  take(ledgerNumber: number): Kept | null;
  /** Gives back what was not used, in front of what came since. */
  putBack(ledgerNumber: number, kept: Kept): void;
  close(): void;
}

interface Entry extends Kept {
  bytes: number;
}

const bytesOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);

/** One listener's bounded memory: when it is full, a ledger's texts are dropped whole and the listener has the wake-up only. */
class BoundedSubscription implements Subscription {
  private readonly entries = new Map<number, Entry>();
  private bytes = 0;
  readonly options: SubscriptionOptions;
  private readonly bytesMax: number;
  private readonly onClose: () => void;

  constructor(options: SubscriptionOptions, onClose: () => void) {
    this.options = options;
    this.bytesMax = options.bytesMax ?? BYTES_MAX;
    this.onClose = onClose;
  }

  keep(ledgerNumber: number, from: bigint, texts: readonly string[]): void {
    const entry = this.entries.get(ledgerNumber);
    const follows = entry !== undefined && entry.from + BigInt(entry.texts.length) === from;
    // Another writer committed in between: only the newest run can still be of use.
    if (entry !== undefined && !follows) this.drop(ledgerNumber);
    const bytes = bytesOf(texts);
    if (this.bytes + bytes > this.bytesMax) {
      this.drop(ledgerNumber);
      return;
    }
    this.bytes += bytes;
    if (entry !== undefined && follows) {
      entry.texts.push(...texts);
      entry.bytes += bytes;
    } else {
      this.entries.set(ledgerNumber, { from, texts: [...texts], bytes });
    }
  }

  take(ledgerNumber: number): Kept | null {
    const entry = this.entries.get(ledgerNumber);
    if (entry === undefined) return null;
    this.drop(ledgerNumber);
    return { from: entry.from, texts: entry.texts };
  }

  putBack(ledgerNumber: number, kept: Kept): void {
    const since = this.take(ledgerNumber);
    if (kept.texts.length > 0) this.keep(ledgerNumber, kept.from, kept.texts);
    if (since !== null) this.keep(ledgerNumber, since.from, since.texts);
  }

  close(): void {
    this.entries.clear();
    this.bytes = 0;
    this.onClose();
  }

  private drop(ledgerNumber: number): void {
    const entry = this.entries.get(ledgerNumber);
    if (entry === undefined) return;
    this.bytes -= entry.bytes;
    this.entries.delete(ledgerNumber);
  }
}

/** Where the writer says, after each commit, what it committed; the relay and TailLog listen. In this process only; nothing waits for a listener. */
export class CommitHub {
  private readonly subscriptions = new Set<BoundedSubscription>();

  /** `headPosition` is the position of the last text. */
  committed(location: LedgerLocation, recordTexts: readonly string[], headPosition: bigint): void {
    const from = headPosition - BigInt(recordTexts.length) + 1n;
    for (const subscription of this.subscriptions) {
      if (!subscription.options.wants(location)) continue;
      subscription.keep(location.number, from, recordTexts);
      subscription.options.wake(location, headPosition);
    }
  }

  subscribe(options: SubscriptionOptions): Subscription {
    const subscription: BoundedSubscription = new BoundedSubscription(options, () => this.subscriptions.delete(subscription));
    this.subscriptions.add(subscription);
    return subscription;
  }
}
