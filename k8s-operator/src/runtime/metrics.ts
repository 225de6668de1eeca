import { Counter, Gauge, Histogram, LATENCY_BUCKETS, type Registry } from '@ledgerflow/platform/metrics';
import type { KubeMetrics } from '../kube/metrics.ts';

/** Where the parts of the operator count. One a process. */
export interface OperatorMetrics extends KubeMetrics {
  reconciled(controller: string, outcome: string, seconds: number): void;
  /** How long a key waited from when it was due until a worker had it. */
  waited(controller: string, seconds: number): void;
  /** The queue is read when it is scraped. */
  queue(controller: string, queue: { readonly depth: number; readonly oldestAgeMs: number }): void;
  leading(isLeader: boolean): void;
  tookOver(): void;
}

export function operatorMetrics(registry: Registry): OperatorMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'ledgerflow_operator_kube_requests_total',
    help: 'Requests to the API server; code 0 means no answer',
    labelNames: ['verb', 'resource', 'code'],
    registers,
  });
  const restarts = new Counter({
    name: 'ledgerflow_operator_watch_restarts_total',
    help: 'Watches that ended and were followed by another, by reason',
    labelNames: ['resource', 'reason'],
    registers,
  });
  const seconds = new Histogram({
    name: 'ledgerflow_operator_reconcile_seconds',
    help: 'Duration of reconciles by outcome',
    labelNames: ['controller', 'outcome'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const waits = new Histogram({
    name: 'ledgerflow_operator_queue_wait_seconds',
    help: 'From when a key was due until a worker had it',
    labelNames: ['controller'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const queues = new Map<string, { readonly depth: number; readonly oldestAgeMs: number }>();
  new Gauge({
    name: 'ledgerflow_operator_queue_depth',
    help: 'Keys that are due and wait for a worker',
    labelNames: ['controller'],
    registers,
    collect() {
      for (const [controller, queue] of queues) this.set({ controller }, queue.depth);
    },
  });
  new Gauge({
    name: 'ledgerflow_operator_queue_oldest_seconds',
    help: 'How long the oldest of the waiting keys has been due',
    labelNames: ['controller'],
    registers,
    collect() {
      for (const [controller, queue] of queues) this.set({ controller }, queue.oldestAgeMs / 1_000);
    },
  });
  const leader = new Gauge({ name: 'ledgerflow_operator_leader', help: '1 while this process leads', registers });
  const takeovers = new Counter({
    name: 'ledgerflow_operator_leader_takeovers_total',
    help: 'Times this process became the leader',
    registers,
  });
  leader.set(0);
  return {
    requested: (verb, resource, code) => requests.inc({ verb, resource, code }),
    watchRestarted: (resource, reason) => restarts.inc({ resource, reason }),
    reconciled: (controller, outcome, elapsed) => seconds.observe({ controller, outcome }, elapsed),
    waited: (controller, elapsed) => waits.observe({ controller }, elapsed),
    queue: (controller, queue) => void queues.set(controller, queue),
    leading: (isLeader) => leader.set(isLeader ? 1 : 0),
    tookOver: () => takeovers.inc(),
  };
}
