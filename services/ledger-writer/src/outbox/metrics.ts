import { Counter, Gauge, Histogram, LATENCY_BUCKETS, SIZE_BUCKETS } from '@ledgerflow/platform/metrics';
import type { Registry } from '@ledgerflow/platform/metrics';
import type { BreakerState } from '@ledgerflow/platform/kafka';

const BREAKER_VALUES: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

/** What the relay tells about itself; several relays of a process (one a cluster) share one. */
export interface RelayMetrics {
  published(cluster: string, records: number, seconds: number): void;
  failed(cluster: string, step: 'read' | 'publish' | 'move'): void;
  leaseLost(cluster: string): void;
  breaker(cluster: string, slot: number, state: BreakerState): void;
  backlog(cluster: string, slot: number, records: number, oldestAgeSeconds: number): void;
  /** A slot is no longer ours: its series go. */
  forget(cluster: string, slot: number): void;
  slotsHeld(cluster: string, count: number): void;
}

export const noMetrics: RelayMetrics = {
  published: () => undefined,
  failed: () => undefined,
  leaseLost: () => undefined,
  breaker: () => undefined,
  backlog: () => undefined,
  forget: () => undefined,
  slotsHeld: () => undefined,
};

export function relayMetrics(registry: Registry): RelayMetrics {
  const registers = [registry];
  const perSlot = ['cluster', 'slot'];
  const perCluster = ['cluster'];
  const records = new Counter({
    name: 'ledgerflow_relay_records_total',
    help: 'Records that Kafka acknowledged',
    labelNames: perCluster,
    registers,
  });
  const batch = new Histogram({
    name: 'ledgerflow_relay_batch_records',
    help: 'Records a batch',
    labelNames: perCluster,
    buckets: SIZE_BUCKETS,
    registers,
  });
  const duration = new Histogram({
    name: 'ledgerflow_relay_publish_seconds',
    help: 'From sending a batch to its acknowledgement',
    labelNames: perCluster,
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const failures = new Counter({
    name: 'ledgerflow_relay_failures_total',
    help: 'Batches that failed, by step',
    labelNames: ['cluster', 'step'],
    registers,
  });
  const lost = new Counter({
    name: 'ledgerflow_relay_leases_lost_total',
    help: 'Slots that another relay took away',
    labelNames: perCluster,
    registers,
  });
  const breaker = new Gauge({
    name: 'ledgerflow_relay_breaker',
    help: 'Circuit breaker around Kafka: 0 closed, 1 half-open, 2 open',
    labelNames: perSlot,
    registers,
  });
  const backlog = new Gauge({
    name: 'ledgerflow_relay_backlog_records',
    help: 'Committed records not yet in Kafka',
    labelNames: perSlot,
    registers,
  });
  const age = new Gauge({
    name: 'ledgerflow_relay_oldest_age_seconds',
    help: 'Age of the oldest record not yet in Kafka',
    labelNames: perSlot,
    registers,
  });
  const held = new Gauge({
    name: 'ledgerflow_relay_slots_held',
    help: 'Slots that this relay publishes',
    labelNames: perCluster,
    registers,
  });
  return {
    published(cluster, count, seconds) {
      records.inc({ cluster }, count);
      batch.observe({ cluster }, count);
      duration.observe({ cluster }, seconds);
    },
    failed: (cluster, step) => failures.inc({ cluster, step }),
    leaseLost: (cluster) => lost.inc({ cluster }),
    breaker: (cluster, slot, state) => breaker.set({ cluster, slot }, BREAKER_VALUES[state]),
    backlog(cluster, slot, count, oldestAgeSeconds) {
      backlog.set({ cluster, slot }, count);
      age.set({ cluster, slot }, oldestAgeSeconds);
    },
    forget(cluster, slot) {
      for (const gauge of [breaker, backlog, age]) gauge.remove({ cluster, slot });
    },
    slotsHeld: (cluster, count) => held.set({ cluster }, count),
  };
}
