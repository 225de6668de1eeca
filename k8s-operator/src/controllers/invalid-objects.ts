import type { Logger } from '@ledgerflow/platform/log';
import type { EventRecorder } from '../kube/events.ts';
import type { KubeObject } from '../kube/resources.ts';

/** Objects whose problem was told; beyond that the first may be told again. */
const TOLD_MAX = 1_000;

/** A definition that is mended changes no object: nobody is told of it. So often all are read anew, however many are not understood. */
const LOOK_AGAIN_MS = 60_000;

export interface InvalidObjectsOptions {
  events: Pick<EventRecorder, 'record'>;
  log: Logger;
  /** Has the objects of the kind read anew: what is in the copy was read by the definition of then. */
  relist: () => void;
  lookAgainMs?: number;
}

/** Tells of objects of a kind that this version of the operator does not understand, each version of a spec once. */
export class InvalidObjects {
  private readonly options: InvalidObjectsOptions;
  private readonly told = new Set<string>();
  private relistedAt = performance.now();

  constructor(options: InvalidObjectsOptions) {
    this.options = options;
  }

  /** Answers when to look whether it is understood by then. What could not be told is told the next time. */
  async tell(found: KubeObject, problem: string): Promise<{ requeueAfterMs: number }> {
    const { events, log, relist, lookAgainMs = LOOK_AGAIN_MS } = this.options;
    const key = `${found.metadata.uid}/${found.metadata.generation}`;
    if (!this.told.has(key)) {
      const { namespace, name } = found.metadata;
      log.warn({ object: `${namespace}/${name}`, problem }, 'an object is not understood: it is left alone');
      const note = `It is not as this version of the operator understands it, and is left alone: ${problem}`;
      if (await events.record(found, 'Warning', 'InvalidSpec', 'Reconcile', note)) this.told.add(key);
      for (const first of this.told) if (this.told.size > TOLD_MAX) this.told.delete(first);
    }
    if (performance.now() - this.relistedAt >= lookAgainMs) {
      this.relistedAt = performance.now();
      relist();
    }
    return { requeueAfterMs: lookAgainMs };
  }
}
