/** A Date header has no parts of a second. */
const PRECISION_MS = 1_000;

let behindMs = 0;
const listeners = new Set<() => void>();

/** The ledger's clock, as far as answers tell it. */
export const clock = {
  /** How far this machine's clock is behind the ledger's, milliseconds; negative: before it. */
  behindMs: (): number => behindMs,
  /** What the ledger's clock showed when this machine's showed that; now without it. */
  ledgerMs: (machineMs: number = Date.now()): number => machineMs + behindMs,
  /**
   * By an answer's Date: the gateway wrote it between sending and coming, times of this machine. What fits it already stays as it is, so that nothing moves with each answer's
   * time on the way.
   */
  heard: (date: string | null, sentMs: number, cameMs: number): void => {
    const toldMs = Date.parse(date ?? '');
    if (Number.isNaN(toldMs)) return;
    const next = Math.min(Math.max(behindMs, toldMs - cameMs), toldMs + PRECISION_MS - sentMs);
    if (next === behindMs) return;
    behindMs = next;
    for (const listener of listeners) listener();
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};
