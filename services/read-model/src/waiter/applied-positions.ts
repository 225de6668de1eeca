import type { Registry } from 'prom-client';
import type { Logger } from '@ledgerflow/platform/log';
import { Histogram, LATENCY_BUCKETS, observedGauge } from '@ledgerflow/platform/metrics';
import { Listener, type Queryable } from '@ledgerflow/platform/postgres';
import type { ProjectionName } from '../queries/live.ts';
import { PROJECTIONS } from '../projections/registry.ts';
import { Sweep } from './sweep.ts';

/**
 * The builder notifies `<ledger number>:<position>` here: in the transaction that applies a batch, once a ledger, and in those by which a projection that was held or rebuilt
 * catches up.
 */
export const APPLIED_CHANNEL = 'applied';

/**
 * applied: the position is applied, in the epoch told. held: one of the projections holds before it at the position told, because the record that follows there is parked: only a repair brings it
 * further. timeout: not in time. overloaded: too many wait already, or the waiter has stopped.
 */
export type WaitOutcome =
  { kind: 'applied'; epoch: number; position: bigint } | { kind: 'held'; position: bigint } | { kind: 'timeout' } | { kind: 'overloaded' };

export interface AppliedPositionsOptions {
  /** For LISTEN: a connection of its own to the primary (READ_GATEWAY role). */
  url: string;
  /** For the statements: the gateway's pool. */
  db: Queryable;
  log: Logger;
  metrics?: Registry | undefined;
  /** Begins the names of the metrics. */
  metricsPrefix?: string;
  /** Waits at most, over all ledgers. */
  waitersMax?: number;
  /** While somebody waits, one statement for all waited-for ledgers this often. A replica tells nobody when it has replayed something, so it is looked at more often. */
  sweepIntervalMs?: number;
}

const WAITERS_MAX = 10_000;
const SWEEP_INTERVAL_MS = 100;

interface Waiter {
  position: bigint;
  projections: readonly ProjectionName[];
  settle: (outcome: WaitOutcome) => void;
}

interface Ledger {
  number: number | null;
  /** The checkpoint as the last sweep saw it: who waits for a position before it waits for a projection that is held or catches up. */
  position: bigint;
  /** Those who wait, by position ascending. */
  waiters: Waiter[];
}

const OF_LEDGERS = PROJECTIONS.filter(({ scope }) => scope === 'ledger').map(({ name }) => name);

/** Whether the record that a projection holds before is parked. One that holds for another reason (a table was locked) goes on by itself. */
const IS_BLOCKED = `p.held_reason is not null and exists (select from read.dead_letters d where d.ledger = p.ledger and d.position = p.position + 1 and d.position > p.whole_to
  and d.error is not null and (p.projection = any(d.projections) or (d.accounts <> '{}' and p.projection = any($2))))`;

// One row a ledger, whoever waits for whatever of it. Indexes: checkpoints (id), projections by primary key, dead_letters (ledger, position).
const SQL = `select c.id, c.ledger, c.epoch, c.position, p.names, p.positions, p.blocked
  from read.checkpoints c left join lateral (
    select array_agg(projection) as names, array_agg(position) as positions, array_agg(projection) filter (where c.dead_letters > 0 and ${IS_BLOCKED}) as blocked
    from read.projections p where p.ledger = c.ledger) p on true
  where c.id = any($1)`;

interface Row {
  id: string;
  ledger: number;
  epoch: number;
  position: string;
  names: string[] | null;
  positions: string[] | null;
  /** Those that hold before a parked record. */
  blocked: string[] | null;
}

/** The least of the projections' positions; of none the checkpoint's. A projection that the ledger does not have yet is at 0. Remembers what it said of the same list. */
function leastOf(row: Row): (projections: readonly ProjectionName[]) => bigint {
  const positions = new Map((row.names ?? []).map((name, i) => [name, BigInt(row.positions?.[i] ?? 0)]));
  const known = new Map<readonly ProjectionName[], bigint>();
  return (projections) => {
    let least = known.get(projections);
    if (least !== undefined) return least;
    least = BigInt(row.position);
    for (const name of projections) {
      const position = positions.get(name) ?? 0n;
      if (position < least) least = position;
    }
    known.set(projections, least);
    return least;
  };
}

/**
 * Waits until a ledger's log is applied up to a position, by the projections that a query reads. Nobody polls: waits stand in one index by ledger and position; a notification
 * answers those that it reaches, and a single statement a sweep looks after all ledgers together.
 */
export class AppliedPositions {
  private readonly ledgers = new Map<string, Ledger>();
  private readonly idsByNumber = new Map<number, string>();
  private readonly listener: Listener;
  private readonly sweep: Sweep;
  private readonly seconds: Histogram | null;
  private readonly waitersMax: number;
  private readonly db: Queryable;
  private waiting = 0;
  private stopped = false;

  constructor(options: AppliedPositionsOptions) {
    this.waitersMax = options.waitersMax ?? WAITERS_MAX;
    const { url, db, log, metrics, metricsPrefix = 'ledgerflow_applied', sweepIntervalMs: intervalMs = SWEEP_INTERVAL_MS } = options;
    this.db = db;
    const isNeeded = (): boolean => this.ledgers.size > 0;
    this.sweep = new Sweep({ look: () => this.readPositions(), isNeeded, intervalMs, log, what: 'the applied positions' });
    this.listener = new Listener({
      url,
      channel: APPLIED_CHANNEL,
      log,
      onNotification: (payload) => this.notified(payload),
      onGap: () => this.sweep.now(),
    });
    this.seconds =
      metrics === undefined
        ? null
        : new Histogram({
            name: `${metricsPrefix}_wait_seconds`,
            help: 'How long reads waited for a position to be applied',
            labelNames: ['outcome'],
            buckets: LATENCY_BUCKETS,
            registers: [metrics],
          });
    if (metrics !== undefined)
      observedGauge(metrics, `${metricsPrefix}_waiters`, 'Reads that wait for a position to be applied', () => this.waiting);
  }

  async start(): Promise<void> {
    await this.listener.start();
  }

  /** How many wait now. */
  get count(): number {
    return this.waiting;
  }

  /**
   * Resolves as soon as the ledger's log is applied up to the position by these projections (none: by those that go with the checkpoint), or after `timeoutMs`. A ledger that the read side does
   * not know yet is waited for too.
   */
  wait(ledger: string, position: bigint, projections: readonly ProjectionName[], timeoutMs: number): Promise<WaitOutcome> {
    if (this.stopped || this.waiting >= this.waitersMax) return Promise.resolve({ kind: 'overloaded' });
    const began = performance.now();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        projections,
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
      this.sweep.now();
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const { waiters } of this.ledgers.values()) for (const waiter of waiters) waiter.settle({ kind: 'overloaded' });
    this.ledgers.clear();
    await this.listener.stop();
    await this.sweep.stop();
  }

  private insert(id: string, waiter: Waiter): void {
    const ledger = this.ledgers.get(id) ?? { number: null, position: 0n, waiters: [] };
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

  /**
   * A notification carries no epoch, so it makes the sweep run now instead of answering itself: an answer always comes from the database. One beyond the known checkpoint concerns only
   * those who wait for the checkpoint to move; who waits for a held projection does not make every batch a statement.
   */
  private notified(payload: string): void {
    const [number, text] = payload.split(':');
    const id = this.idsByNumber.get(Number(number));
    const ledger = id === undefined ? undefined : this.ledgers.get(id);
    if (ledger === undefined || text === undefined || !/^\d{1,19}$/.test(text)) return;
    const position = BigInt(text);
    const isNews = position > ledger.position;
    const first = ledger.waiters.find((waiter) => !isNews || waiter.position > ledger.position);
    if (first !== undefined && first.position <= position) this.sweep.now();
  }

  /** One statement for all ledgers that are waited for. */
  private async readPositions(): Promise<void> {
    const { rows } = await this.db.query<Row>(SQL, [[...this.ledgers.keys()], OF_LEDGERS]);
    for (const row of rows) {
      const ledger = this.ledgers.get(row.id);
      if (ledger === undefined) continue;
      ledger.number = row.ledger;
      ledger.position = BigInt(row.position);
      this.idsByNumber.set(row.ledger, row.id);
      this.settleReached(ledger, row.epoch, leastOf(row));
      if (row.blocked !== null) this.settleHeld(ledger, row, row.blocked);
      this.forgetIfIdle(row.id, ledger);
    }
  }

  /** Who waits, for whatever position, for a projection that holds before a parked record. */
  private settleHeld(ledger: Ledger, { names, positions }: Row, blocked: readonly string[]): void {
    const held = new Map(
      (names ?? []).flatMap((name, i): [string, bigint][] => (blocked.includes(name) ? [[name, BigInt(positions?.[i] ?? 0)]] : [])),
    );
    ledger.waiters = ledger.waiters.filter((waiter) => {
      const before = waiter.projections.flatMap((name) => {
        const position = held.get(name);
        return position === undefined || position >= waiter.position ? [] : [position];
      });
      if (before.length === 0) return true;
      waiter.settle({ kind: 'held', position: before.reduce((least, position) => (position < least ? position : least)) });
      return false;
    });
  }

  private settleReached(ledger: Ledger, epoch: number, least: (projections: readonly ProjectionName[]) => bigint): void {
    const beyond = ledger.waiters.findIndex(({ position }) => position > ledger.position);
    const looked = ledger.waiters.splice(0, beyond < 0 ? ledger.waiters.length : beyond);
    const left: Waiter[] = [];
    for (const waiter of looked) {
      const position = least(waiter.projections);
      if (position >= waiter.position) waiter.settle({ kind: 'applied', epoch, position });
      else left.push(waiter);
    }
    ledger.waiters.unshift(...left);
  }
}
