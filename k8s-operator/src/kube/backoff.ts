export interface BackoffLimits {
  baseMs: number;
  maxMs: number;
}

/** The pause before attempt `attempt` (from 0): doubles each time up to the limit, less up to a quarter by chance so that many do not come back together. Never shorter than the one before it but for that chance at the limit. */
export function backoffMs(attempt: number, { baseMs, maxMs }: BackoffLimits, random: () => number = Math.random): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 40)) * (1 - random() / 4);
}
