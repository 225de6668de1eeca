import { BreakerOpenError, createBreaker, isTopicMissing } from '@ledgerflow/platform/kafka';
import type { Breaker, BreakerState, KafkaProducer } from '@ledgerflow/platform/kafka';
import type { Logger } from '@ledgerflow/platform/log';
import type { LedgerLocation, LedgerStore } from '../application/store.ts';
import { Batch, milliseconds } from './batch.ts';
import type { Cursors } from './cursors.ts';
import type { Subscription } from './hub.ts';
import type { Lease, SlotLeases } from './lease.ts';
import type { RelayMetrics } from './metrics.ts';
import type { TopicRestorer } from './topic.ts';

export interface SlotLimits {
  batchCountMax: number;
  batchBytesMax: number;
  /** Ledgers looked at for one batch. */
  batchLedgersMax: number;
  /** Ledgers known to lag at most; the sweep finds the others later. */
  lagLedgersMax: number;
  breakerFailuresMax: number;
  breakerWaitMinMs: number;
  breakerWaitMaxMs: number;
  retryDelayMs: number;
}

/** What a slot needs of its relay. */
export interface SlotHost {
  cluster: string;
  topic: string;
  limits: SlotLimits;
  log: Logger;
  metrics: RelayMetrics;
  producer: Pick<KafkaProducer, 'sendBatch'>;
  topicRestorer: Pick<TopicRestorer, 'restore'>;
  store: Pick<LedgerStore, 'readLog'>;
  leases: SlotLeases;
  cursors: Cursors;
  kept: Subscription;
  /** Finds the ledgers of this cluster by number; null for one that is not in the directory yet. */
  locate(slot: number, ledger: number): Promise<LedgerLocation | null>;
  /** Bounds how many slots work at once. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** The lease turned out to be somebody else's. */
  onLost(lease: Lease): void;
  /** Breaker or error changed. */
  onTrouble(slot: SlotRelay): void;
}

interface Lag {
  head: bigint;
  /** Milliseconds since 1970; of the oldest record as far as known. */
  sinceMs: number;
}

/**
 * Publishes one slot while its lease is ours: reads beyond the cursors, sends, moves the cursors, one batch after the other. The order of these three is the whole
 * guarantee: a cursor never runs ahead of Kafka, and nothing behind a batch is sent before the batch was acknowledged and its cursors were moved under our epoch.
 */
export class SlotRelay {
  readonly lease: Lease;
  readonly breaker: Breaker;
  lastError: { message: string; at: Date } | null = null;
  private readonly host: SlotHost;
  private readonly lags = new Map<number, Lag>();
  /** As last read or moved; forgotten after any failure, whose outcome is unknown. */
  private readonly positions = new Map<number, bigint>();
  private isStopping = false;
  private signal = Promise.withResolvers<void>();
  private readonly stopped = Promise.withResolvers<void>();
  private readonly done: Promise<void>;

  constructor(lease: Lease, host: SlotHost) {
    this.lease = lease;
    this.host = host;
    const { limits } = host;
    this.breaker = createBreaker({
      failuresMax: limits.breakerFailuresMax,
      waitMinMs: limits.breakerWaitMinMs,
      waitMaxMs: limits.breakerWaitMaxMs,
      onChange: (state) => this.onBreaker(state),
    });
    host.metrics.breaker(host.cluster, lease.slot, 'closed');
    this.done = this.run();
  }

  get slot(): number {
    return this.lease.slot;
  }

  /** A ledger's log is known to reach `head`. */
  mark(ledger: number, head: bigint, sinceMs: number): void {
    const lag = this.lags.get(ledger);
    if (lag !== undefined) {
      if (head > lag.head) lag.head = head;
    } else {
      if (this.lags.size >= this.host.limits.lagLedgersMax) return;
      this.lags.set(ledger, { head, sinceMs });
    }
    this.signal.resolve();
  }

  /** Age of the oldest record that is known to wait; 0 when none does. */
  oldestAgeSeconds(nowMs: number): number {
    let oldest = nowMs;
    for (const { sinceMs } of this.lags.values()) oldest = Math.min(oldest, sinceMs);
    return (nowMs - oldest) / 1000;
  }

  /** Sends nothing more; returns when the batch in flight has ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.stopped.resolve();
    this.signal.resolve();
    await this.done;
  }

  private async run(): Promise<void> {
    const { host } = this;
    while (!this.isStopping) {
      if (this.lags.size === 0) {
        await this.signal.promise;
        this.signal = Promise.withResolvers<void>();
        continue;
      }
      try {
        await host.inTurn(() => this.publishNext());
      } catch (error) {
        this.positions.clear();
        if (!(error instanceof BreakerOpenError)) this.onError(error as Error);
        await this.pause(Math.max(host.limits.retryDelayMs, this.breaker.waitMs));
      }
    }
    host.metrics.forget(host.cluster, this.slot);
  }

  private async publishNext(): Promise<void> {
    const { host, lease } = this;
    if (this.isStopping) return;
    if (this.breaker.waitMs > 0) throw new BreakerOpenError('the circuit breaker around Kafka is open');
    const batch = await this.step('read', () => this.collect());
    if (batch.messages.length === 0 || this.isStopping) return;
    // A relay that was suspended between reading and sending wakes up here. The epoch would stop it too, after having repeated what others sent.
    if (!host.leases.isValid(lease)) throw new Error('the lease has run out');
    const began = performance.now();
    await this.step('publish', () => this.breaker.run(() => this.send(batch)));
    const seconds = (performance.now() - began) / 1000;
    const moves = [...batch.runs].map(([ledger, run]) => ({ ledger, to: run.last }));
    const isMine = await this.step('move', () => host.cursors.move(lease, moves));
    if (!isMine) {
      this.isStopping = true;
      host.onLost(lease);
      return;
    }
    host.metrics.published(host.cluster, batch.messages.length, seconds);
    this.advance(batch);
  }

  /** Within one call of the breaker: a topic that is back must not wait for the next trial. The failed send has retired its producer; the next one loads metadata. */
  private async send(batch: Batch): Promise<void> {
    const { host, lease } = this;
    try {
      await host.producer.sendBatch(host.topic, batch.messages);
    } catch (error) {
      const isBack = isTopicMissing(error) && (await host.topicRestorer.restore());
      if (!isBack || this.isStopping || !host.leases.isValid(lease)) throw error;
      await host.producer.sendBatch(host.topic, batch.messages);
    }
  }

  private async step<T>(name: 'read' | 'publish' | 'move', work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BreakerOpenError)) this.host.metrics.failed(this.host.cluster, name);
      throw error;
    }
  }

  private async collect(): Promise<Batch> {
    const { host } = this;
    const batch = new Batch(host.limits.batchCountMax, host.limits.batchBytesMax);
    const ledgers = [...this.lags.keys()].slice(0, host.limits.batchLedgersMax);
    const unknown = ledgers.filter((ledger) => !this.positions.has(ledger));
    if (unknown.length > 0) for (const [ledger, position] of await host.cursors.read(unknown)) this.positions.set(ledger, position);
    for (const ledger of ledgers) {
      if (batch.isFull) break;
      const lag = this.lags.get(ledger);
      const cursor = this.positions.get(ledger) ?? 0n;
      if (lag === undefined || lag.head <= cursor) {
        this.settle(ledger, cursor);
        continue;
      }
      const location = await host.locate(this.slot, ledger);
      // Not in the directory (yet): the sweep will name it again.
      if (location === null || (await this.fill(batch, location, cursor)) === 0) this.lags.delete(ledger);
      const run = batch.runs.get(ledger);
      if (run !== undefined) lag.sinceMs = milliseconds(run.firstAt);
    }
    return batch;
  }

  /** Puts the records after `cursor` into the batch, from the hub's memory if it has them, else from the store; how many. */
  private async fill(batch: Batch, location: LedgerLocation, cursor: bigint): Promise<number> {
    const { kept, store } = this.host;
    const inMemory = kept.take(location.number);
    if (inMemory !== null && inMemory.from <= cursor + 1n) {
      const texts = inMemory.texts.slice(Number(cursor + 1n - inMemory.from));
      const taken = batch.add(location, cursor, texts);
      if (taken < texts.length) kept.putBack(location.number, { from: cursor + 1n + BigInt(taken), texts: texts.slice(taken) });
      if (taken > 0 || texts.length > 0) return texts.length;
    }
    const texts = await store.readLog(location, cursor, null, batch.countLeft, batch.bytesLeft);
    batch.add(location, cursor, texts);
    return texts.length;
  }

  private advance(batch: Batch): void {
    for (const [ledger, run] of batch.runs) {
      this.positions.set(ledger, run.last);
      const lag = this.lags.get(ledger);
      // What is left was recorded after what was sent.
      if (lag !== undefined) lag.sinceMs = milliseconds(run.lastAt);
      this.settle(ledger, run.last);
    }
    if (this.positions.size > this.host.limits.lagLedgersMax) this.positions.clear();
    if (this.lastError !== null && this.breaker.state === 'closed') {
      this.lastError = null;
      this.host.onTrouble(this);
    }
  }

  /** A ledger that is up to date lags no more; one that is not goes behind the others. */
  private settle(ledger: number, position: bigint): void {
    const lag = this.lags.get(ledger);
    if (lag === undefined) return;
    this.lags.delete(ledger);
    if (lag.head > position) this.lags.set(ledger, { head: lag.head, sinceMs: lag.sinceMs });
  }

  private onBreaker(state: BreakerState): void {
    const { host } = this;
    host.metrics.breaker(host.cluster, this.slot, state);
    if (state === 'open') host.log.warn({ slot: this.slot }, 'the circuit breaker around Kafka opened; records wait in the log');
    if (state === 'closed') host.log.info({ slot: this.slot }, 'the circuit breaker around Kafka closed');
    host.onTrouble(this);
  }

  private onError(error: Error): void {
    this.lastError = { message: error.message, at: new Date() };
    this.host.log.warn({ err: error, slot: this.slot }, 'a batch of records was not published; it is tried again');
    this.host.onTrouble(this);
  }

  /** Ends early by a stop, not by a mark. */
  private async pause(delayMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const elapsed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, delayMs);
    });
    await Promise.race([elapsed, this.stopped.promise]);
    clearTimeout(timer);
  }
}
