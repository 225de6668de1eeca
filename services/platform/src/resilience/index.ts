import { BrokenCircuitError, type CircuitBreakerPolicy, circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';

export { BrokenCircuitError, CircuitState, type CircuitBreakerPolicy } from 'cockatiel';

/** Opens after so many counted failures in a row; after `halfOpenAfterMs` one call is let through to see. */
export function consecutiveBreaker(options: {
  failuresMax: number;
  halfOpenAfterMs: number;
  counts: (error: unknown) => boolean;
}): CircuitBreakerPolicy {
  return circuitBreaker(handleWhen(options.counts), {
    halfOpenAfter: options.halfOpenAfterMs,
    breaker: new ConsecutiveBreaker(options.failuresMax),
  });
}

export const isOpen = (breaker: CircuitBreakerPolicy): boolean =>
  breaker.state === CircuitState.Open || breaker.state === CircuitState.Isolated;

export const isBrokenCircuit = (error: unknown): boolean => error instanceof BrokenCircuitError;

/**
 * A token bucket of retries: each success earns a fraction of one, each retry spends one. When everything fails, retries end with the bucket instead of
 * multiplying the load.
 */
export class RetryBudget {
  private tokens: number;
  private readonly max: number;
  private readonly earnedPerSuccess: number;

  constructor({ max, earnedPerSuccess }: { max: number; earnedPerSuccess: number }) {
    this.max = max;
    this.tokens = max;
    this.earnedPerSuccess = earnedPerSuccess;
  }

  succeeded(): void {
    this.tokens = Math.min(this.max, this.tokens + this.earnedPerSuccess);
  }

  /** Whether one more retry may be made. */
  take(): boolean {
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
