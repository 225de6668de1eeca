import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../http/problem.ts';

export interface LimitsOptions {
  ratePerSecond: number;
  concurrentMax: number;
}

/** Refuses early what would only wait: too many requests of one principal (429), too many at once in this process (503). */
export class Limits {
  private readonly limiter: RateLimiterMemory;
  private readonly concurrentMax: number;
  private readonly ratePerSecond: number;
  private running = 0;

  constructor({ ratePerSecond, concurrentMax }: LimitsOptions) {
    this.limiter = new RateLimiterMemory({ points: ratePerSecond, duration: 1 });
    this.ratePerSecond = ratePerSecond;
    this.concurrentMax = concurrentMax;
  }

  get concurrent(): number {
    return this.running;
  }

  enter(): void {
    if (this.running >= this.concurrentMax) throw new Problem('overloaded', { detail: 'Too many requests at once' });
    this.running += 1;
  }

  leave(): void {
    this.running -= 1;
  }

  async admit(principal: string): Promise<void> {
    try {
      await this.limiter.consume(principal);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
      throw new Problem('rate_limited', {
        detail: `More than ${this.ratePerSecond} requests in a second`,
        headers: { 'retry-after': String(seconds) },
      });
    }
  }
}
