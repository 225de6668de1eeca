import { randomUUID } from 'node:crypto';
import type { Health } from '@ledgerflow/platform/health';
import { createKafka } from '@ledgerflow/platform/kafka';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import type { LedgerDirectory, LedgerLocation, LedgerStore } from './application/store.ts';
import {
  type CommitHub,
  CommitNotifier,
  ensureRecordsTopic,
  Relay,
  relayMetrics,
  type RelayStatus,
  TopicRestorer,
} from './outbox/index.ts';
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

/** The relays of this process, as the rest of the writer sees them. */
export interface Relays {
  /** Tells other replicas of a commit. */
  notify(location: LedgerLocation, headPosition: bigint): void;
  /** The state of every slot of every cluster, as JSON: counts as text. */
  status(): Promise<Record<string, unknown>[]>;
}

function statusJson(cluster: string, { head, cursor, backlog, epoch, ...slot }: RelayStatus): Record<string, unknown> {
  return { cluster, ...slot, head: head.toString(), cursor: cursor.toString(), backlog: backlog.toString(), epoch: epoch.toString() };
}

/**
 * A relay for each cluster, all on one producer, and what tells other replicas of commits. Kafka's state is told by readiness without deciding it: while Kafka is
 * away, writes go on and the backlog grows.
 */
export async function startRelays(options: RelaysOptions, parts: Stoppable): Promise<Relays> {
  const { brokers, clusters, store, directory, hub, slots, leaseTtlMs, health, log } = options;
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'ledger-writer', log });
  const producer = kafka.producer();
  const topicRestorer = new TopicRestorer(() => ensureRecordsTopic(kafka.admin(), slots), log);
  parts.add('Kafka producer', () => producer.close());
  health.register('relay', () => producer.health(), { advisory: true });
  const metrics = relayMetrics(options.metrics);
  const holder = `writer-${randomUUID()}`;
  const notifiers = new Map<string, CommitNotifier>();
  const relays = new Map<string, Relay>();
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
      topicRestorer,
      holder,
      slots,
      leaseTtlMs,
      log,
      metrics,
    });
    relays.set(name, relay);
    await relay.start();
    parts.add(`relay of ${name}`, () => relay.stop());
  }
  return {
    notify: (location, headPosition) => notifiers.get(location.cluster)?.committed(location, headPosition),
    status: async () => {
      const lists = await Promise.all(
        [...relays].map(async ([cluster, relay]) => (await relay.status()).map((slot) => statusJson(cluster, slot))),
      );
      return lists.flat();
    },
  };
}
