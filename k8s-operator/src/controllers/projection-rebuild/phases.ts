import { Gauge, type Registry } from '@ledgerflow/platform/metrics';
import { type Phase, PHASES, type ProjectionRebuild } from '../../api/v1alpha1/index.ts';

/** How many objects there are in each phase, counted when it is scraped; told by the leader alone, so that a sum over all processes is right. */
export function phaseGauge(
  registry: Registry,
  rebuilds: { list(): readonly ProjectionRebuild[] },
  leader: { readonly isLeader: boolean },
): void {
  new Gauge({
    name: 'ledgerflow_operator_rebuilds',
    help: 'ProjectionRebuilds by phase, told by the leader',
    labelNames: ['phase'],
    registers: [registry],
    collect() {
      this.reset();
      if (!leader.isLeader) return;
      const counts = new Map<string, number>(PHASES.map((phase) => [phase, 0]));
      for (const { status } of rebuilds.list()) {
        const phase: Phase = status?.phase ?? 'Pending';
        counts.set(phase, (counts.get(phase) ?? 0) + 1);
      }
      for (const [phase, count] of counts) this.set({ phase }, count);
    },
  });
}
