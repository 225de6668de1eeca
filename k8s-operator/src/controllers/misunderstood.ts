import type { Logger } from '@ledgerflow/platform/log';
import type { EventRecorder } from '../kube/events.ts';
import type { KubeObject } from '../kube/resources.ts';

/** Objects whose problem was told; beyond that the first may be told again. */
const TOLD_MAX = 1_000;

/** Tells of objects that this version of the operator does not understand, each version of a spec once. */
export class Misunderstood {
  private readonly events: Pick<EventRecorder, 'record'>;
  private readonly log: Logger;
  private readonly told = new Set<string>();

  constructor({ events, log }: { events: Pick<EventRecorder, 'record'>; log: Logger }) {
    this.events = events;
    this.log = log;
  }

  async tell(found: KubeObject, problem: string): Promise<void> {
    const key = `${found.metadata.uid}/${found.metadata.generation}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    for (const first of this.told) if (this.told.size > TOLD_MAX) this.told.delete(first);
    const { namespace, name } = found.metadata;
    this.log.warn({ object: `${namespace}/${name}`, problem }, 'an object is not understood: it is left alone');
    const note = `It is not as this version of the operator understands it, and is left alone: ${problem}`;
    await this.events.record(found, 'Warning', 'InvalidSpec', 'Reconcile', note);
  }
}
