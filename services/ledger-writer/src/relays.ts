import { randomUUID } from 'node:crypto';
import type { Health } from '@ledgerflow/platform/health';
import { createKafka } from '@ledgerflow/platform/kafka';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import type { LedgerDirectory, LedgerLocation, LedgerStore } from './application/store.ts';
import { type CommitHub, CommitNotifier, Relay, relayMetrics } from './outbox/index.ts';
import type { Cluster } from './postgres/cluster.ts';

interface RelaysOptions {
  brokers: string;
  clusters: ReadonlyMap<string, Cluster>;
  store: LedgerStore;
  directory: LedgerDirectory;
  hub: CommitHub;
  slots: number;
  leaseTtlMs: number;
  health: Health;
  metrics: Registry;
  log: Logger;
}

/**
 * A relay for each cluster, all on one producer, and what tells other replicas of commits. Kafka's state is told by readiness without deciding it: while Kafka is
 * away, writes go on and the backlog grows.
 */
export async function startRelays(
  options: RelaysOptions,
  parts: Stoppable,
): Promise<(location: LedgerLocation, headPosition: bigint) => void> {
  const { brokers, clusters, store, directory, hub, slots, leaseTtlMs, health, log } = options;
  const producer = createKafka({ brokers: brokers.split(','), clientId: 'ledger-writer', log }).producer();
  parts.add('Kafka producer', () => producer.close());
  health.register('relay', () => producer.health(), { advisory: true });
  const metrics = relayMetrics(options.metrics);
  const holder = `writer-${randomUUID()}`;
  const notifiers = new Map<string, CommitNotifier>();
  for (const { name, url, read } of clusters.values()) {
    const notifier = new CommitNotifier(read, holder, log);
    notifiers.set(name, notifier);
    parts.add(`notifier of ${name}`, () => notifier.stop());
    const relay = new Relay({
      cluster: name,
      sql: read,
      listenUrl: url,
      store,
      directory,
      hub,
      producer,
      holder,
      slots,
      leaseTtlMs,
      log,
      metrics,
    });
    await relay.start();
    parts.add(`relay of ${name}`, () => relay.stop());
  }
  return (location, headPosition) => notifiers.get(location.cluster)?.committed(location, headPosition);
}
