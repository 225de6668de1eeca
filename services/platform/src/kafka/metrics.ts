import { Counter, Gauge } from '../metrics/index.ts';
import type { Registry } from '../metrics/index.ts';

export interface KafkaMetrics {
  consumerRestarted(group: string): void;
  consumerHealth(group: string, isOk: () => boolean): void;
  consumerLag(group: string, partition: number, messages: number): void;
  /** The partition is no longer ours. */
  forgetLag(group: string, partition: number): void;
  sendFailed(): void;
  producerCreated(): void;
}

export const noMetrics: KafkaMetrics = {
  consumerRestarted: () => undefined,
  consumerHealth: () => undefined,
  consumerLag: () => undefined,
  forgetLag: () => undefined,
  sendFailed: () => undefined,
  producerCreated: () => undefined,
};

/** One set a registry, so one a process: make one Kafka client a process when metrics are wanted. */
export function kafkaMetrics(registry: Registry): KafkaMetrics {
  const registers = [registry];
  const healthChecks = new Map<string, () => boolean>();
  const labelNames = ['group'];
  const restarts = new Counter({
    name: 'ledgerflow_kafka_consumer_restarts_total',
    help: 'Consumers recreated after a crash or a stall',
    labelNames,
    registers,
  });
  const lag = new Gauge({
    name: 'ledgerflow_kafka_consumer_lag',
    help: 'Messages behind, as of the last batch',
    labelNames: ['group', 'partition'],
    registers,
  });
  const failures = new Counter({ name: 'ledgerflow_kafka_send_failures_total', help: 'Sends that failed or took too long', registers });
  const producers = new Counter({
    name: 'ledgerflow_kafka_producers_total',
    help: 'Producers created; one more after each failure',
    registers,
  });
  new Gauge({
    name: 'ledgerflow_kafka_consumer_healthy',
    help: '1 while the consumer works',
    labelNames,
    registers,
    collect() {
      for (const [group, isOk] of healthChecks) this.set({ group }, isOk() ? 1 : 0);
    },
  });
  return {
    consumerRestarted: (group) => restarts.inc({ group }),
    consumerHealth: (group, isOk) => healthChecks.set(group, isOk),
    consumerLag: (group, partition, messages) => lag.set({ group, partition }, messages),
    forgetLag: (group, partition) => lag.remove({ group, partition }),
    sendFailed: () => failures.inc(),
    producerCreated: () => producers.inc(),
  };
}
