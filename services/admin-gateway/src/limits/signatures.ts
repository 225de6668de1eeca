import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { SignatureChecks } from '../auth/verifier.ts';
import { Problem } from '../http/problem.ts';

/** Checks of one address at once: so many wrong tokens are checked beyond what it may send. */
const RUNNING_MAX = 64;
/** Of one address; more requests than that are not served at once by default. */
const WAITING_MAX = 2_000;

interface Checking {
  running: number;
  waiting: (() => void)[];
}

/**
 * Bounds what tokens cost that are not known yet. A wrong one takes a point of its address, which has so many in a second; a good one takes none, so that it does not matter how many come at once. Checks of
 * one address beyond RUNNING_MAX wait for each other, and for what they show.
 */
export class Signatures {
  private readonly wrong: RateLimiterMemory;
  private readonly wrongMax: number;
  private readonly addresses = new Map<string, Checking>();

  constructor({ wrongPerSecond }: { wrongPerSecond: number }) {
    this.wrongMax = wrongPerSecond;
    this.wrong = new RateLimiterMemory({ points: wrongPerSecond, duration: 1 });
  }

  /** Of an address as it is counted. */
  of(address: string): SignatureChecks {
    return {
      of: address,
      begin: async () => {
        await this.enter(address);
        const spent = await this.wrong.get(address);
        if (spent !== null && spent.consumedPoints >= this.wrongMax) {
          this.leave(address);
          throw new Problem('rate_limited', {
            detail: 'Too many tokens of this address were wrong',
            headers: { 'retry-after': String(Math.max(1, Math.ceil(spent.msBeforeNext / 1000))) },
          });
        }
        return (isWrong) => {
          // Taken in this turn: whoever is let in next sees it.
          if (isWrong) void this.wrong.penalty(address);
          this.leave(address);
        };
      },
    };
  }

  private async enter(address: string): Promise<void> {
    let checking = this.addresses.get(address);
    if (checking === undefined) this.addresses.set(address, (checking = { running: 0, waiting: [] }));
    if (checking.running < RUNNING_MAX) {
      checking.running += 1;
      return;
    }
    if (checking.waiting.length >= WAITING_MAX)
      throw new Problem('overloaded', { detail: 'Too many tokens of this address are being checked' });
    const { waiting } = checking;
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  /** Hands the place on to who waits longest. */
  private leave(address: string): void {
    const checking = this.addresses.get(address) as Checking;
    const next = checking.waiting.shift();
    if (next !== undefined) return next();
    checking.running -= 1;
    if (checking.running === 0) this.addresses.delete(address);
  }
}
