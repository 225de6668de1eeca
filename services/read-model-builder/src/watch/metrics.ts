import { Counter, Gauge, Histogram, LATENCY_BUCKETS, observedGauge, SIZE_BUCKETS, type Registry } from '@ledgerflow/platform/metrics';
import type { Applied } from '../apply/applier.ts';
import type { ParkedWatch } from './parked.ts';
import type { Sweep } from './sweep.ts';

export interface BuilderMetrics {
  applied: (applied: Applied, seconds: number) => void;
  refilled(records: number): void;
  dismissed(messages: number): void;
  /** Lag is told per slot, whose number is bounded; ledgers are not labels. */
  watch(sweep: Sweep): void;
  watchParked(watch: ParkedWatch): void;
}

export function builderMetrics(registry: Registry, now: () => number = Date.now): BuilderMetrics {
  const registers = [registry];
  const records = new Counter({
    name: 'ledgerflow_builder_records_total',
    help: 'Records by what became of them',
    labelNames: ['outcome'],
    registers,
  });
  const batch = new Histogram({
    name: 'ledgerflow_builder_batch_records',
    help: 'Records applied in a batch',
    buckets: SIZE_BUCKETS,
    registers,
  });
  const seconds = new Histogram({
    name: 'ledgerflow_builder_batch_seconds',
    help: 'Duration of a batch',
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const delay = new Histogram({
    name: 'ledgerflow_builder_delay_seconds',
    help: 'From the recording of the last record of a ledger in a batch to its being applied',
    buckets: [...LATENCY_BUCKETS, 60, 600],
    registers,
  });
  return {
    applied(applied, elapsed) {
      records.inc({ outcome: 'applied' }, applied.records);
      records.inc({ outcome: 'parked' }, applied.parked);
      records.inc({ outcome: 'duplicate' }, applied.duplicates);
      if (applied.records > 0) {
        batch.observe(applied.records);
        seconds.observe(elapsed);
      }
      for (const recordedAt of applied.recordedAt.values()) delay.observe(Math.max(0, now() - Number(recordedAt / 1000n)) / 1000);
    },
    refilled: (count) => records.inc({ outcome: 'refilled' }, count),
    dismissed: (count) => records.inc({ outcome: 'dismissed' }, count),
    watchParked: (watch) => parkedMetrics(registry, watch),
    watch(sweep) {
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
      perSlot('ledgerflow_builder_lag_records', 'Records in the logs of a slot that are not applied yet', 'records');
      perSlot(
        'ledgerflow_builder_lag_seconds',
        'Age of the oldest record in the logs of a slot that is not applied, at most: since its ledger’s last applied record, or the last time that nothing was missing',
        'seconds',
      );
      new Gauge({
        name: 'ledgerflow_builder_stopped_ledgers',
        help: 'Ledgers to which nothing is applied any more: why is in the log and in GET /admin/projections; after a restore, read-model-builder adopt-epoch',
        registers,
        collect() {
          this.set(sweep.stopped);
        },
      });
    },
  };
}

function parkedMetrics(registry: Registry, watch: ParkedWatch): void {
  const registers = [registry];
  new Gauge({
    name: 'ledgerflow_dead_letters',
    help: 'Parked records: refused, and queued behind those',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'refused' }, watch.now.refused);
      this.set({ state: 'queued' }, watch.now.queued);
    },
  });
  const gauge = (name: string, help: string, read: () => number): void => {
    observedGauge(registry, name, help, read);
  };
  gauge('ledgerflow_dead_letters_oldest_seconds', 'How long the oldest record has been parked', () => watch.now.oldestSeconds);
  gauge('ledgerflow_dead_letters_over_limit', '1 when a record is parked for too long, or a ledger is near the number it may have', () =>
    watch.isOverLimit ? 1 : 0,
  );
  gauge('ledgerflow_parked_accounts', 'Accounts of which records are parked', () => watch.now.accounts);
  gauge('ledgerflow_held_projections', 'Projections of ledgers that do not go with the checkpoint', () => watch.now.heldProjections);
}
