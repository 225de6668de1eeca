import type { Registry } from 'prom-client';
import type { Logger } from '@ledgerflow/platform/log';
import { Histogram, LATENCY_BUCKETS, observedGauge } from '@ledgerflow/platform/metrics';
import { Listener, type Queryable } from '@ledgerflow/platform/postgres';

/** The builder notifies `<ledger number>:<position>` here, in the transaction that applies it, once a ledger and batch. */
export const APPLIED_CHANNEL = 'applied';

/** applied: the position is applied, in the epoch told. timeout: not in time. overloaded: too many wait already, or the waiter has stopped. */
export type WaitOutcome = { kind: 'applied'; epoch: number; position: bigint } | { kind: 'timeout' } | { kind: 'overloaded' };

export interface AppliedPositionsOptions {
  /** For LISTEN: a connection of its own (READ_GATEWAY role). */
  url: string;
  /** For the statements: the gateway's pool. */
  db: Queryable;
  log: Logger;
  metrics?: Registry;
  /** Waits at most, over all ledgers. */
  waitersMax?: number;
}

const WAITERS_MAX = 10_000;
/** While somebody waits, one statement for all waited-for ledgers this often: the net below lost notifications. */
const SWEEP_INTERVAL_MS = 100;

interface Waiter {
  position: bigint;
  settle: (outcome: WaitOutcome) => void;
}

interface Ledger {
  number: number | null;
  /** Those who wait, by position ascending. */
  waiters: Waiter[];
}

/**
 * Waits until a ledger's log is applied up to a position. Nobody polls: waits stand in one index by ledger and position; a notification answers those
 * that it reaches, and a single statement a sweep looks after all ledgers together.
 */
export class AppliedPositions {
  private readonly ledgers = new Map<string, Ledger>();
  private readonly idsByNumber = new Map<number, string>();
  private readonly listener: Listener;
  private readonly seconds: Histogram | null;
  private readonly waitersMax: number;
  private readonly options: AppliedPositionsOptions;
  private waiting = 0;
  private timer: NodeJS.Timeout | null = null;
  private sweeping: Promise<void> | null = null;
  private sweepAgain = false;
  private stopped = false;

  constructor(options: AppliedPositionsOptions) {
    this.options = options;
    this.waitersMax = options.waitersMax ?? WAITERS_MAX;
    const { url, log, metrics } = options;
    this.listener = new Listener({
      url,
      channel: APPLIED_CHANNEL,
      log,
      onNotification: (payload) => this.notified(payload),
      onGap: () => this.sweep(),
    });
    this.seconds =
      metrics === undefined
        ? null
        : new Histogram({
            name: 'ledgerflow_applied_wait_seconds',
            help: 'How long reads waited for a position to be applied',
            labelNames: ['outcome'],
            buckets: LATENCY_BUCKETS,
            registers: [metrics],
          });
    if (metrics !== undefined)
      observedGauge(metrics, 'ledgerflow_applied_waiters', 'Reads that wait for a position to be applied', () => this.waiting);
  }

  async start(): Promise<void> {
    await this.listener.start();
  }

  /** How many wait now. */
  get count(): number {
    return this.waiting;
  }

  /** Resolves as soon as the ledger's log is applied up to the position, or after `timeoutMs`. A ledger that the read side does not know yet is waited for too. */
  wait(ledger: string, position: bigint, timeoutMs: number): Promise<WaitOutcome> {
    if (this.stopped || this.waiting >= this.waitersMax) return Promise.resolve({ kind: 'overloaded' });
    const began = performance.now();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        settle: (outcome) => {
          clearTimeout(timer);
          this.waiting -= 1;
          this.seconds?.observe({ outcome: outcome.kind }, (performance.now() - began) / 1000);
          resolve(outcome);
        },
      };
      const timer = setTimeout(() => {
        this.remove(ledger, waiter);
        waiter.settle({ kind: 'timeout' });
      }, timeoutMs);
      this.waiting += 1;
      this.insert(ledger, waiter);
      this.sweep();
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    for (const { waiters } of this.ledgers.values()) for (const waiter of waiters) waiter.settle({ kind: 'overloaded' });
    this.ledgers.clear();
    await this.listener.stop();
    await this.sweeping;
  }

  private insert(id: string, waiter: Waiter): void {
    const ledger = this.ledgers.get(id) ?? { number: null, waiters: [] };
    this.ledgers.set(id, ledger);
    let at = ledger.waiters.length;
    // Positions mostly ascend, so this seldom takes a step.
    while (at > 0 && (ledger.waiters[at - 1] as Waiter).position > waiter.position) at -= 1;
    ledger.waiters.splice(at, 0, waiter);
  }

  private remove(id: string, waiter: Waiter): void {
    const ledger = this.ledgers.get(id);
    if (ledger === undefined) return;
    const at = ledger.waiters.indexOf(waiter);
    if (at >= 0) ledger.waiters.splice(at, 1);
    this.forgetIfIdle(id, ledger);
  }

  private forgetIfIdle(id: string, ledger: Ledger): void {
    if (ledger.waiters.length > 0) return;
    this.ledgers.delete(id);
    if (ledger.number !== null) this.idsByNumber.delete(ledger.number);
  }

  /** A notification carries no epoch, so it makes the sweep run now instead of answering itself: an answer always comes from the checkpoint's row. */
  private notified(payload: string): void {
    const [number, position] = payload.split(':');
    const id = this.idsByNumber.get(Number(number));
    if (id === undefined) return;
    const first = this.ledgers.get(id)?.waiters[0];
    if (first !== undefined && position !== undefined && /^\d{1,19}$/.test(position) && BigInt(position) >= first.position) this.sweep();
  }

  /** One statement for all ledgers that are waited for; never two at once. */
  private sweep(): void {
    if (this.stopped || this.ledgers.size === 0) return;
    if (this.sweeping !== null) {
      this.sweepAgain = true;
      return;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.sweeping = this.readCheckpoints()
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'the applied positions could not be read'))
      .finally(() => {
        this.sweeping = null;
        if (this.stopped || this.ledgers.size === 0) return;
        if (this.sweepAgain) {
          this.sweepAgain = false;
          this.sweep();
        } else {
          this.timer = setTimeout(() => this.sweep(), SWEEP_INTERVAL_MS);
          this.timer.unref();
        }
      });
  }

  private async readCheckpoints(): Promise<void> {
    const { rows } = await this.options.db.query<{ id: string; ledger: number; epoch: number; position: string }>(
      'select id, ledger, epoch, position from read.checkpoints where id = any($1)',
      [[...this.ledgers.keys()]],
    );
    for (const row of rows) {
      const ledger = this.ledgers.get(row.id);
      if (ledger === undefined) continue;
      ledger.number = row.ledger;
      this.idsByNumber.set(row.ledger, row.id);
      const position = BigInt(row.position);
      let reached = 0;
      while (reached < ledger.waiters.length && (ledger.waiters[reached] as Waiter).position <= position) reached += 1;
      for (const waiter of ledger.waiters.splice(0, reached)) waiter.settle({ kind: 'applied', epoch: row.epoch, position });
      this.forgetIfIdle(row.id, ledger);
    }
  }
}
