import { Counter, Gauge, Histogram, LATENCY_BUCKETS, observedGauge, SIZE_BUCKETS, type Registry } from '@ledgerflow/platform/metrics';
import type { LogFeed } from '../feed/log-feed.ts';
import type { SearchNode } from '../node/client.ts';
import type { Applied } from '../sink/indexer.ts';
import type { Sweep } from './sweep.ts';

export interface SinkMetrics {
  applied: (applied: Applied, seconds: number) => void;
  parked: (kind: string, isWhole: boolean) => void;
  items: (outcome: string, count: number) => void;
  request: (operation: string, outcome: string, seconds: number) => void;
  /** Lag is told per slot, whose number is bounded; ledgers are not labels. */
  watch(parts: { node: SearchNode; feed: LogFeed; sweep: Sweep }): void;
}

export function sinkMetrics(registry: Registry, now: () => number = Date.now): SinkMetrics {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]): Counter => new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram =>
    new Histogram({ name, help, buckets, labelNames, registers });
  const records = counter('ledgerflow_search_records_total', 'Records by what became of them', ['outcome']);
  const items = counter('ledgerflow_search_documents_total', 'Answers of the node to single documents of bulk requests', ['outcome']);
  const letters = counter('ledgerflow_search_dead_letters_total', 'Documents that the node refused', ['kind', 'part']);
  const batch = histogram('ledgerflow_search_batch_records', 'Records indexed in a batch', SIZE_BUCKETS);
  const seconds = histogram('ledgerflow_search_batch_seconds', 'Duration of a batch', LATENCY_BUCKETS);
  const delay = histogram(
    'ledgerflow_search_delay_seconds',
    'From the recording of the last record of a ledger in a batch to its checkpoint being written',
    [...LATENCY_BUCKETS, 60, 600],
  );
  const requests = histogram('ledgerflow_search_request_seconds', 'Duration of requests to the node', LATENCY_BUCKETS, [
    'operation',
    'outcome',
  ]);
  return {
    applied(applied, elapsed) {
      records.inc({ outcome: 'indexed' }, applied.records);
      records.inc({ outcome: 'duplicate' }, applied.duplicates);
      if (applied.records > 0) {
        batch.observe(applied.records);
        seconds.observe(elapsed);
      }
      for (const recordedAt of applied.recordedAt.values()) delay.observe(Math.max(0, now() - Number(recordedAt / 1000n)) / 1000);
    },
    parked: (kind, isWhole) => letters.inc({ kind, part: isWhole ? 'whole' : 'details' }),
    items: (outcome, count) => items.inc({ outcome }, count),
    request: (operation, outcome, elapsed) => requests.observe({ operation, outcome }, elapsed),
    watch({ node, feed, sweep }) {
      const perSlot = (name: string, help: string, read: 'records' | 'seconds'): void => {
        new Gauge({
          name,
          help,
          labelNames: ['slot'],
          registers,
          collect() {
            for (const [slot, lag] of sweep.lag()) this.set({ slot }, lag[read]);
          },
        });
      };
      perSlot('ledgerflow_search_lag_records', 'Records in the logs of a slot that are not indexed yet', 'records');
      perSlot('ledgerflow_search_lag_seconds', 'Age of the oldest record in the logs of a slot that is not indexed, at most', 'seconds');
      observedGauge(registry, 'ledgerflow_search_stopped_ledgers', 'Ledgers to which nothing is indexed any more', () => sweep.stopped);
      observedGauge(registry, 'ledgerflow_search_waiting_records', 'Records in the bounded queues', () => feed.waiting);
      observedGauge(registry, 'ledgerflow_search_circuit_open', '1 while no request is sent to the node, since it failed too often', () =>
        node.isCircuitOpen ? 1 : 0,
      );
    },
  };
}
