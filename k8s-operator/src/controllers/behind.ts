import type { KubeObject } from '../kube/resources.ts';

/** How soon an object is looked at again that the cache does not have yet as it was written. */
const BEHIND_RETRY_MS = 50;

/**
 * Objects of a cache that this process has written over. What is decided on such a one is decided on what was: were it acted on, what followed from the write would be undone. Kept
 * for as long as the cache keeps them.
 */
export class Behind {
  private readonly objects = new WeakSet<KubeObject>();

  /** How soon to look again; null when the object is not known to be an old one. */
  retryAfterMs(cached: KubeObject): number | null {
    return this.objects.has(cached) ? BEHIND_RETRY_MS : null;
  }

  /** The API server has a newer version, as it answered. */
  wrote(cached: KubeObject, answered: KubeObject): void {
    if (answered.metadata.resourceVersion !== cached.metadata.resourceVersion) this.objects.add(cached);
  }
}
