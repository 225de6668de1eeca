import type { Micros } from '@ledgerflow/contracts';

interface Place {
  position: bigint;
  recordedAt: Micros;
}

export interface LagObservation {
  ledger: string;
  head: Place;
  /** null: nothing of the ledger is indexed. */
  indexed: Place | null;
  /** Before the heads were asked for. */
  askedAtMs: number;
  nowMs: number;
}

const millis = (time: Micros): number => Number(time / 1000n);

/**
 * How old the oldest record is that is not indexed, at most. Its own time is not known without reading the log, but it was recorded after the last indexed one, and after every
 * look that found nothing missing. A single missing record is the head itself: then the answer is exact.
 */
export class LagClock {
  private readonly wholeAtMs = new Map<string, number>();

  /** Seconds; 0 when everything is indexed. */
  observe({ ledger, head, indexed, askedAtMs, nowMs }: LagObservation): number {
    const position = indexed?.position ?? 0n;
    if (head.position <= position) {
      this.wholeAtMs.set(ledger, askedAtMs);
      return 0;
    }
    const headMs = millis(head.recordedAt);
    const quietMs = Math.max(this.wholeAtMs.get(ledger) ?? 0, indexed === null ? 0 : millis(indexed.recordedAt));
    const sinceMs = head.position === position + 1n || quietMs === 0 ? headMs : Math.min(quietMs, headMs);
    return Math.max(0, nowMs - sinceMs) / 1000;
  }
}
