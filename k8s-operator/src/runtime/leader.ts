import { randomUUID } from 'node:crypto';
import { uptime } from 'node:os';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import type { KubeClient } from '../kube/client.ts';
import { KubeError, NotLeaderError } from '../kube/errors.ts';
import { type Lease, LEASES } from '../kube/resources.ts';
import { sleep } from '../kube/sleep.ts';
import { microTime } from '../kube/time.ts';
import type { OperatorMetrics } from './metrics.ts';

export interface LeaderOptions {
  /** Without beforeWrite. */
  client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  namespace: string;
  name: string;
  /** For people; what stands in the Lease has a random part behind it: a process does not take the lease of its former life for its own. */
  identity: string;
  leaseMs?: number;
  renewMs?: number;
  /** How often one that does not lead looks. */
  retryMs?: number;
  log: Logger;
  metrics: Pick<OperatorMetrics, 'leading' | 'tookOver'>;
  /** Must go on while the process, and better also while the machine, is stopped. */
  monotonicNow?: () => number;
}

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const RETRY_MS = 8_000;
/** Clocks of two machines may run this much apart in speed. */
const DRIFT = 0.01;
/** A renewal that failed is tried again after this part of the time between two. */
const RENEW_RETRY_PART = 1 / 5;

/**
 * One of several processes leads: the one whose name is in a Lease. No two clocks are compared: another's lease has run out when it did not change for its duration
 * by our clock, ours when its duration has passed since we *sent* the last renewal that succeeded. So the one that led knows of its end before anybody else can begin.
 * Each write of the Lease carries its resourceVersion. Once lost it is not sought again: what the process believed may be wrong, it must end. (After client-go's leaderelection.)
 */
export class Leader {
  /** Resolves when the process led and does not any more without having been asked to stop: it must end. */
  readonly lost: Promise<void>;
  private readonly options: LeaderOptions;
  private readonly leaseMs: number;
  private readonly renewMs: number;
  private readonly retryMs: number;
  private readonly holder: string;
  private readonly now: () => number;
  private readonly ending = new AbortController();
  private readonly resolveLost: () => void;
  private readonly elected = Promise.withResolvers<void>();
  private state: 'waiting' | 'leading' | 'lost' | 'stopped' = 'waiting';
  /** Ours, as the server answered when we last wrote it. */
  private lease: Lease | null = null;
  private validUntil = Number.NEGATIVE_INFINITY;
  private expiry: NodeJS.Timeout | null = null;
  private seen: { text: string; at: number } | null = null;
  private heardAt: number;
  private failure = '';
  private running: Promise<void> | null = null;

  constructor(options: LeaderOptions) {
    this.options = options;
    this.leaseMs = options.leaseMs ?? LEASE_MS;
    this.renewMs = options.renewMs ?? RENEW_MS;
    this.retryMs = options.retryMs ?? RETRY_MS;
    this.holder = `${options.identity}_${randomUUID()}`;
    // Goes on while the machine sleeps, as performance.now does not.
    this.now = options.monotonicNow ?? (() => uptime() * 1_000);
    this.heardAt = this.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.resolveLost = resolve;
  }

  get isLeader(): boolean {
    return this.state === 'leading' && this.now() < this.validUntil;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Resolves when it leads; rejects when the signal comes first. */
  async untilLeader(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.elected.promise, promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Throws NotLeaderError unless a write that takes timeoutMs ends before the lease can. */
  beforeWrite(timeoutMs: number): void {
    if (this.state !== 'leading') throw new NotLeaderError(`this process is not the leader (${this.state})`);
    const leftMs = this.validUntil - this.now();
    if (leftMs > timeoutMs) return;
    throw new NotLeaderError(`the lease ends in ${Math.round(leftMs)} ms, a write may take ${Math.round(timeoutMs)} ms`);
  }

  /** Gives the lease back, so that the next one need not wait for its end. Nothing may be written after it is called. */
  async stop(): Promise<void> {
    if (this.state !== 'lost') this.state = 'stopped';
    this.ending.abort();
    this.resign();
    await this.running;
    const { lease } = this;
    this.lease = null;
    // Also one that was won while it stopped. When it is no longer ours its version is another.
    if (this.state !== 'stopped' || lease === null) return;
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(new Date()) };
    try {
      await this.options.client.replace(LEASES, { ...lease, spec });
      this.options.log.info({ lease: this.options.name }, 'leadership given back');
    } catch (error) {
      this.options.log.warn({ err: error, lease: this.options.name }, 'the lease could not be given back: it runs out by itself');
    }
  }

  /** Not leading is fine: somebody else does. Red when that cannot be known, and when it was lost. */
  verdict(): Verdict {
    if (this.state === 'lost' || (this.state === 'leading' && !this.isLeader)) return { ok: false, reason: 'the leadership was lost' };
    const quietMs = this.now() - this.heardAt;
    if (this.state === 'stopped' || quietMs <= this.leaseMs) return { ok: true };
    return { ok: false, reason: `the lease could not be read for ${Math.round(quietMs / 1_000)} s (${this.failure})` };
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      let waitMs = this.retryMs * (0.9 + Math.random() / 5);
      try {
        if (this.state === 'leading') await this.renew();
        else waitMs = Math.min(waitMs, (await this.campaign()) ?? waitMs);
        this.heardAt = this.now();
        if (this.state === 'leading') waitMs = this.renewMs;
      } catch (error) {
        this.failure = (error as Error).message;
        if (this.state === 'leading') waitMs = this.renewMs * RENEW_RETRY_PART;
        this.options.log.warn({ err: error, lease: this.options.name, state: this.state }, 'the lease could not be asked for');
      }
      await sleep(waitMs, signal);
    }
  }

  /** Takes the lease when nobody has it; else says in how many ms it will have run out if nobody renews it. */
  private async campaign(): Promise<number | null> {
    const { client, namespace, name } = this.options;
    const lease = await client.get(LEASES, namespace, name);
    if (this.ending.signal.aborted) return null;
    const sentAt = this.now();
    const leftMs = this.leftOf(lease);
    if (leftMs > 0) return leftMs;
    const time = microTime(new Date());
    const spec = {
      ...lease?.spec,
      holderIdentity: this.holder,
      leaseDurationSeconds: Math.ceil(this.leaseMs / 1_000),
      acquireTime: time,
      renewTime: time,
      leaseTransitions: lease === null ? 0 : (lease.spec?.leaseTransitions ?? 0) + 1,
    };
    try {
      if (lease === null) {
        const { apiVersion, kind } = LEASES;
        this.hold(await client.create(LEASES, namespace, { apiVersion, kind, metadata: { namespace, name }, spec }), sentAt);
      } else this.hold(await client.replace(LEASES, { ...lease, spec }), sentAt);
    } catch (error) {
      // Somebody else was quicker.
      if (!(error instanceof KubeError && error.status === 409)) throw error;
    }
    return null;
  }

  /** How much longer another's lease has to be respected; 0 when nobody holds it. Any change of it is a sign of life. One that was seen and is gone holds still: its holder does not know. */
  private leftOf(lease: Lease | null): number {
    const text = lease === null ? (this.seen?.text ?? '{}') : JSON.stringify(lease.spec ?? {});
    if (this.seen?.text !== text) this.seen = { text, at: this.now() };
    const spec = JSON.parse(text) as Lease['spec'];
    if (spec?.holderIdentity === undefined || spec.holderIdentity === '' || spec.holderIdentity === this.holder) return 0;
    return Math.max(0, this.seen.at + (spec.leaseDurationSeconds ?? 0) * 1_000 - this.now());
  }

  private async renew(): Promise<void> {
    const { client, namespace, name } = this.options;
    // A conflict may be an earlier renewal of ours whose answer was lost, or an annotation: one look, one more try.
    for (let attempt = 1; this.lease !== null; attempt++) {
      const sentAt = this.now();
      // A process that was stopped wakes here: it sends nothing more.
      if (sentAt >= this.validUntil) return this.lose('it ran out before it could be renewed');
      const spec = { ...this.lease.spec, renewTime: microTime(new Date()) };
      try {
        return this.hold(await client.replace(LEASES, { ...this.lease, spec }), sentAt);
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        // Without it another may begin at once.
        if (error.status === 404) return this.lose('the lease is gone');
        if (!error.isConflict || attempt === 2) throw error;
      }
      const lease = await client.get(LEASES, namespace, name);
      if (lease?.spec?.holderIdentity !== this.holder) return this.lose(`held by ${lease?.spec?.holderIdentity ?? 'nobody'}`);
      this.lease = lease;
    }
  }

  /** The server took what we sent at sentAt. */
  private hold(lease: Lease, sentAt: number): void {
    this.lease = lease;
    if (this.state === 'lost' || this.state === 'stopped') return;
    this.validUntil = sentAt + this.leaseMs * (1 - DRIFT);
    const leftMs = this.validUntil - this.now();
    if (leftMs <= 0) return this.lose('the answer came too late');
    if (this.expiry !== null) clearTimeout(this.expiry);
    this.expiry = setTimeout(() => this.lose('it could not be renewed in time'), leftMs);
    if (this.state === 'leading') return;
    this.state = 'leading';
    const { log, metrics, name } = this.options;
    metrics.leading(true);
    metrics.tookOver();
    log.info({ lease: name, holder: this.holder, transitions: lease.spec?.leaseTransitions }, 'this process leads');
    this.elected.resolve();
  }

  private lose(reason: string): void {
    if (this.state === 'lost' || this.state === 'stopped') return;
    this.state = 'lost';
    this.ending.abort();
    this.resign();
    this.options.log.error({ lease: this.options.name, reason }, 'the leadership was lost');
    this.resolveLost();
  }

  private resign(): void {
    if (this.expiry !== null) clearTimeout(this.expiry);
    this.expiry = null;
    this.options.metrics.leading(false);
  }
}
