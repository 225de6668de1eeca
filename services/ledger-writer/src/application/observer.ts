import type { Logger } from '@ledgerflow/platform/log';
import { Counter, Histogram, LATENCY_BUCKETS, type Registry, SIZE_BUCKETS } from '@ledgerflow/platform/metrics';
import type { Outcome } from '../domain/batch.ts';
import type { Submission } from '../domain/state.ts';
import type { LedgerLocation } from './store.ts';

/** What the group commit tells of itself. */
export interface BatchObserver {
  batch(size: number, seconds: number, outcomes: readonly Outcome[]): void;
  overloaded(): void;
  retried(location: LedgerLocation, error: unknown): void;
  poisoned(location: LedgerLocation, submission: Submission, error: unknown): void;
}

export const silentObserver: BatchObserver = { batch() {}, overloaded() {}, retried() {}, poisoned() {} };

const nameOf = (outcome: Outcome): string => (outcome.kind === 'record' ? 'accepted' : outcome.refusal.code);

/** Into metrics and the log. A poisoned command is an alert: something got past the edge that the database does not take. */
export function observeBatches(registry: Registry, log: Logger): BatchObserver {
  const registers = [registry];
  const sizes = new Histogram({
    name: 'ledgerflow_writer_batch_commands',
    help: 'Commands in a committed batch',
    buckets: SIZE_BUCKETS,
    registers,
  });
  const durations = new Histogram({
    name: 'ledgerflow_writer_batch_seconds',
    help: 'From the first flight of a batch to its commit',
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const outcomesTotal = new Counter({
    name: 'ledgerflow_writer_outcomes_total',
    help: 'Decided commands',
    labelNames: ['outcome', 'replayed'],
    registers,
  });
  const overloadedTotal = new Counter({
    name: 'ledgerflow_writer_overloaded_total',
    help: 'Commands refused because the queue was full',
    registers,
  });
  const retriesTotal = new Counter({
    name: 'ledgerflow_writer_batch_retries_total',
    help: 'Batches tried again because the database was not available',
    registers,
  });
  const poisonedTotal = new Counter({ name: 'ledgerflow_writer_poisoned_total', help: 'Commands that made their batch fail', registers });
  return {
    batch(size, seconds, outcomes) {
      sizes.observe(size);
      durations.observe(seconds);
      // A labelled counter looks its labels up each time it is told something: once a batch, not once a command.
      for (const [replayed, some] of Map.groupBy(outcomes, (outcome) => String(outcome.replayed)))
        for (const [outcome, { length }] of Map.groupBy(some, nameOf)) outcomesTotal.inc({ outcome, replayed }, length);
    },
    overloaded: () => overloadedTotal.inc(),
    retried(location, error) {
      retriesTotal.inc();
      log.warn({ err: error, ledger: location.ledger }, 'a batch is tried again');
    },
    poisoned(location, { command, key }, error) {
      poisonedTotal.inc();
      log.error(
        { err: error, ledger: location.ledger, kind: command.body?.$case, requestId: command.requestId, key },
        'a poisoned command was isolated',
      );
    },
  };
}
