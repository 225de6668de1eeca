import type { Verdict } from '@ledgerflow/platform/health';
import type { KubeObject } from './resources.ts';
import { keyOf } from './resources.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';

export type { Change } from './reflector.ts';

export interface InformerOptions<T extends KubeObject> extends ReflectorOptions<T> {
  /** Empty: all. */
  namespaces: readonly string[];
}

/** A copy of all objects of a resource in some namespaces, kept up to date, and who is told of each change. Objects of it are shared: not to be changed. */
export class Informer<T extends KubeObject> {
  private readonly reflectors: ReadonlyMap<string | null, Reflector<T>>;
  private readonly ending = new AbortController();
  private running: Promise<unknown> | null = null;

  constructor(options: InformerOptions<T>) {
    const namespaces = options.namespaces.length === 0 ? [null] : options.namespaces;
    this.reflectors = new Map(namespaces.map((namespace) => [namespace, new Reflector(namespace, options)]));
  }

  start(): void {
    this.running ??= Promise.all([...this.reflectors.values()].map((reflector) => reflector.run(this.ending.signal)));
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  /** Has everything listed anew; what differs is told. */
  relist(): void {
    for (const reflector of this.reflectors.values()) reflector.renew();
  }

  /** Resolves when everything is listed; rejects with why it is not after deadlineMs. */
  async synced(deadlineMs: number): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const verdict = this.verdict();
      reject(new Error(verdict.ok ? 'not listed in time' : verdict.reason));
    }, deadlineMs);
    try {
      await Promise.race([late, Promise.all([...this.reflectors.values()].map((reflector) => reflector.synced))]);
    } finally {
      clearTimeout(timer);
    }
  }

  get(namespace: string, name: string): T | undefined {
    const reflector = this.reflectors.get(null) ?? this.reflectors.get(namespace);
    return reflector?.objects.get(keyOf({ namespace, name }));
  }

  list(): readonly T[] {
    return [...this.reflectors.values()].flatMap((reflector) => [...reflector.objects.values()]);
  }

  /** Red as long as what `get` and `list` say may be old. */
  verdict(): Verdict {
    for (const reflector of this.reflectors.values()) {
      const verdict = reflector.verdict();
      if (!verdict.ok) return verdict;
    }
    return { ok: true };
  }
}
