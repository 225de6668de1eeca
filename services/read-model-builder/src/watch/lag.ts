import type { Micros } from '@ledgerflow/contracts';

/** One ledger at a sweep: where its log ended, asked for at `askedAtMs`, and how far it was applied after that. */
export interface LagObservation {
  ledger: string;
  head: { position: bigint; recordedAt: Micros };
  /** null: nothing of the ledger is applied. */
  applied: { position: bigint; recordedAt: Micros } | null;
  /** Before the heads were asked for: what is not in them was recorded later. */
  askedAtMs: number;
  nowMs: number;
}

interface Known {
  head: bigint;
  askedAtMs: number;
  /** The last time at which nothing after the checkpoint was recorded yet; null when that is not known. */
  quietMs: number | null;
}

const millis = (time: Micros): number => Number(time / 1000n);

/**
 * How old the oldest record is that is not applied. Its own time is not known without reading the log, but it was recorded after the last applied record, and after every
 * sweep that found the log's end applied by now; the later of these is taken, so the answer is never too small and at most a sweep's interval too large. A single missing
 * record is the head itself: then the answer is exact. Nothing of it depends on when the builder started, but for ledgers that have nothing applied.
 */
export class LagClock {
  private readonly known = new Map<string, Known>();
  private sweptAtMs: number | null = null;

  /** A sweep of all ledgers ends that began at that time: those it did not observe had nothing new since they were observed last. */
  swept(askedAtMs: number): void {
    this.sweptAtMs = askedAtMs;
  }

  /** Seconds; 0 when everything is applied. */
  observe({ ledger, head, applied, askedAtMs, nowMs }: LagObservation): number {
    const before = this.known.get(ledger);
    const position = applied?.position ?? 0n;
    const headMs = millis(head.recordedAt);
    let quietMs = before?.quietMs ?? null;
    if (before !== undefined && before.head <= position) quietMs = Math.max(before.askedAtMs, this.sweptAtMs ?? 0);
    if (applied !== null) quietMs = Math.max(quietMs ?? 0, millis(applied.recordedAt));
    // Nothing applied, nothing seen: at least as old as its newest record was when it was seen first.
    quietMs ??= headMs;
    this.known.set(ledger, { head: head.position, askedAtMs, quietMs });
    if (head.position <= position) return 0;
    // Clocks may differ: the oldest missing record is not younger than the newest one.
    const sinceMs = head.position === position + 1n ? headMs : Math.min(quietMs, headMs);
    return Math.max(0, nowMs - sinceMs) / 1000;
  }
}
