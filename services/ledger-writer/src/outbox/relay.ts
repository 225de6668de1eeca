import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import type { BreakerState, KafkaProducer } from '@ledgerflow/platform/kafka';
import type { Logger } from '@ledgerflow/platform/log';
import { Listener } from '@ledgerflow/platform/postgres';
import type { LedgerDirectory, LedgerLocation, LedgerStore } from '../application/store.ts';
import { Cursors } from './cursors.ts';
import { COMMIT_CHANNEL, parseNotice, sweep } from './discovery.ts';
import type { CommitHub, Subscription } from './hub.ts';
import { SlotLeases } from './lease.ts';
import type { Lease } from './lease.ts';
import { noMetrics } from './metrics.ts';
import type { RelayMetrics } from './metrics.ts';
import { SlotRelay } from './slot.ts';
import type { SlotHost, SlotLimits } from './slot.ts';
import type { Sql } from './sql.ts';
import { Turns } from './turns.ts';
import { readStatus } from './status.ts';
import type { SlotStatus } from './status.ts';
import type { TopicRestorer } from './topic.ts';

const SWEEP_MS = 1_000;
/** A sweep may take this share of the time; a slow one comes less often. */
const SWEEP_SHARE = 10;
const SWEEP_LEDGERS_MAX = 5_000;
const SLOTS_AT_ONCE_MAX = 8;
/** Renewals within one ttl: two may fail without losing the slot. */
const RENEWALS_A_TTL = 3;

const DEFAULT_LIMITS: SlotLimits = {
  batchCountMax: 500,
  batchBytesMax: 1024 * 1024,
  batchLedgersMax: 200,
  lagLedgersMax: 20_000,
  breakerFailuresMax: 3,
  breakerWaitMinMs: 500,
  breakerWaitMaxMs: 15_000,
  retryDelayMs: 100,
};

export interface RelayOptions {
  /** Name of the Postgres cluster whose log is relayed. */
  cluster: string;
  sql: Sql;
  /** Direct URL for LISTEN; without it only the hub and the sweep find records. */
  listenUrl?: string;
  store: Pick<LedgerStore, 'readLog'>;
  directory: Pick<LedgerDirectory, 'list'>;
  hub: CommitHub;
  producer: Pick<KafkaProducer, 'sendBatch'>;
  /** Shared by all relays of the producer. */
  topicRestorer: Pick<TopicRestorer, 'restore'>;
  /** Unique per start of a process, without spaces; also the origin of its notices. */
  holder: string;
  slots: number;
  leaseTtlMs: number;
  log: Logger;
  metrics?: RelayMetrics;
  limits?: Partial<SlotLimits>;
}

export interface RelayStatus extends SlotStatus {
  breaker: BreakerState | null;
}

/** Relays one cluster's log to Kafka together with the relays of the other replicas: each leases a fair share of the slots. */
export class Relay {
  private readonly options: RelayOptions;
  private readonly log: Logger;
  private readonly metrics: RelayMetrics;
  private readonly leases: SlotLeases;
  private readonly kept: Subscription;
  private readonly host: SlotHost;
  private readonly listener: Listener | null;
  private readonly relays = new Map<number, SlotRelay>();
  private readonly locations = new Map<number, LedgerLocation>();
  private readonly unsaved = new Map<number, { breaker: BreakerState; error: string | null; at: Date | null; epoch: bigint }>();
  private isStopping = false;
  private wakeSweep = Promise.withResolvers<void>();
  private wakeLease = Promise.withResolvers<void>();
  private loops: Promise<unknown> = Promise.resolve();

  constructor(options: RelayOptions) {
    this.options = options;
    const { sql, holder, slots, cluster, listenUrl } = options;
    this.log = options.log.child({ part: 'relay', cluster });
    this.metrics = options.metrics ?? noMetrics;
    this.leases = new SlotLeases({ sql, holder, slots, ttlMs: options.leaseTtlMs, now: () => performance.now() });
    this.kept = options.hub.subscribe({
      wants: (location) => location.cluster === cluster && this.relays.has(location.slot),
      wake: (location, head) => {
        this.remember(location);
        this.relays.get(location.slot)?.mark(location.number, head, Date.now());
      },
    });
    const turns = new Turns(SLOTS_AT_ONCE_MAX);
    this.host = {
      cluster,
      topic: RECORDS_TOPIC,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      log: this.log,
      metrics: this.metrics,
      producer: options.producer,
      topicRestorer: options.topicRestorer,
      store: options.store,
      leases: this.leases,
      cursors: new Cursors(sql, holder),
      kept: this.kept,
      locate: (slot, ledger) => this.locate(slot, ledger),
      inTurn: (work) => turns.take(work),
      onLost: (lease) => this.onLost(lease),
      onTrouble: (slot) => this.noteTrouble(slot),
    };
    const sweepNow = (): void => this.wakeSweep.resolve();
    this.listener =
      listenUrl === undefined
        ? null
        : new Listener({
            url: listenUrl,
            channel: COMMIT_CHANNEL,
            log: this.log,
            onNotification: (text) => this.onNotice(text),
            onGap: sweepNow,
          });
  }

  /** Never fails for want of Postgres or Kafka: it goes on trying, and status tells. */
  async start(): Promise<void> {
    this.loops = Promise.all([this.leaseLoop(), this.sweepLoop()]);
    await this.listener?.start();
  }

  /** Ends the batches in flight and gives the slots back. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wakeSweep.resolve();
    this.wakeLease.resolve();
    await this.listener?.stop();
    await this.loops;
    await this.retire([...this.relays.values()]);
    this.kept.close();
  }

  /** Slots that this relay publishes now. */
  slots(): number[] {
    return [...this.relays.keys()].sort((a, b) => a - b);
  }

  /** All slots of the cluster, whoever holds them; one statement. */
  async status(): Promise<RelayStatus[]> {
    const rows = await readStatus(this.options.sql, this.options.slots);
    const nowMs = Date.now();
    return rows.map((row) => {
      const mine = this.relays.get(row.slot);
      if (mine === undefined) return { ...row, breaker: row.breaker as BreakerState | null };
      const age = row.backlog === 0n ? 0 : Math.max(row.oldestAgeSeconds, mine.oldestAgeSeconds(nowMs));
      return { ...row, oldestAgeSeconds: age, breaker: mine.breaker.state, lastError: mine.lastError?.message ?? null };
    });
  }

  private async leaseLoop(): Promise<void> {
    let isPrepared = false;
    while (!this.isStopping) {
      try {
        if (!isPrepared) await this.leases.prepare();
        isPrepared = true;
        const { gained, lost, surplus } = await this.leases.tick();
        for (const lease of lost) this.onLost(lease);
        for (const lease of gained) this.relays.set(lease.slot, new SlotRelay(lease, this.host));
        if (gained.length > 0) {
          this.log.info({ slots: gained.map((lease) => lease.slot) }, 'slots leased');
          this.wakeSweep.resolve();
        }
        // Takes as long as a batch may; leases must be renewed meanwhile.
        const extra = surplus.map((lease) => this.relays.get(lease.slot)).filter((relay) => relay !== undefined);
        if (extra.length > 0) this.retire(extra).catch((error: unknown) => this.log.warn({ err: error }, 'giving up slots failed'));
        await this.saveTrouble();
      } catch (error) {
        this.log.warn({ err: error }, 'leases could not be renewed');
      }
      this.metrics.slotsHeld(this.options.cluster, this.relays.size);
      await this.untilWoken('wakeLease', this.options.leaseTtlMs / RENEWALS_A_TTL);
    }
  }

  private async sweepLoop(): Promise<void> {
    while (!this.isStopping) {
      const began = performance.now();
      try {
        await this.sweepOnce();
      } catch (error) {
        this.log.warn({ err: error }, 'the sweep for unpublished records failed');
      }
      await this.untilWoken('wakeSweep', Math.max(SWEEP_MS, (performance.now() - began) * SWEEP_SHARE));
    }
  }

  private async sweepOnce(): Promise<void> {
    const slots = this.slots();
    const backlog = new Map<number, bigint>(slots.map((slot) => [slot, 0n]));
    for (const { ledger, slot, head, cursor, headAtMs } of await sweep(this.options.sql, slots, SWEEP_LEDGERS_MAX)) {
      this.relays.get(slot)?.mark(ledger, head, headAtMs);
      backlog.set(slot, (backlog.get(slot) ?? 0n) + head - cursor);
    }
    for (const [slot, records] of backlog) {
      const relay = this.relays.get(slot);
      if (relay !== undefined) this.metrics.backlog(this.options.cluster, slot, Number(records), relay.oldestAgeSeconds(Date.now()));
    }
  }

  private async untilWoken(which: 'wakeSweep' | 'wakeLease', limitMs: number): Promise<void> {
    const timer = setTimeout(() => this[which].resolve(), limitMs);
    await this[which].promise;
    clearTimeout(timer);
    this[which] = Promise.withResolvers<void>();
    if (this.isStopping) this[which].resolve();
  }

  private onNotice(payload: string): void {
    const { origin, notices } = parseNotice(payload);
    if (origin === this.options.holder) return;
    if (notices === null) this.wakeSweep.resolve();
    else for (const { slot, ledger, head } of notices) this.relays.get(slot)?.mark(ledger, head, Date.now());
  }

  /** Compares leases, not slots: the slot may be ours again under a newer epoch when an older one's batch ends. */
  private onLost(lease: Lease): void {
    const relay = this.relays.get(lease.slot);
    this.leases.forget(lease);
    if (relay?.lease !== lease) return;
    this.relays.delete(lease.slot);
    this.metrics.leaseLost(this.options.cluster);
    this.log.warn({ slot: lease.slot, epoch: lease.epoch.toString() }, 'another relay took the slot');
    relay.stop().catch((error: unknown) => this.log.error({ err: error, slot: lease.slot }, 'a slot did not stop'));
  }

  private async retire(relays: readonly SlotRelay[]): Promise<void> {
    await Promise.all(relays.map((relay) => relay.stop()));
    for (const relay of relays) if (this.relays.get(relay.slot) === relay) this.relays.delete(relay.slot);
    await this.leases
      .release(relays.map((relay) => relay.lease))
      .catch((error: unknown) => this.log.warn({ err: error }, 'leases were not released; they run out'));
  }

  private async locate(slot: number, ledger: number): Promise<LedgerLocation | null> {
    if (!this.locations.has(ledger)) {
      for (const location of await this.options.directory.list([slot])) {
        if (location.number === ledger && location.cluster === this.options.cluster) return this.remember(location);
      }
      return null;
    }
    return this.locations.get(ledger) ?? null;
  }

  private remember(location: LedgerLocation): LedgerLocation {
    if (this.locations.size >= this.host.limits.lagLedgersMax) this.locations.clear();
    this.locations.set(location.number, location);
    return location;
  }

  private noteTrouble(relay: SlotRelay): void {
    const { lastError, lease } = relay;
    this.unsaved.set(relay.slot, {
      breaker: relay.breaker.state,
      error: lastError?.message ?? null,
      at: lastError?.at ?? null,
      epoch: lease.epoch,
    });
  }

  /** Breakers and errors for the status of all replicas; at most one statement a slot and tick. */
  private async saveTrouble(): Promise<void> {
    const entries = [...this.unsaved];
    this.unsaved.clear();
    for (const [slot, { breaker, error, at, epoch }] of entries) {
      await this.options.sql.query(
        'update ledger.relay_slots set breaker = $3, last_error = coalesce($4, last_error), last_error_at = coalesce($5, last_error_at) where slot = $1 and epoch = $2',
        [slot, epoch.toString(), breaker, error, at?.toISOString() ?? null],
      );
    }
  }
}
