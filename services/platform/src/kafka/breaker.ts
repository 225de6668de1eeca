import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, DelegateBackoff, circuitBreaker, handleAll } from 'cockatiel';
import { backOffMs } from './limits.ts';

export type BreakerState = 'closed' | 'half-open' | 'open';

/** Thrown instead of calling while the breaker is open. */
export class BreakerOpenError extends Error {
  override name = 'BreakerOpenError';
}

export interface Breaker {
  /** Runs it, or throws BreakerOpenError at once while open. */
  run<T>(call: () => Promise<T>): Promise<T>;
  readonly state: BreakerState;
  /** Milliseconds until the next trial call; 0 when a call would be let through. */
  readonly waitMs: number;
}

export interface BreakerOptions {
  /** Failures in a row that open it. */
  failuresMax: number;
  /** First and longest time before one call is tried again; doubled while the trial fails. */
  waitMinMs: number;
  waitMaxMs: number;
  onChange?: (state: BreakerState) => void;
}

const NAMES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

/** Our face of cockatiel's circuit breaker: consecutive failures open it, one trial at a time closes it again. */
export function createBreaker(options: BreakerOptions): Breaker {
  let lastWaitMs = 0;
  let openUntil = 0;
  const policy = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(options.failuresMax),
    halfOpenAfter: new DelegateBackoff(({ attempt }) => {
      lastWaitMs = backOffMs(attempt, options.waitMinMs, options.waitMaxMs);
      return lastWaitMs;
    }),
  });
  policy.onStateChange((state) => {
    // Told after the breaker has looked at the clock itself: whoever waits for this is let through.
    if (state === CircuitState.Open) openUntil = Date.now() + lastWaitMs;
    options.onChange?.(NAMES[state]);
  });
  return {
    async run(call) {
      try {
        return await policy.execute(call);
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new BreakerOpenError('the circuit breaker around Kafka is open');
        throw error;
      }
    },
    get state() {
      return NAMES[policy.state];
    },
    get waitMs() {
      return policy.state === CircuitState.Open ? Math.max(0, openUntil - Date.now()) : 0;
    },
  };
}
