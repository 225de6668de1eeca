import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds: from a tenth of a millisecond to ten seconds. */
export const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
export const SIZE_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

/** One registry a process, with the process and event-loop metrics and the service's name on every series. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Rate, errors and duration of one kind of request. */
export interface RequestMetrics {
  /** Call when a request ends; seconds since it began. */
  observe(labels: { operation: string; outcome: string }, seconds: number): void;
}

/** name: `http` or `grpc`; series `ledgerflow_<name>_requests_total` and `ledgerflow_<name>_request_seconds`. */
export function requestMetrics(registry: Registry, name: string): RequestMetrics {
  const total = new Counter({
    name: `ledgerflow_${name}_requests_total`,
    help: `${name} requests by outcome`,
    labelNames: ['operation', 'outcome'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: `ledgerflow_${name}_request_seconds`,
    help: `Duration of ${name} requests`,
    labelNames: ['operation'],
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  // Finding a series by its labels costs more than counting in it. Operations are routes and methods, outcomes are codes of ours: both are few.
  const totals = new Map<string, Counter.Internal>();
  const durations = new Map<string, Histogram.Internal<'operation'>>();
  return {
    observe({ operation, outcome }, elapsed) {
      const key = `${operation} ${outcome}`;
      let count = totals.get(key);
      if (count === undefined) totals.set(key, (count = total.labels(operation, outcome)));
      count.inc();
      let duration = durations.get(operation);
      if (duration === undefined) durations.set(operation, (duration = seconds.labels(operation)));
      duration.observe(elapsed);
    },
  };
}

/** A gauge that is read when it is scraped. */
export function observedGauge(registry: Registry, name: string, help: string, read: () => number): Gauge {
  return new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
