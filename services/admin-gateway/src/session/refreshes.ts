import { hash } from 'node:crypto';

export interface RefreshesOptions<T> {
  /** How long a result is given to those who come with the old token. */
  keepMs: (result: T) => number;
  now: () => number;
}

interface Flight<T> {
  result: Promise<T>;
  /** Infinity while it is under way. */
  untilMs: number;
}

const FLIGHTS_MAX = 10_000;

/**
 * One refresh a token, however many requests need it at the same time: a provider that rotates takes a second use of a refresh token for theft. Those that were under way
 * with the old cookie get the same result for a while. In this process only: docs/guides/sign-in.md says what several gateways need.
 */
export class Refreshes<T> {
  private readonly options: RefreshesOptions<T>;
  private readonly flights = new Map<string, Flight<T>>();

  constructor(options: RefreshesOptions<T>) {
    this.options = options;
  }

  private static key(token: string): string {
    return hash('sha256', token, 'base64');
  }

  /** The result for this token if there is or soon will be one. */
  find(token: string): Promise<T> | null {
    const flight = this.flights.get(Refreshes.key(token));
    return flight !== undefined && flight.untilMs > this.options.now() ? flight.result : null;
  }

  /** `refresh` must not throw. */
  run(token: string, refresh: () => Promise<T>): Promise<T> {
    const found = this.find(token);
    if (found !== null) return found;
    const { keepMs, now } = this.options;
    const key = Refreshes.key(token);
    const flight: Flight<T> = { result: refresh(), untilMs: Infinity };
    this.flights.delete(key);
    this.flights.set(key, flight);
    void flight.result.then((result) => (flight.untilMs = now() + keepMs(result)));
    this.forget();
    return flight.result;
  }

  private forget(): void {
    const nowMs = this.options.now();
    for (const [key, { untilMs }] of this.flights) {
      if (untilMs > nowMs && this.flights.size <= FLIGHTS_MAX) return;
      this.flights.delete(key);
    }
  }
}
