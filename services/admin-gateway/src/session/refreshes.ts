import { hash } from 'node:crypto';

export interface RefreshesOptions<T> {
  /** How long a result is given to those who come with the old token. */
  keepMs: (result: T) => number;
  now: () => number;
}

/** What is renewed. The refresh token alone does not tell: a provider that does not rotate gives the same one again with each new access token. */
export interface Renewable {
  refreshToken: string;
  accessToken: string;
}

interface Flight<T> {
  result: Promise<T>;
  /** Infinity while it is under way. */
  untilMs: number;
}

const FLIGHTS_MAX = 10_000;

/**
 * One refresh of a pair of tokens, however many requests need it at the same time: a provider that rotates takes a second use of a refresh token for theft. Those that were under way
 * with the old cookie get the same result for a while. In this process only: docs/guides/sign-in.md says what several gateways need.
 */
export class Refreshes<T> {
  private readonly options: RefreshesOptions<T>;
  private readonly flights = new Map<string, Flight<T>>();

  constructor(options: RefreshesOptions<T>) {
    this.options = options;
  }

  private static key({ refreshToken, accessToken }: Renewable): string {
    return hash('sha256', `${refreshToken} ${accessToken}`, 'base64');
  }

  /** The result for these tokens if there is or soon will be one. */
  find(tokens: Renewable): Promise<T> | null {
    const flight = this.flights.get(Refreshes.key(tokens));
    return flight !== undefined && flight.untilMs > this.options.now() ? flight.result : null;
  }

  /** `refresh` must not throw. */
  run(tokens: Renewable, refresh: () => Promise<T>): Promise<T> {
    const found = this.find(tokens);
    if (found !== null) return found;
    const { keepMs, now } = this.options;
    const key = Refreshes.key(tokens);
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
