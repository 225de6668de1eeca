import { Gauge, type Registry } from '@ledgerflow/platform/metrics';
import { type Phase, PHASES, type ProjectionRebuild } from '../../api/v1alpha1/index.ts';

/** How many objects there are in each phase, counted when it is scraped. */
export function phaseGauge(registry: Registry, rebuilds: { list(): readonly ProjectionRebuild[] }): void {
  new Gauge({
    name: 'ledgerflow_operator_rebuilds',
    help: 'ProjectionRebuilds by phase',
    labelNames: ['phase'],
    registers: [registry],
    collect() {
      const counts = new Map<string, number>(PHASES.map((phase) => [phase, 0]));
      for (const { status } of rebuilds.list()) {
        const phase: Phase = status?.phase ?? 'Pending';
        counts.set(phase, (counts.get(phase) ?? 0) + 1);
      }
      for (const [phase, count] of counts) this.set({ phase }, count);
    },
  });
}
