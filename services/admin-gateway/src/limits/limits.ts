import type { IncomingMessage } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { SignatureChecks } from '../auth/verifier.ts';
import { Problem } from '../http/problem.ts';
import { addressOf, type AddressOf, countedAs } from './addresses.ts';
import { Gate } from './gate.ts';
import { Signatures } from './signatures.ts';

export interface LimitsOptions {
  /** Of a principal, and of an address (an IPv6 network of 64 bits). */
  ratePerSecond: number;
  addressRatePerSecond: number;
  /** Signatures that turn out wrong, of an address. */
  wrongTokensPerSecond: number;
  concurrentMax: number;
  /** Commands at once that are never held back. */
  commandsMin: number;
  trustedProxies: string;
}

/** administration: what an operator needs when everything else is too much. signIn: what asks the identity provider. */
export type TrafficClass = 'administration' | 'command' | 'read' | 'signIn';
const ADMINISTRATION_MAX = 100;
const SIGN_INS_MAX = 100;

const limited = (error: unknown, detail: string): unknown => {
  if (!(error instanceof RateLimiterRes)) return error;
  const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
  return new Problem('rate_limited', { detail, headers: { 'retry-after': String(seconds) } });
};

/**
 * Refuses early what would only wait: too many requests of one address or principal (429), too many at once in this process, more commands than can be served (503).
 * Each class of traffic has a bound of its own, so that none starves another.
 */
export class Limits {
  readonly commands: Gate;
  readonly addressOf: AddressOf;
  private readonly options: LimitsOptions;
  private readonly principals: RateLimiterMemory;
  private readonly addresses: RateLimiterMemory;
  private readonly signatures: Signatures;
  private readonly running: Record<TrafficClass, number> = { administration: 0, command: 0, read: 0, signIn: 0 };
  private readonly max: Readonly<Record<TrafficClass, number>>;

  constructor(options: LimitsOptions) {
    const { ratePerSecond, addressRatePerSecond, wrongTokensPerSecond, concurrentMax, commandsMin, trustedProxies } = options;
    this.options = options;
    this.principals = new RateLimiterMemory({ points: ratePerSecond, duration: 1 });
    this.addresses = new RateLimiterMemory({ points: addressRatePerSecond, duration: 1 });
    this.signatures = new Signatures({ wrongPerSecond: wrongTokensPerSecond });
    this.max = { administration: ADMINISTRATION_MAX, command: concurrentMax, read: concurrentMax, signIn: SIGN_INS_MAX };
    this.commands = new Gate({ min: commandsMin, max: concurrentMax });
    this.addressOf = addressOf(trustedProxies);
  }

  get concurrent(): number {
    return Object.values(this.running).reduce((sum, count) => sum + count, 0);
  }

  enter(traffic: TrafficClass): void {
    if (this.running[traffic] >= this.max[traffic]) throw new Problem('overloaded', { detail: 'Too many requests at once' });
    if (traffic === 'command') this.commands.come();
    this.running[traffic] += 1;
  }

  leave(traffic: TrafficClass): void {
    if (traffic === 'command') this.commands.leave();
    this.running[traffic] -= 1;
  }

  /** Before anything is spent on a request; what its address is counted as. */
  async admitAddress(request: IncomingMessage): Promise<string> {
    const address = countedAs(this.addressOf(request));
    try {
      await this.addresses.consume(address);
    } catch (error) {
      throw limited(error, `More than ${this.options.addressRatePerSecond} requests in a second from one address`);
    }
    return address;
  }

  async admit(principal: string): Promise<void> {
    try {
      await this.principals.consume(principal);
    } catch (error) {
      throw limited(error, `More than ${this.options.ratePerSecond} requests in a second`);
    }
  }

  /** What tokens that are not known yet may cost, of an address as it is counted. */
  checksOf(address: string): SignatureChecks {
    return this.signatures.of(address);
  }
}
